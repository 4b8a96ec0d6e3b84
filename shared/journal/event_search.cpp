#include "shared/journal/event_search.h"

namespace skerry {

// Events that are not kept may have been any: who asks for one application hears of them, too.
void EventSearch::add(const std::string& name, EventPiece piece) {
  if (piece.lost > 0 && !piece.events.empty()) {
    auto lost = lostEvents(piece.lost, &piece.events.front());
    auto whenAlone = filter;
    whenAlone.tenant = whenAlone.app = "";
    if (whenAlone.admits(lost)) addOne(name, std::move(lost));
  }
  for (auto& event : piece.events) {
    if (filter.admits(event)) addOne(name, std::move(event));
  }
}

void EventSearch::addOne(const std::string& name, Event event) {
  if (!where(name, event)) return;
  found.push_back(std::move(event));
  if (found.size() >= 2 * max + 1) tidyEvents(found, max);
}

std::vector<Event> EventSearch::take() {
  tidyEvents(found, max);
  return std::move(found);
}

}  // namespace skerry
