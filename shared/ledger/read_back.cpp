#include "shared/ledger/read_back.h"
#include "shared/ledger/mutant.h"
#include "shared/ledger/order_entry.h"
#include <algorithm>

namespace skerry {
namespace {

bool isLaterEntry(const Bytes& one, const Bytes& other) {
  auto first = decodeOrderEntry(view(one)), second = decodeOrderEntry(view(other));
  return first && second && isLater(first->origin, second->origin);
}

ReadBackVerdict judgeShown(const Bytes& shown, const std::optional<Bytes>& ours,
                           const ProjectionTable::Written* written) {
  if (ours && *ours == shown) return ReadBackVerdict::AGREED;
  if (!ours && written == nullptr) return ReadBackVerdict::UNKNOWN_HERE;
  if (ours && isLaterEntry(shown, *ours)) return ReadBackVerdict::NEWER_THERE;
  bool wasOurs = written != nullptr && written->reading == sha256(view(shown));
  return wasOurs ? ReadBackVerdict::OLDER_THERE : ReadBackVerdict::CONFLICT;
}

}  // namespace

uint64_t eraAfterRestore(uint64_t seen, int64_t wallSeconds) {
  if (mutated(Mutant::RESTORE_WITHOUT_ERA)) return seen;
  return std::max(seen + 1, uint64_t(std::max<int64_t>(wallSeconds, 0)));
}

bool isLater(const Origin& one, const Origin& other) {
  return one.authority == other.authority &&
         std::tie(one.era, one.fieldSeq) > std::tie(other.era, other.fieldSeq);
}

std::map<std::string, ReadBackVerdict> judgeReadBack(const Orders& shown,
                                                     const ProjectionTable& table,
                                                     const ReadingOf& reading) {
  std::map<std::string, ReadBackVerdict> verdicts;
  for (auto& [key, entry]: shown.entries()) {
    verdicts[key] = judgeShown(entry.bytes, reading(key), table.find(key));
  }
  for (auto& [key, written]: table.rows()) {
    if (verdicts.contains(key)) continue;
    auto ours = reading(key);
    if (!ours) continue;
    verdicts[key] = written.reading == sha256(view(*ours)) ? ReadBackVerdict::DELETED_THERE
                                                           : ReadBackVerdict::CONFLICT;
  }
  return verdicts;
}

}  // namespace skerry
