#include "shared/journal/event.h"
#include "shared/journal/journal_limits.h"
#include <algorithm>

namespace skerry {

size_t Event::bytes() const {
  size_t sum = EVENT_OVERHEAD_BYTES;
  for (auto* part : {&kind, &region, &site, &tenant, &app, &service, &text}) {
    if (!part->empty()) sum += part->size() + 8;
  }
  return sum;
}

size_t EventPiece::bytes() const {
  size_t sum = 0;
  for (auto& event : events) sum += event.bytes();
  return sum;
}

Event lostEvents(uint64_t count, const Event* next) {
  Event event;
  if (next != nullptr) event = *next;
  event.kind = EVENTS_LOST;
  event.severity = EventSeverity::WARNING;
  event.tenant = event.app = event.service = "";
  event.ordinal = -1;
  event.text = std::to_string(count) + (count == 1 ? " event" : " events") +
               " before this one were not kept";
  return event;
}

bool EventFilter::admits(const Event& event) const {
  bool isOfKind = kind.empty() || event.kind == kind ||
                  (event.kind.starts_with(kind) && event.kind[kind.size()] == '.');
  bool isTheirs = tenant.empty() || event.tenant == tenant || (withSites && isOfSites(event));
  return isOfKind && isTheirs &&
         (app.empty() || event.app == app) && event.atMs >= sinceMs &&
         (untilMs == 0 || event.atMs <= untilMs);
}

bool isOfSites(const Event& event) {
  for (auto kind : {"site.online", "site.offline", "link.up", "link.down", EVENTS_LOST}) {
    if (event.kind == kind) return event.tenant.empty();
  }
  return false;
}

void tidyEvents(std::vector<Event>& events, size_t max) {
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.atMs < b.atMs; });
  // Equal ones need not be neighbours among those of one moment.
  for (size_t i = 0; i < events.size(); ++i) {
    for (size_t j = i + 1; j < events.size() && events[j].atMs == events[i].atMs;) {
      if (events[j] == events[i]) events.erase(events.begin() + j);
      else ++j;
    }
  }
  if (events.size() > max) events.erase(events.begin(), events.end() - max);
}

}  // namespace skerry
