// How recent central's word is at this site (shared/model/head.h). It shows a region that is
// connected and withholds what central says; it starts and stops nothing.
//
// Age is counted on two clocks and the older answer holds: a clock that stands still, or that a
// region talked into another time, hides nothing by itself. A site cannot tell a region that
// withholds from one that lost central: for it both are the same, orders that do not come.
#pragma once
#include "shared/host/host.h"
#include "shared/model/head.h"
#include "tier_site/assignments.h"

namespace skerry {

constexpr auto HEAD_LOOK_EVERY = 10 * kj::MINUTES;  // at the age
// How long a region has, all its connections together, to bring what came while it was away: a link
// that is cut again and again excuses nothing, one that was down for an hour does.
constexpr uint64_t HEAD_GRACE_MS = 10 * 60 * 1'000;

class HeadWatch final {
public:
  // Both outlive it. `trust` is the site's.
  HeadWatch(Host& host, Trust trust)
      : host(host), trust(std::move(trust)), heldSinceMs(host.clock.bootMs()) {}

  // From the rows of SELF_DOCUMENT that Assignments loads too.
  void load(const std::vector<Row>& markRows, const std::string& region);
  // `envelope` is what the orders of `region` say now. Keeps it, and raises the mark, when it is
  // central's, about this region and not older than the one held; else says why not.
  Disbelief take(BytesView envelope, const std::string& region, Assignments& assignments,
                 Batch& rows);
  void linkChanged(bool up);

  const std::optional<Head>& newest() const { return held; }
  // What a person should know; empty: nothing. `wallMs`: the time as far as it is known.
  std::string finding(int64_t wallMs) const;

private:
  Host& host;
  Trust trust;
  std::optional<Head> held;
  // All by the boot clock.
  uint64_t heldSinceMs, linkSinceMs = 0;
  bool isUp = false;
  uint64_t connectedMs = 0;  // since then, without the connection of now
};

}  // namespace skerry
