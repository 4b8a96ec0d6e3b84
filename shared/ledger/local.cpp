#include "shared/ledger/local.h"
#include "shared/ledger/message.h"
#include <algorithm>

namespace skerry {

namespace {

const std::string SELF_ROW = "self";  // incarnation and writes of it, 8 bytes each

Bytes storedSelf(uint64_t incarnation, uint64_t minted) {
  Bytes value = pack(incarnation), count = pack(minted);
  value.insert(value.end(), count.begin(), count.end());
  return value;
}

}  // namespace

Local::Local(DocumentKind kind, uint32_t host): limits(limitsOf(kind)), self{host, 0} {}

const Local::Live* Local::find(const Dot& dot) const {
  auto found = live.find(dot);
  return found == live.end() ? nullptr : &found->second;
}

std::vector<const Local::Live*> Local::at(const LocalKey& key) const {
  std::vector<const Live*> siblings;
  auto found = keys.find(key);
  if (found == keys.end()) return siblings;
  for (auto& dot: found->second) siblings.push_back(&live.at(dot));
  std::sort(siblings.begin(), siblings.end(), [](const Live* left, const Live* right) {
    auto& mine = left->entry;
    auto& other = right->entry;
    return std::tie(mine.hlc, mine.dot) > std::tie(other.hlc, other.dot);
  });
  return siblings;
}

std::vector<LocalConflict> Local::conflicts() const {
  std::vector<LocalConflict> found;
  for (auto& [key, dots]: keys) {
    LocalConflict siblings{LocalConflict::Kind::SIBLINGS, key, {}};
    LocalConflict ended{LocalConflict::Kind::ENDED, key, {}};
    for (auto entry: at(key)) {
      auto& list = entry->entry.kind == LocalKind::ENDED ? ended : siblings;
      list.dots.push_back(entry->entry.dot);
    }
    if (siblings.dots.size() > 1) found.push_back(kj::mv(siblings));
    if (!ended.dots.empty()) found.push_back(kj::mv(ended));
  }
  return found;
}

Hash Local::contextHash() const {
  if (!contextHashed) {
    Sha256 hash;
    for (auto& [actor, n]: ctx) hash.add(view(pack(Dot{actor, n})));
    contextHashed = hash.finish();
  }
  return *contextHashed;
}

Hash Local::localHash() const {
  if (!localHashed) {
    Sha256 hash;
    for (auto& [dot, entry]: live) hash.add(view(pack(dot))).add(view(pack(entry.hash)));
    localHashed = hash.finish();
  }
  return *localHashed;
}

Usage Local::usage() const {
  return {live.size(), bytes, limits.localEntriesMax, limits.localBytesMax};
}

bool Local::needsIncarnation() const {
  auto claimed = ctx.find(self);
  return self.incarnation == 0 || (claimed != ctx.end() && claimed->second > minted);
}

void Local::takeIncarnation(uint64_t incarnation, RowChanges& rows) {
  KJ_REQUIRE(incarnation != 0 && self.host != 0, "only a writer has incarnations", self.host);
  self.incarnation = incarnation;
  minted = 0;
  rows.push_back({Part::META, copy(view(SELF_ROW)), storedSelf(incarnation, minted)});
}

LocalResult Local::refuse(LocalResult::Refused why, std::string text) const {
  LocalResult result;
  result.refused = why;
  result.text = kj::mv(text);
  return result;
}

void Local::writeEntry(Live&& entry, const std::vector<Dot>& gone, LocalResult& out) {
  Change change;
  for (auto& dot: gone) {
    if (!live.contains(dot)) continue;
    erase(dot, out.rows);
    change.removed.push_back(dot);
  }
  out.removed.insert(out.removed.end(), change.removed.begin(), change.removed.end());
  Dot dot = entry.entry.dot;
  insert(dot, kj::mv(entry), out.rows);
  minted = dot.n;
  see(self, dot.n, out.rows);
  out.rows.push_back({Part::META, copy(view(SELF_ROW)), storedSelf(self.incarnation, minted)});
  out.dot = dot;
  change.added.push_back(dot);
  change.actors.push_back(self);
  remember(kj::mv(change));
}

void Local::insert(const Dot& dot, Live&& entry, RowChanges& rows) {
  auto& dots = keys[entry.entry.key];
  dots.insert(std::lower_bound(dots.begin(), dots.end(), dot), dot);
  bytes += entry.bytes.size();
  rows.push_back({Part::LOCAL, pack(dot), entry.bytes});
  live.emplace(dot, kj::mv(entry));
  localHashed = std::nullopt;
}

void Local::erase(const Dot& dot, RowChanges& rows) {
  auto found = live.find(dot);
  auto key = keys.find(found->second.entry.key);
  std::erase(key->second, dot);
  if (key->second.empty()) keys.erase(key);
  bytes -= found->second.bytes.size();
  rows.push_back({Part::LOCAL, pack(dot), std::nullopt});
  live.erase(found);
  localHashed = std::nullopt;
}

void Local::see(const Actor& actor, uint64_t n, RowChanges& rows) {
  auto& seen = ctx[actor];
  if (n <= seen) return;
  seen = n;
  rows.push_back({Part::CONTEXT, pack(actor), pack(n)});
  contextHashed = std::nullopt;
}

void Local::remember(Change&& change) {
  changes.push_back(kj::mv(change));
  if (changes.size() <= LOCAL_CHANGES_MAX) return;
  changes.pop_front();
  forgotten++;
}

std::optional<LocalDelta> Local::changesSince(uint64_t from) const {
  if (from < forgotten || from > changeCount()) return std::nullopt;
  LocalDelta delta;
  for (size_t i = size_t(from - forgotten); i < changes.size(); i++) {
    for (auto& dot: changes[i].added) {
      if (auto entry = find(dot)) delta.added[dot] = entry->bytes;
    }
    for (auto& dot: changes[i].removed) delta.removed.push_back(dot);
    for (auto& actor: changes[i].actors) delta.actors[actor] = ctx.at(actor);
  }
  return delta;
}

void Local::load(const StoredRows& rows) {
  KJ_REQUIRE(live.empty() && ctx.empty(), "a replica is loaded once");
  RowChanges ignored;
  auto damaged = [](const StoredRow& row) {
    KJ_FAIL_REQUIRE("a stored row of the local half is damaged: restore this replica from a "
                    "backup, or remove its database so that its peers fill it anew",
                    hex(view(row.key)));
  };
  for (auto& row: rows) {
    if (row.part == Part::CONTEXT) {
      auto actor = unpackActor(view(row.key));
      auto n = unpackNumber(view(row.value));
      if (!actor || !n) damaged(row);
      ctx[*actor] = *n;
    } else if (row.part == Part::META && text(view(row.key)) == SELF_ROW) {
      if (row.value.size() != 16) damaged(row);
      self.incarnation = *unpackNumber(view(row.value).slice(0, 8));
      minted = *unpackNumber(view(row.value).slice(8, 16));
    }
  }
  for (auto& row: rows) {
    if (row.part != Part::LOCAL) continue;
    auto entry = decodeLocalEntry(view(row.value));
    if (!entry || pack(entry->dot) != row.key) damaged(row);
    auto seen = ctx.find(entry->dot.actor);
    if (seen == ctx.end() || seen->second < entry->dot.n) damaged(row);
    Dot dot = entry->dot;
    insert(dot, {kj::mv(*entry), row.value, shortHash(view(row.value))}, ignored);
  }
}

}  // namespace skerry
