#include "tier_region/usage.h"
#include "shared/model/selector.h"
#include "tier_region/admin.h"
#include <kj/debug.h>

namespace skerry {
namespace {

// Some application of that name is meant for the site.
bool hasApp(const RegionCore& core, const std::string& site, schema::UsageQuery::Reader query) {
  auto app = text(query.getApp()), tenant = text(query.getTenant());
  if (app.empty()) return true;
  for (auto& assigned : core.assigner->meant(site)) {
    auto slash = assigned.find('/');
    if (assigned.substr(slash + 1) == app && Bounds::admits(tenant, assigned.substr(0, slash))) {
      return true;
    }
  }
  return false;
}

}  // namespace

kj::Promise<kj::Own<GatheredUsage>> gatherUsage(RegionCore& core,
                                                schema::UsageQuery::Reader query) {
  auto selector = parseSelector(text(query.getSelector()));
  KJ_REQUIRE(selector.ok(), "the label expression of a query for usage cannot be read");
  UsageGathering gathering(core.host.timer, SITE_USAGE_WAIT);
  for (auto& [site, child] : core.children) {
    auto plan = core.assigner->sites().find(site);
    bool isMeant = plan != core.assigner->sites().end() &&
                   Bounds::admits(text(query.getSite()), site) &&
                   selector.selector.matches(plan->second.labels) && hasApp(core, site, query);
    // A site that never came has nothing to say.
    if (!isMeant || (child->sinceMs() == 0 && core.members.ofSite(site) == nullptr)) continue;
    gathering.ask(*child, site, query, [site = site](const std::string& named) {
      return named == site;
    });
  }
  return gathering.done();
}

kj::Promise<void> RegionCore::usage(UsageCall context) {
  context.allowCancellation();
  return gatherUsage(*this, context.getParams().getQuery())
      .then([context](kj::Own<GatheredUsage>&& gathered) mutable {
    gathered->write(context.getResults());
  });
}

kj::Promise<void> RegionAdmin::usage(UsageContext context) {
  context.allowCancellation();
  auto query = context.getParams().getQuery();
  auto site = text(query.getSite());
  auto selector = parseSelector(text(query.getSelector()));
  Refusals refusals;
  if (!selector.ok()) refusals.push_back(badSelector(selector.errors[0]));
  else if (!site.empty() && !core().assigner->sites().contains(site)) {
    refusals.push_back(notFound("site", site));
  }
  if (!refusals.empty()) {
    refuse(context.getResults(), refusals);
    return kj::READY_NOW;
  }
  return gatherUsage(core(), query).then([context](kj::Own<GatheredUsage>&& gathered) mutable {
    gathered->write(context.getResults());
  });
}

}  // namespace skerry
