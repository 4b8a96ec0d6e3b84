// Gathers what an asker wants from many journals, and holds no more than twice what it answers.
// Pure.
#pragma once
#include "shared/journal/event.h"
#include <functional>

namespace skerry {

class EventSearch {
public:
  // Fills in where an event of the journal `name` happened; false: it is not to be seen.
  using Where = std::function<bool(const std::string& name, Event& event)>;
  // At most `max` events, the newest.
  EventSearch(EventFilter filter, size_t max, Where where)
      : filter(std::move(filter)), max(max), where(std::move(where)) {}

  void add(const std::string& name, EventPiece piece);
  // In the order of their time.
  std::vector<Event> take();

private:
  void addOne(const std::string& name, Event event);

  EventFilter filter;
  size_t max;
  Where where;
  std::vector<Event> found;
};

}  // namespace skerry
