// What happened at this region and its sites: told by them, kept here, answered from here.
#include "shared/daemon/event_answer.h"
#include "shared/model/time_text.h"
#include "tier_region/admin.h"
#include <kj/debug.h>

namespace skerry {

kj::Promise<void> RegionCore::eventMark(const std::string& site, EventMarkCall context) {
  return eventDesk.mark(site, kj::mv(context));
}

kj::Promise<void> RegionCore::events(const std::string& site, EventsTold context) {
  return eventDesk.take(site, kj::mv(context));
}

void RegionCore::note(const char* kind, EventSeverity severity, std::string what,
                      const std::string& site) {
  Event event;
  event.kind = kind;
  event.severity = severity;
  event.site = site;
  event.text = std::move(what);
  chronicle.record(std::move(event));
}

void RegionCore::noteSite(const std::string& site, bool isOnline) {
  if (onlineNoted.contains(site) == isOnline) return;
  if (isOnline) onlineNoted.insert(site);
  else onlineNoted.erase(site);
  note(isOnline ? "site.online" : "site.offline",
       isOnline ? EventSeverity::INFO : EventSeverity::WARNING, "", site);
}

kj::Promise<void> RegionCore::answerQuery(schema::EventQuery::Reader query,
                                          schema::EventSink::Client sink) {
  auto parsed = parseSelector(text(query.getSelector()));
  KJ_REQUIRE(parsed.ok(), "the label expression of a query for events cannot be read");
  auto wanted = text(query.getSite());
  bool isAll = query.getSelector().size() == 0;
  if (!Bounds::admits(text(query.getRegion()), self.name)) return kj::READY_NOW;
  auto isMeant = [this, wanted, isAll, selector = parsed.selector](const std::string& site) {
    if (site.empty()) return wanted.empty() && isAll;
    auto plan = assigner->sites().find(site);
    return plan != assigner->sites().end() && Bounds::admits(wanted, site) &&
           selector.matches(plan->second.labels);
  };
  // What a site says counts for that site, whatever it calls itself. Of whole sites, a tenant hears
  // of its own.
  auto ofTenant = query.getWithSites() ? text(query.getTenant()) : std::string();
  auto where = [this, isMeant, ofTenant](const std::string& journal, Event& event) {
    event.region = self.name;
    if (journal != OWN_JOURNAL) event.site = journal;
    bool isHidden = !ofTenant.empty() && event.tenant.empty() &&
                    !assigner->hasTenant(event.site, ofTenant);
    return !isHidden && isMeant(event.site);
  };
  std::vector<std::string> names{OWN_JOURNAL}, away;
  for (auto& [site, child] : children) {
    if (!isMeant(site)) continue;
    names.push_back(site);
    bool cameOnce = child->sinceMs() != 0 || members.ofSite(site) != nullptr;
    if (!child->online() && cameOnce) away.push_back(site);
  }
  auto told = sayMissing(sink, away);
  auto answering = answerEvents(chronicle, std::move(names), query, host.clock.wallMs(), where,
                                kj::mv(sink));
  return asking.wrap(told.then([answering = kj::mv(answering)]() mutable {
    return kj::mv(answering);
  }));
}

kj::Promise<void> RegionCore::events(EventsCall context) {
  auto params = context.getParams();
  return answerQuery(params.getQuery(), params.getSink());
}

kj::Promise<void> RegionAdmin::events(EventsContext context) {
  context.allowCancellation();
  auto params = context.getParams();
  auto refusals = badEventQuery(params.getQuery());
  auto site = text(params.getQuery().getSite());
  if (refusals.empty() && !site.empty() && !core().assigner->sites().contains(site)) {
    refusals.push_back(notFound("site", site));
  }
  if (!refusals.empty()) {
    refuse(context.getResults(), refusals);
    return kj::READY_NOW;
  }
  return core().answerQuery(params.getQuery(), params.getSink());
}

}  // namespace skerry
