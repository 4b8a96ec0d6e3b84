#include "tier_site/head_watch.h"
#include "shared/daemon/self.h"
#include <algorithm>

namespace skerry {
namespace {

constexpr std::string_view HEAD_ROW = "head";
constexpr int64_t HOUR_MS = int64_t(3'600) * 1'000;

}  // namespace

void HeadWatch::load(const std::vector<Row>& markRows, const std::string& region) {
  for (auto& row : markRows) {
    if (text(view(row.key)) != HEAD_ROW) continue;
    Disbelief why;
    held = openHead(view(trust.authorityKey), region, view(row.value), why);
    heldSinceMs = host.clock.bootMs();
  }
}

Disbelief HeadWatch::take(BytesView envelope, const std::string& region,
                          Assignments& assignments, Batch& rows) {
  Disbelief why;
  auto head = openHead(trust, assignments.marks(), region, envelope, why);
  if (!head) return why;
  if (held && *held == *head) return {};
  held = std::move(head);
  heldSinceMs = linkSinceMs = host.clock.bootMs();
  connectedMs = 0;
  rows.put(Table::MARK, SELF_DOCUMENT, view(HEAD_ROW), envelope);
  assignments.raise({{{"head", region}, held->seq}}, rows);
  return {};
}

void HeadWatch::linkChanged(bool up) {
  if (up == isUp) return;
  auto bootMs = host.clock.bootMs();
  if (isUp) connectedMs += bootMs - linkSinceMs;
  else if (bootMs - linkSinceMs >= uint64_t(HEAD_EVERY_MS)) connectedMs = 0;
  isUp = up;
  linkSinceMs = bootMs;
}

std::string HeadWatch::finding(int64_t wallMs) const {
  auto bootMs = host.clock.bootMs();
  if (!isUp || connectedMs + (bootMs - linkSinceMs) < HEAD_GRACE_MS) return "";
  auto waitedMs = int64_t(bootMs - heldSinceMs);
  if (held) return stalenessOf(std::max(wallMs - held->timeMs, waitedMs));
  if (waitedMs <= HEAD_STALE_MS) return "";
  return "no word of central came in " + std::to_string(waitedMs / HOUR_MS) +
         " hours although the region is connected";
}

}  // namespace skerry
