#include "tier_central/heads.h"
#include "capnp/authority.capnp.h"
#include "shared/daemon/log.h"
#include "shared/model/encoded.h"
#include "tier_central/orders.h"

namespace skerry {

std::vector<InForceStatement> statementsInForce(const Registry& registry,
                                                const std::string& region) {
  std::vector<InForceStatement> all;
  auto add = [&](const Bytes& envelope) {
    Decoded<schema::Signed> decoded(envelope);
    all.push_back(inForceOf(decoded.get().getStatement()));
  };
  for (auto& [name, tenant] : registry.tenants) add(tenant.policyFor(region));
  for (auto& [name, site] : registry.sites) {
    if (site.region != region) continue;
    add(site.record);
    if (!site.home.empty()) add(site.home);
  }
  for (auto& [name, app] : registry.applications) {
    add(app.intent);
    for (auto& revision : app.revisions) add(revision);
  }
  for (auto& [id, user] : registry.users) {
    if (touches(registry, registry.people.all().at(id), region)) add(user.statement);
  }
  return all;
}

kj::Duration headDueIn(BytesView head, int64_t nowMs) {
  if (head.size() == 0) return 0 * kj::SECONDS;
  Decoded<schema::Signed> envelope(head);
  Decoded<schema::Head> body(envelope.get().getBody());
  auto ageMs = nowMs - body.get().getTimeMs();
  if (ageMs < 0 || ageMs >= HEAD_EVERY_MS) return 0 * kj::SECONDS;
  return (HEAD_EVERY_MS - ageMs) * kj::MILLISECONDS;
}

Heads::Heads(Host& host, const Registry& registry, Sign sign)
    : host(host), registry(registry), sign(kj::mv(sign)) {
  auto pair = kj::newPromiseAndFulfiller<void>();
  wake = kj::mv(pair.fulfiller);
  kj::Promise<void> task = signForEver();
  signing = task.eagerlyEvaluate([](kj::Exception&& reason) {
    logEvent(Severity::ERROR, "head.unsigned", {{"reason", reason.getDescription()}});
  });
}

void Heads::follow(const std::string& region) {
  auto found = registry.regions.find(region);
  if (found == registry.regions.end()) return;
  auto dueIn = headDueIn(view(found->second.head), host.clock.wallMs());
  dueAt.insert_or_assign(region, host.timer.now() + dueIn);
  wake->fulfill();
}

std::vector<std::string> Heads::due() const {
  std::vector<std::string> regions;
  for (auto& [region, at] : dueAt) {
    if (at <= host.timer.now()) regions.push_back(region);
  }
  return regions;
}

kj::Promise<void> Heads::whenSomethingIsDue() {
  auto pair = kj::newPromiseAndFulfiller<void>();
  wake = kj::mv(pair.fulfiller);
  auto next = host.timer.now() + HEAD_EVERY;
  for (auto& [region, at] : dueAt) next = kj::min(next, at);
  // One may have become due while another was signed.
  next = kj::max(next, host.timer.now());
  return host.timer.atTime(next).exclusiveJoin(kj::mv(pair.promise));
}

Task<void> Heads::signForEver() {
  for (;;) {
    auto regions = due();
    for (auto& region : regions) {
      auto found = dueAt.find(region);
      if (found == dueAt.end()) continue;  // deleted meanwhile
      found->second = host.timer.now() + HEAD_EVERY;
      auto done = sign(region);
      co_await done;
      auto pause = host.timer.afterDelay(HEAD_PAUSE);
      co_await pause;
    }
    auto waking = whenSomethingIsDue();
    co_await waking;
  }
}

}  // namespace skerry
