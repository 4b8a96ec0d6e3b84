#include "test/unit/ledger/oracle.h"
#include <algorithm>

namespace skerry {

namespace {

Hash contentOf(const Orders& orders) {
  Sha256 hash;
  for (auto& [key, entry]: orders.entries()) hash.add(key).add(view(entry.bytes));
  return hash.finish();
}

bool knows(const Local& local, const Dot& dot) {
  auto seen = local.context().find(dot.actor);
  return seen != local.context().end() && seen->second >= dot.n;
}

bool isReplicaOfSite(size_t place) { return place >= REGION_BELOW; }

void demand(bool holds, const std::string& property) {
  if (!holds) throw Violation(property);
}

}  // namespace

void Oracle::published(size_t parent) {
  auto& orders = fleet.at(parent).orders();
  versions[orders.document()].emplace(orders.version(), contentOf(orders));
}

void Oracle::checkOrders(size_t place, const VersionId& before) const {
  auto& orders = fleet.at(place).orders();
  demand(orders.version() >= before, "L6: orders went back");
  if (orders.version() == before) return;
  auto& known = versions.at(orders.document());
  auto made = known.find(orders.version());
  demand(made != known.end(), "L14: a version is held that no parent made");
  demand(made->second == contentOf(orders), "L6: a version is held whose content is another");
}

void Oracle::wrote(size_t place, const LocalResult& result, std::optional<Bytes> saw,
                   uint64_t trueMs) {
  removed(result.removed);
  if (!result.dot) return;
  auto& entry = fleet.at(place).local().find(*result.dot)->entry;
  writes[*result.dot] = {entry, kj::mv(saw), trueMs};
  acknowledged.insert(*result.dot);
  gone.erase(*result.dot);
}

void Oracle::removed(const std::vector<Dot>& dots) {
  for (auto& dot: dots) {
    gone.insert(dot);
    acknowledged.erase(dot);
  }
}

void Oracle::endedAt(size_t place, const LocalEntry& entry, const Hash& revision) const {
  auto& orders = fleet.at(place).orders();
  demand(orders.version() >= entry.seen, "L4: an override was ended by older orders than its own");
  CatalogueReader reader(fleet.catalogue, orders);
  auto written = writes.find(entry.dot);
  demand(written == writes.end() ||
             written->second.saw != reader.valueAt(revision, entry.key.path),
         "L8: an override was ended although the value at its path is the one its author saw");
}

void Oracle::sweptAt(size_t place, const LocalEntry& entry) const {
  demand(fleet.at(place).orders().version() >= entry.seen,
         "L4: an entry was swept by older orders than its own");
}

void Oracle::expired(const LocalEntry& entry, uint64_t trueMs) {
  auto written = writes.find(entry.dot);
  demand(written == writes.end() ||
             trueMs - written->second.trueMs >= entry.expires.durationMs,
         "L9: an entry expired early");
  removed({entry.dot});
}

void Oracle::lostDisk(size_t place, const Local* backup) {
  std::vector<const Local*> others;
  for (size_t other = REGION_BELOW; other < PLACES; other++) {
    if (other != place) others.push_back(&fleet.at(other).local());
  }
  if (backup != nullptr) others.push_back(backup);
  std::erase_if(acknowledged, [&](const Dot& dot) {
    return std::none_of(others.begin(), others.end(),
                        [&](auto local) { return knows(*local, dot); });
  });
  std::erase_if(gone, [&](const Dot& dot) {
    return std::none_of(others.begin(), others.end(), [&](auto local) {
      return knows(*local, dot) && local->find(dot) == nullptr;
    });
  });
}

std::optional<Hash> Oracle::selected(size_t place, const Assignment& assignment) const {
  auto& local = fleet.at(place).local();
  auto hold = local.at(LocalKey::hold(assignment.object, assignment.gen));
  if (!hold.empty()) return Hash::from(view(hold.front()->entry.value));
  auto isRefused = [&](const Hash& revision) {
    auto key = LocalKey::refused(assignment.object, assignment.gen, revision);
    auto entries = local.at(key);
    return std::any_of(entries.begin(), entries.end(), [&](auto entry) {
      return entry->entry.value == refusedUnder(assignment.intent);
    });
  };
  if (!isRefused(assignment.revision)) return assignment.revision;
  for (auto& allowed: assignment.allowed) {
    if (!isRefused(allowed)) return allowed;
  }
  return std::nullopt;
}

// The newest of the entries at a key whose authors saw what the selected revision says.
const LocalEntry* Oracle::meant(size_t place, const Hash& selected, const LocalKey& key) const {
  CatalogueReader reader(fleet.catalogue, fleet.at(place).orders());
  auto says = reader.valueAt(selected, key.path);
  for (auto sibling: fleet.at(place).local().at(key)) {
    auto written = writes.find(sibling->entry.dot);
    if (sibling->entry.kind != LocalKind::OVERRIDE || written == writes.end()) continue;
    if (written->second.saw == says) return &sibling->entry;
  }
  return nullptr;
}

void Oracle::checkEffective(size_t place) const {
  auto& document = fleet.at(place);
  CatalogueReader reader(fleet.catalogue, document.orders());
  auto effective = skerry::effective(document.orders(), document.local(), DefaultPolicy(), reader);
  for (auto app: {"pos", "cam"}) {
    auto entry = document.orders().find(appKey(app));
    auto found = effective.find(app);
    demand(entry.has_value() == (found != effective.end()),
           "L13: an application is in effect exactly while it exists");
    if (!entry) continue;
    auto assignment = *reader.assignment(appKey(app), *entry);
    auto revision = selected(place, assignment);
    demand(found->second.revision == revision, "L8: another revision is selected than is meant");
    for (auto path: TEST_PATHS) {
      auto expected = revision ? meant(place, *revision, {app, assignment.gen, path, ""}) : nullptr;
      auto in = found->second.overrides.find(path);
      bool isInForce = in != found->second.overrides.end();
      demand(isInForce || expected == nullptr,
             "L8: an override is without effect although nobody said anything else at its path");
      demand(!isInForce || expected != nullptr,
             "L8: an override beats a parent value that its author did not see");
      demand(!isInForce || in->second.value == expected->value,
             "L10: another sibling is read than the newest");
    }
  }
}

void Oracle::checkHashes(size_t one, size_t other) const {
  auto compared = compare(fleet.at(one).hello(), fleet.at(other).hello());
  if (!compared.localEqual) return;
  auto& mine = fleet.at(one).local();
  auto& theirs = fleet.at(other).local();
  bool isSame = mine.context() == theirs.context() &&
                mine.entries().size() == theirs.entries().size();
  for (auto& [dot, entry]: mine.entries()) {
    auto found = theirs.find(dot);
    isSame = isSame && found != nullptr && found->bytes == entry.bytes;
  }
  demand(isSame, "L2: equal hashes of unequal knowledge");
}

void Oracle::checkHealed() const {
  for (auto& [one, other]: Fleet::pairs()) {
    auto compared = compare(fleet.at(one).hello(), fleet.at(other).hello());
    auto who = " between " + std::to_string(one) + " and " + std::to_string(other);
    demand(compared.orders == Comparison::OrdersAre::EQUAL, "L3: orders did not converge" + who);
    demand(compared.localEqual, "L3: the local half did not converge" + who);
    checkHashes(one, other);
  }
  auto& local = fleet.at(HOST_1).local();
  for (auto& dot: acknowledged) {
    demand(local.find(dot) != nullptr, "L4: an acknowledged write was lost: " + dot.text());
    demand(local.find(dot)->entry == writes.at(dot).entry, "L4: a write became another");
  }
  for (auto& dot: gone) {
    demand(local.find(dot) == nullptr, "L5: a removed entry came back: " + dot.text());
  }
  for (auto& [key, entry]: fleet.at(CENTRAL).orders().entries()) {
    for (auto place: {REGION_ABOVE, HOST_1, HOST_2, HOST_3}) {
      auto bytes = fleet.at(place).orders().bytesOf(key);
      demand(bytes != nullptr && *bytes == entry.bytes,
             "L12: an entry of central did not arrive bit by bit");
    }
  }
  for (size_t place = 0; place < PLACES; place++) {
    auto usage = fleet.at(place).local().usage();
    demand(usage.keys <= usage.keysMax && usage.bytes <= usage.bytesMax, "L11: over the limit");
    if (isReplicaOfSite(place)) {
      demand(fleet.at(place).orders().bytesOf("legacy") != nullptr,
             "L15: what the region did not write was deleted by its projection");
    }
  }
}

}  // namespace skerry
