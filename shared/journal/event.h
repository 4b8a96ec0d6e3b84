// What happened, as a value. Fields as in capnp/journal.capnp.
#pragma once
#include "shared/crypto/bytes.h"
#include <cstdint>
#include <string>
#include <vector>

namespace skerry {

enum class EventSeverity : uint8_t { UNSPECIFIED, INFO, WARNING, ERROR };

struct Event {
  int64_t atMs = 0;
  std::string kind;
  EventSeverity severity = EventSeverity::INFO;
  std::string region, site, tenant, app, service;
  int32_t ordinal = -1;
  std::string text;
  bool operator==(const Event&) const = default;

  // About what a stored one takes.
  size_t bytes() const;
};

// What follows each other in one producer's stream.
struct EventPiece {
  uint64_t epoch = 0, first = 1, lost = 0;
  std::vector<Event> events;
  bool operator==(const EventPiece&) const = default;

  uint64_t end() const { return first + events.size(); }  // one after the last
  size_t bytes() const;
};

constexpr const char* EVENTS_LOST = "events.lost";
// What stands for events that are not kept, where it is shown: it happened before `next`.
Event lostEvents(uint64_t count, const Event* next);

// What an asker wants; empty and zero: no bound. Times are absolute.
struct EventFilter {
  std::string tenant, app, kind;
  int64_t sinceMs = 0, untilMs = 0;
  bool withSites = false;  // with a tenant, also what passes for one of sites; see isOfSites()

  bool admits(const Event& event) const;
};

// Of no tenant, and all the same for those who have something at that site to know: that it came or
// went, that events are not kept. It names nobody.
bool isOfSites(const Event& event);

// Puts events in the order of their time and leaves the newest `max`; of those that are equal in
// everything one is left, since a journal that went back in time is told again.
void tidyEvents(std::vector<Event>& events, size_t max);

}  // namespace skerry
