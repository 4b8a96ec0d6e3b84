// Central's hourly word to each region that joined (shared/model/head.h): signs what is due, one
// region at a time, so that nobody who waits for central notices.
//
// The work of an edit does not depend on it: a head is made of the registry when its hour comes,
// and what changes meanwhile is in the next one.
#pragma once
#include "shared/async/task.h"
#include "shared/host/host.h"
#include "shared/model/head.h"
#include "tier_central/registry.h"
#include <kj/function.h>
#include <set>

namespace skerry {

constexpr auto HEAD_EVERY = HEAD_EVERY_MS * kj::MILLISECONDS;
constexpr auto HEAD_PAUSE = 5 * kj::MILLISECONDS;  // between two regions, for everybody else

// What holds for a region: the statements that its orders are made of.
std::vector<InForceStatement> statementsInForce(const Registry& registry,
                                                const std::string& region);

// How long until the next head, if the newest is `head` (an envelope, or empty). By the clock that
// signed it: a head from the future is a clock that was wrong, and due.
kj::Duration headDueIn(BytesView head, int64_t nowMs);

class Heads final {
public:
  // Signs a head for this region, and commits it.
  using Sign = kj::Function<kj::Promise<void>(const std::string& region)>;
  // Both outlive it.
  Heads(Host& host, const Registry& registry, Sign sign);
  KJ_DISALLOW_COPY(Heads);

  // From now on this region has a document, which may have its head already.
  void follow(const std::string& region);
  void forget(const std::string& region) { dueAt.erase(region); }

private:
  Task<void> signForEver();
  kj::Promise<void> whenSomethingIsDue();
  std::vector<std::string> due() const;

  Host& host;
  const Registry& registry;
  Sign sign;
  std::map<std::string, kj::TimePoint> dueAt;
  kj::Own<kj::PromiseFulfiller<void>> wake;
  kj::Promise<void> signing = nullptr;  // last: it uses the others
};

}  // namespace skerry
