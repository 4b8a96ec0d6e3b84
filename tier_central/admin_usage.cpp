// Showing: usage.
#include "shared/daemon/usage_gathering.h"
#include "shared/model/selector.h"
#include "tier_central/admin.h"

namespace skerry {
namespace {

// What a query names must be there.
Refusals refusalsOf(const CentralCore& core, schema::UsageQuery::Reader query) {
  auto site = text(query.getSite());
  auto selector = parseSelector(text(query.getSelector()));
  if (!selector.ok()) return {badSelector(selector.errors[0])};
  if (!site.empty() && !core.registry.sites.contains(site)) return {notFound("site", site)};
  return {};
}

}  // namespace

kj::Promise<void> CentralAdmin::usage(UsageContext context) {
  context.allowCancellation();
  auto& core = this->core();
  auto query = context.getParams().getQuery();
  auto refusals = refusalsOf(core, query);
  if (!refusals.empty()) {
    refuse(context.getResults(), refusals);
    return kj::READY_NOW;
  }
  UsageGathering gathering(host.timer, schema::Admin::USAGE_WAIT_MS * kj::MILLISECONDS);
  auto site = core.registry.sites.find(text(query.getSite()));
  for (auto& [region, child] : core.children) {
    if (site != core.registry.sites.end() && site->second.region != region) continue;
    if (query.getRegion().size() > 0 && query.getRegion() != region.c_str()) continue;
    gathering.ask(*child, "region " + region, query,
                  [this, region = region](const std::string& named) {
      KJ_IF_MAYBE(now, current.get()) {
        auto found = now->registry.sites.find(named);
        return found != now->registry.sites.end() && found->second.region == region;
      }
      return false;
    });
  }
  return gathering.done().then([context](kj::Own<GatheredUsage>&& gathered) mutable {
    gathered->write(context.getResults());
  });
}

}  // namespace skerry
