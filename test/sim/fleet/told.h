// Asking a daemon of a simulated fleet what happened.
#pragma once
#include "capnp/journal.capnp.h"
#include "shared/journal/event_wire.h"
#include "test/sim/fleet/fleet.h"
#include <kj/refcount.h>

namespace skerry {

// An asker, who keeps what he is told for as long as the daemon has his sink.
struct Told : kj::Refcounted {
  std::vector<Event> events;
  std::vector<std::string> missing;
};

class Taker final : public schema::EventSink::Server {
public:
  explicit Taker(kj::Own<Told> told) : told(kj::mv(told)) {}
  kj::Promise<void> write(WriteContext context) override {
    for (auto event : context.getParams().getEvents()) told->events.push_back(readEvent(event));
    return kj::READY_NOW;
  }
  kj::Promise<void> missing(MissingContext context) override {
    for (auto who : context.getParams().getWho()) told->missing.push_back(text(who));
    return kj::READY_NOW;
  }

private:
  kj::Own<Told> told;
};

inline kj::Own<Told> ask(Fleet& fleet, schema::Admin::Client admin, const std::string& site,
                  const char* kind = "") {
  auto told = kj::refcounted<Told>();
  auto request = admin.eventsRequest();
  request.initQuery().setSite(site);
  request.getQuery().setKind(kind);
  request.setSink(kj::heap<Taker>(kj::addRef(*told)));
  fleet.world.run(request.send(), 60'000);
  return told;
}

}  // namespace skerry
