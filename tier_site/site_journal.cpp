#include "tier_site/site_journal.h"
#include "shared/daemon/event_answer.h"
#include "tier_site/admin.h"
#include "tier_site/service.h"
#include <algorithm>

namespace skerry {
namespace {

bool hasTenant(const SiteCore& core, const std::string& tenant) {
  auto& apps = core.assignments->apps();
  return std::any_of(apps.begin(), apps.end(),
                     [&](auto& app) { return app.first.first == tenant; });
}

}  // namespace

SiteJournal::SiteJournal(Host& host)
    : chronicle(host, EventLogBounds(), EventLogBounds()), sender(host, chronicle) {}

void SiteJournal::add(const JournalWatch::Events& events) {
  for (auto& event : events) chronicle.record(event);
}

kj::Promise<void> SiteAdmin::events(EventsContext context) {
  context.allowCancellation();
  auto& core = coreOf(service);
  auto params = context.getParams();
  auto query = params.getQuery();
  auto site = text(query.getSite());
  auto refusals = badEventQuery(query);
  if (refusals.empty() && !Bounds::admits(site, core.self.name)) {
    refusals.push_back(notFound("site", site));
  }
  if (!refusals.empty()) {
    refuse(context.getResults(), refusals);
    return kj::READY_NOW;
  }
  auto region = text(query.getRegion());
  auto selector = parseSelector(text(query.getSelector()));
  bool isMeant = Bounds::admits(region, core.regionName) &&
                 selector.selector.matches(core.assignments->siteLabels());
  if (!isMeant) return kj::READY_NOW;
  // Of the whole site, a tenant hears that has something here.
  bool showsSite = !query.getWithSites() || hasTenant(core, text(query.getTenant()));
  auto where = [name = core.self.name, above = core.regionName, showsSite](const std::string&,
                                                                           Event& event) {
    event.site = name;
    event.region = above;
    return showsSite || !event.tenant.empty();
  };
  return answerEvents(service.journal().chronicle, {OWN_JOURNAL}, query, host.clock.wallMs(),
                      where, params.getSink());
}

}  // namespace skerry
