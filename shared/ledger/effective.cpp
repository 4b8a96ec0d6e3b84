#include "shared/ledger/effective.h"
#include "shared/ledger/mutant.h"
#include <algorithm>

namespace skerry {

namespace {

using Live = Local::Live;

Origin originOf(const LocalEntry& entry) {
  return {entry.dot.actor.host, entry.key.gen, entry.dot.actor.incarnation, entry.dot.n};
}

EffectiveValue valueOf(const LocalEntry& entry) {
  return {entry.value, entry.dot, originOf(entry)};
}

// "web" of "@pause/web"; nothing when the path is not under this reserved one.
std::optional<std::string> under(std::string_view reserved, const std::string& path) {
  if (path == reserved) return "";
  if (!path.starts_with(reserved) || path[reserved.size()] != '/') return std::nullopt;
  return path.substr(reserved.size() + 1);
}

// Reads the entries of one object's life, the least specific scope first.
class Reading {
public:
  Reading(const Assignment& assignment, const Local& local, const OverridePolicy& policy,
          const OrdersReader& reader, const std::vector<std::string>& scopes)
      : assignment(assignment), local(local), policy(policy), reader(reader) {
    result.gen = assignment.gen;
    byScope.resize(scopes.size() + 1);
    auto entry = local.byKey().lower_bound({assignment.object, assignment.gen, "", ""});
    for (; entry != local.byKey().end(); ++entry) {
      auto& key = entry->first;
      if (key.object != assignment.object || key.gen != assignment.gen) break;
      auto scope = std::find(scopes.begin(), scopes.end(), key.scope);
      if (key.scope.empty()) byScope[0].push_back(&key);
      else if (scope != scopes.end()) byScope[size_t(scope - scopes.begin()) + 1].push_back(&key);
    }
  }

  EffectiveApp read() {
    for (auto& keys: byScope) {
      for (auto key: keys) readReserved(*key);
    }
    select();
    if (!result.revision) return kj::mv(result);
    for (auto& keys: byScope) {
      for (auto key: keys) {
        if (!key->path.starts_with("@")) readOverrides(*key);
      }
    }
    return kj::mv(result);
  }

private:
  // The sibling of this kind that counts, if policy lets it.
  const LocalEntry* counting(const LocalKey& key, LocalKind kind) {
    for (auto sibling: local.at(key)) {
      auto& entry = sibling->entry;
      if (entry.kind != kind) continue;
      if (policy.allows(kind, key.object, key.path, view(entry.value))) return &entry;
      result.denied.push_back(entry.dot);
    }
    return nullptr;
  }

  void readReserved(const LocalKey& key) {
    if (under(HOLD_PATH, key.path)) {
      auto hold = counting(key, LocalKind::HOLD);
      if (hold == nullptr || hold->value.size() != sizeof(Hash)) return;
      result.hold = hold->dot;
      held = Hash::from(view(hold->value));
    } else if (auto service = under(PAUSE_PATH, key.path)) {
      if (auto pause = counting(key, LocalKind::PAUSE)) result.pauses[*service] = pause->dot;
    } else if (auto service = under(RESTART_PATH, key.path)) {
      auto restart = counting(key, LocalKind::RESTART_NONCE);
      if (restart != nullptr) result.restarts[*service] = valueOf(*restart);
    } else if (auto service = under(PIN_PATH, key.path)) {
      if (auto pin = counting(key, LocalKind::PIN)) result.pins[*service] = valueOf(*pin);
    } else if (auto revision = under(REFUSED_PATH, key.path)) {
      Bytes now = refusedUnder(assignment.intent);
      for (auto sibling: local.at(key)) {
        auto& entry = sibling->entry;
        if (entry.kind == LocalKind::REFUSED && entry.value == now) refused.insert(*revision);
      }
    }
  }

