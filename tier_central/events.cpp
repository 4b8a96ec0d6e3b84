// What happened: at central, and as the regions know it, who are asked.
#include "shared/daemon/event_answer.h"
#include "tier_central/admin.h"

namespace skerry {
namespace {

// What a query names must be there.
Refusals refusalsOf(const CentralCore& core, schema::EventQuery::Reader query) {
  auto refusals = badEventQuery(query);
  auto site = text(query.getSite()), region = text(query.getRegion());
  if (!refusals.empty()) return refusals;
  if (!site.empty() && !core.registry.sites.contains(site)) return {notFound("site", site)};
  if (!region.empty() && !core.registry.regions.contains(region)) {
    return {notFound("region", region)};
  }
  return {};
}

}  // namespace

void CentralCore::noteRegion(const std::string& region, bool isOnline) {
  if (onlineNoted.contains(region) == isOnline) return;
  if (isOnline) onlineNoted.insert(region);
  else onlineNoted.erase(region);
  Event event;
  event.kind = isOnline ? "region.online" : "region.offline";
  event.severity = isOnline ? EventSeverity::INFO : EventSeverity::WARNING;
  event.region = region;
  chronicle.record(std::move(event));
}

// A region speaks of itself and of its own sites only.
kj::Promise<void> CentralAdmin::askRegion(const std::string& region, Child& child,
                                          schema::EventQuery::Reader query,
                                          schema::EventSink::Client sink) {
  KJ_IF_MAYBE(down, child.downlink()) {
    auto request = down->eventsRequest();
    request.setQuery(query);
    request.setSink(sinkFor(sink, [this, region](Event& event) {
      event.region = region;
      KJ_IF_MAYBE(now, current.get()) {
        auto found = now->registry.sites.find(event.site);
        return event.site.empty() ||
               (found != now->registry.sites.end() && found->second.region == region);
      }
      return false;
    }, [](const std::string&) { return true; }));
    auto answer = request.send().ignoreResult();
    if (!query.getFollow()) {
      answer = host.timer.timeoutAfter(schema::Admin::EVENTS_WAIT_MS * kj::MILLISECONDS,
                                       kj::mv(answer));
    }
    return answer.catch_([sink, region](kj::Exception&&) mutable {
      return sayMissing(kj::mv(sink), {"region " + region});
    });
  }
  return sayMissing(kj::mv(sink), {"region " + region});
}

kj::Promise<void> CentralAdmin::events(EventsContext context) {
  context.allowCancellation();
  auto& core = this->core();
  auto params = context.getParams();
  auto query = params.getQuery();
  auto refusals = refusalsOf(core, query);
  if (!refusals.empty()) {
    refuse(context.getResults(), refusals);
    return kj::READY_NOW;
  }
  kj::Vector<kj::Promise<void>> asked;
  auto wanted = text(query.getRegion());
  auto site = core.registry.sites.find(text(query.getSite()));
  if (site != core.registry.sites.end() && wanted.empty()) wanted = site->second.region;
  bool isOfSites = query.getSite().size() > 0 || query.getSelector().size() > 0;
  if (!isOfSites) {
    asked.add(answerEvents(core.chronicle, {OWN_JOURNAL}, query, host.clock.wallMs(),
                           [wanted](const std::string&, Event& event) {
      return Bounds::admits(wanted, event.region);
    }, params.getSink()));
  }
  for (auto& [region, child] : core.children) {
    if (!Bounds::admits(wanted, region)) continue;
    asked.add(askRegion(region, *child, query, params.getSink()));
  }
  return kj::joinPromises(asked.releaseAsArray());
}

}  // namespace skerry
