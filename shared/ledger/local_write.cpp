#include "shared/ledger/local.h"
#include "shared/ledger/mutant.h"
#include <kj/debug.h>

namespace skerry {

namespace {

bool isOlder(const VersionId& held, const VersionId& seen) {
  return held < seen && !mutated(Mutant::OLDER_ORDERS_SWEEP);
}

std::string overLimit(const char* what, size_t now, size_t max) {
  return "the local half holds " + std::to_string(now) + " of at most " + std::to_string(max) +
         " " + what + ", " + std::to_string(max > now ? max - now : 0) +
         " are left: clear overrides that are no longer needed (`override list`)";
}

// Whether a sweep finds nothing any more that the entry could be about.
bool isOrphan(const LocalEntry& entry, const Presence& presence) {
  auto& key = entry.key;
  if (!presence.hasObject(key.object, key.gen)) return true;
  if (!key.scope.empty() && !presence.hasScope(key.scope)) return true;
  if (entry.kind != LocalKind::REFUSED || key.path.size() != REFUSED_PATH.size() + 1 + 64) {
    return false;
  }
  Hash revision;
  for (size_t i = 0; i < revision.bytes.size(); i++) {
    auto digits = key.path.substr(REFUSED_PATH.size() + 1 + 2 * i, 2);
    revision.bytes[i] = uint8_t(strtoul(digits.c_str(), nullptr, 16));
  }
  return !presence.hasRevision(key.object, revision);
}

}  // namespace

std::optional<LocalResult> Local::refuseDraft(const LocalDraft& draft) const {
  using Refused = LocalResult::Refused;
  if (needsIncarnation()) {
    return refuse(Refused::NEEDS_INCARNATION, "this replica must take a new incarnation first");
  }
  bool isReserved = draft.key.path.starts_with("@");
  bool needsPath = draft.kind == LocalKind::OVERRIDE || draft.kind == LocalKind::ENDED;
  if (isReserved && needsPath) {
    return refuse(Refused::INVALID, "no path begins with @: " + draft.key.path);
  }
  for (auto name: {&draft.key.object, &draft.key.path, &draft.key.scope, &draft.author}) {
    if (name->size() <= LOCAL_NAME_BYTES_MAX) continue;
    return refuse(Refused::INVALID, "names, paths and authors have at most " +
                                        std::to_string(LOCAL_NAME_BYTES_MAX) + " bytes");
  }
  if (draft.reason.size() > LOCAL_REASON_BYTES_MAX) {
    return refuse(Refused::INVALID, "a reason has at most " +
                                        std::to_string(LOCAL_REASON_BYTES_MAX) + " bytes");
  }
  if (!ctx.contains(self) && ctx.size() >= ACTORS_MAX) {
    return refuse(Refused::LIMIT, "the document knows " + std::to_string(ctx.size()) +
                                      " of at most " + std::to_string(ACTORS_MAX) +
                                      " writers: no new host can write to it");
  }
  return std::nullopt;
}

Local::Live Local::encoded(LocalEntry&& entry) {
  Bytes bytes = encodeLocalEntry(entry);
  uint64_t hash = shortHash(view(bytes));
  return {kj::mv(entry), kj::mv(bytes), hash};
}

Local::Live Local::nextEntry(const LocalDraft& draft) const {
  return encoded({draft.key, {self, minted + 1}, draft.kind, draft.value, draft.basis, draft.seen,
                  draft.expires, draft.author, draft.reason, draft.hlc});
}

LocalResult Local::write(const LocalDraft& draft) {
  using Refused = LocalResult::Refused;
  if (auto refused = refuseDraft(draft)) return kj::mv(*refused);
  if (draft.value.size() > LOCAL_VALUE_BYTES_MAX) {
    return refuse(Refused::INVALID, "a local value has at most " +
                                        std::to_string(LOCAL_VALUE_BYTES_MAX) + " bytes");
  }
  auto entry = nextEntry(draft);
  auto found = keys.find(draft.key);
  std::vector<Dot> gone = found == keys.end() ? std::vector<Dot>() : found->second;
  size_t goneBytes = 0;
  for (auto& dot: gone) goneBytes += live.at(dot).bytes.size();
  size_t entryBytes = entry.bytes.size();
  if (gone.empty() && live.size() >= limits.localEntriesMax) {
    return refuse(Refused::LIMIT, overLimit("entries", live.size(), limits.localEntriesMax));
  }
  if (entryBytes > goneBytes && bytes - goneBytes + entryBytes > limits.localBytesMax) {
    return refuse(Refused::LIMIT, overLimit("bytes", bytes, limits.localBytesMax));
  }
  LocalResult result;
  writeEntry(kj::mv(entry), gone, result);
  return result;
}

LocalResult Local::remove(const LocalKey& key) {
  auto found = keys.find(key);
  if (found == keys.end()) return refuse(LocalResult::Refused::ABSENT, "there is no such entry");
  LocalResult result;
  result.removed = found->second;
  for (auto& dot: result.removed) erase(dot, result.rows);
  remember({{}, result.removed, {}});
  return result;
}

LocalResult Local::removeDot(const Dot& dot) {
  if (!live.contains(dot)) return refuse(LocalResult::Refused::ABSENT, "there is no such entry");
  LocalResult result;
  result.removed = {dot};
  erase(dot, result.rows);
  remember({{}, result.removed, {}});
  return result;
}

LocalResult Local::end(const Dot& dot, const EndedRecord& why, const LocalDraft& by,
                       const VersionId& held) {
  using Refused = LocalResult::Refused;
  auto ending = find(dot);
  if (ending == nullptr) return refuse(Refused::ABSENT, "the override is gone already");
  if (ending->entry.kind != LocalKind::OVERRIDE) {
    return refuse(Refused::INVALID, "only an override is ended; anything else is removed");
  }
  if (isOlder(held, ending->entry.seen)) {
    return refuse(Refused::OLDER_ORDERS, "the author of this override held orders " +
                                             ending->entry.seen.text() + ", here are only " +
                                             held.text());
  }
  LocalDraft draft = by;
  draft.key = ending->entry.key;
  draft.kind = LocalKind::ENDED;
  draft.value = encodeEnded(why);
  if (auto refused = refuseDraft(draft)) return kj::mv(*refused);
  LocalResult result;
  writeEntry(nextEntry(draft), {dot}, result);
  return result;
}

LocalResult Local::sweep(const Presence& presence, const VersionId& held) {
  LocalResult result;
  for (auto& [dot, entry]: live) {
    if (isOlder(held, entry.entry.seen)) continue;
    if (isOrphan(entry.entry, presence)) result.removed.push_back(dot);
  }
  if (result.removed.empty()) return result;
  for (auto& dot: result.removed) erase(dot, result.rows);
  remember({{}, result.removed, {}});
  return result;
}

LocalResult Local::rewriteOwn() {
  KJ_REQUIRE(!needsIncarnation(), "take a new incarnation first");
  LocalResult result;
  std::vector<LocalEntry> own;
  for (auto& [dot, entry]: live) {
    if (dot.actor.host == self.host && dot.actor != self) own.push_back(entry.entry);
  }
  for (auto& entry: own) {
    Dot before = entry.dot;
    entry.dot = {self, minted + 1};
    writeEntry(encoded(kj::mv(entry)), {before}, result);
  }
  return result;
}

}  // namespace skerry