  void select() {
    if (result.hold) {
      result.revision = held;
      result.selectedBy = SelectedBy::HOLD;
    } else if (!refused.contains(assignment.revision.hex())) {
      result.revision = assignment.revision;
      result.selectedBy = SelectedBy::ASSIGNMENT;
    } else {
      for (auto& allowed: assignment.allowed) {
        if (refused.contains(allowed.hex())) continue;
        result.revision = allowed;
        result.selectedBy = SelectedBy::FALLBACK;
        break;
      }
    }
  }

  void readOverrides(const LocalKey& key) {
    auto revision = mutated(Mutant::BASIS_OF_ASSIGNED) ? assignment.revision : *result.revision;
    Hash says = basisUnder(assignment.gen, revision, key.path, reader);
    bool isDecided = false;
    for (auto sibling: local.at(key)) {
      auto& entry = sibling->entry;
      if (entry.kind != LocalKind::OVERRIDE) continue;
      if (!policy.allows(entry.kind, key.object, key.path, view(entry.value))) {
        result.denied.push_back(entry.dot);
      } else if (entry.basis != says) {
        result.mismatched.push_back(entry.dot);
      } else if (!isDecided) {
        result.overrides[key.path] = valueOf(entry);
        isDecided = true;
      }
    }
  }

  const Assignment& assignment;
  const Local& local;
  const OverridePolicy& policy;
  const OrdersReader& reader;
  std::vector<std::vector<const LocalKey*>> byScope;
  std::set<std::string> refused;  // hexadecimal
  Hash held;
  EffectiveApp result;
};

}  // namespace

Hash basisOf(const Gen& gen, std::string_view path, const std::optional<Bytes>& value) {
  Sha256 hash;
  hash.add(gen.view()).add(view(pack(uint64_t(path.size())))).add(path);
  if (!value) return hash.add("absent").finish();
  return hash.add("says").add(view(pack(uint64_t(value->size())))).add(view(*value)).finish();
}

Hash basisUnder(const Gen& gen, const Hash& revision, const std::string& path,
                const OrdersReader& reader) {
  if (mutated(Mutant::BASIS_BY_POSITION)) return basisOf(gen, path, copy(revision.view()));
  return basisOf(gen, path, reader.valueAt(revision, path));
}

Bytes refusedUnder(const IntentSeq& intent) {
  Bytes value = pack(intent.era), n = pack(intent.n);
  value.insert(value.end(), n.begin(), n.end());
  return value;
}

EffectiveApp effectiveApp(const Assignment& assignment, const Local& local,
                          const OverridePolicy& policy, const OrdersReader& reader,
                          const std::vector<std::string>& scopes) {
  return Reading(assignment, local, policy, reader, scopes).read();
}

std::map<std::string, EffectiveApp> effective(const Orders& orders, const Local& local,
                                              const OverridePolicy& policy,
                                              const OrdersReader& reader,
                                              const std::vector<std::string>& scopes) {
  std::map<std::string, EffectiveApp> all;
  for (auto& [key, stored]: orders.entries()) {
    auto entry = decodeOrderEntry(view(stored.bytes));
    auto assignment = entry ? reader.assignment(key, *entry) : std::nullopt;
    if (!assignment) continue;
    all[assignment->object] = effectiveApp(*assignment, local, policy, reader, scopes);
  }
  return all;
}

std::optional<EndedRecord> endingOf(const Local& local, const Dot& dot, const Hash& revision,
                                    const OrdersReader& reader, std::string cause) {
  auto found = local.find(dot);
  if (found == nullptr || found->entry.kind != LocalKind::OVERRIDE) return std::nullopt;
  auto& entry = found->entry;
  if (entry.basis == basisUnder(entry.key.gen, revision, entry.key.path, reader)) {
    return std::nullopt;
  }
  EndedRecord record{found->bytes, revision, reader.valueAt(revision, entry.key.path),
                     kj::mv(cause)};
  // Shown to people: the beginning of a very long value is enough.
  if (record.says && record.says->size() > LOCAL_VALUE_BYTES_MAX / 2) {
    record.says->resize(LOCAL_VALUE_BYTES_MAX / 2);
  }
  return record;
}

}  // namespace skerry
