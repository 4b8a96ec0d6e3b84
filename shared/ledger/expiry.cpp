#include "shared/ledger/expiry.h"

namespace skerry {

namespace {

const std::string CLOCK_ROW = "clock", SEEN_ROW = "expires/";

Bytes seenRow(const Dot& dot) {
  Bytes key = copy(view(SEEN_ROW)), packed = pack(dot);
  key.insert(key.end(), packed.begin(), packed.end());
  return key;
}

}  // namespace

void Expiry::advance(const std::string& bootId, uint64_t bootMs) {
  // In another boot, everything known before has aged by the time since that boot at least.
  bool isSameBoot = bootId == lastBootId;
  if (isSameBoot) clock += bootMs > lastBootMs ? bootMs - lastBootMs : 0;
  else if (!lastBootId.empty()) clock += bootMs;
  lastBootMs = isSameBoot ? std::max(lastBootMs, bootMs) : bootMs;
  lastBootId = bootId;
}

void Expiry::follow(const Local& local, RowChanges& rows) {
  if (followedChanges == local.changeCount()) return;
  followedChanges = local.changeCount();
  for (auto known = firstSeen.begin(); known != firstSeen.end();) {
    if (local.find(known->first) != nullptr) {
      ++known;
      continue;
    }
    rows.push_back({Part::META, seenRow(known->first), std::nullopt});
    known = firstSeen.erase(known);
  }
  for (auto& [dot, entry]: local.entries()) {
    if (entry.entry.expires.durationMs == 0 || firstSeen.contains(dot)) continue;
    firstSeen[dot] = clock;
    rows.push_back({Part::META, seenRow(dot), pack(clock)});
  }
}

std::vector<Dot> Expiry::tick(const Local& local, const std::string& bootId, uint64_t bootMs,
                              RowChanges& rows) {
  bool isNewBoot = bootId != lastBootId;
  advance(bootId, bootMs);
  follow(local, rows);
  std::vector<Dot> expired;
  for (auto& [dot, seen]: firstSeen) {
    if (*leftMs(local, dot) == 0) expired.push_back(dot);
  }
  // A boot is noted at once: a restart of the daemon must not count its time twice.
  bool isDue = isNewBoot || (!firstSeen.empty() && clock - savedClock >= EXPIRY_SAVED_EVERY_MS);
  if (isDue) {
    savedClock = clock;
    Bytes value = pack(clock), at = pack(lastBootMs);
    value.insert(value.end(), at.begin(), at.end());
    value.insert(value.end(), bootId.begin(), bootId.end());
    rows.push_back({Part::META, copy(view(CLOCK_ROW)), kj::mv(value)});
  }
  return expired;
}

std::optional<uint64_t> Expiry::leftMs(const Local& local, const Dot& dot) const {
  auto entry = local.find(dot);
  if (entry == nullptr || entry->entry.expires.durationMs == 0) return std::nullopt;
  uint64_t duration = entry->entry.expires.durationMs;
  auto seen = firstSeen.find(dot);
  // After a power cut the clock may be behind what it showed: late, never early.
  uint64_t elapsed = seen == firstSeen.end() || seen->second > clock ? 0 : clock - seen->second;
  return elapsed < duration ? duration - elapsed : 0;
}

void Expiry::load(const StoredRows& rows) {
  for (auto& row: rows) {
    if (row.part != Part::META) continue;
    auto key = text(view(row.key));
    auto value = view(row.value);
    if (key == CLOCK_ROW && value.size() >= 16) {
      clock = savedClock = *unpackNumber(value.slice(0, 8));
      lastBootMs = *unpackNumber(value.slice(8, 16));
      lastBootId = text(value.slice(16, value.size()));
    } else if (key.starts_with(SEEN_ROW)) {
      auto dot = unpackDot(view(row.key).slice(SEEN_ROW.size(), row.key.size()));
      auto seen = unpackNumber(value);
      if (dot && seen) firstSeen[*dot] = *seen;
    }
  }
}

}  // namespace skerry
