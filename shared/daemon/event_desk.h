// A parent's end of its children's journals, and a child's way to its parent's: Chronicle and
// EventSender over the calls of capnp/uplink.capnp.
#pragma once
#include "shared/journal/backfill_pace.h"
#include "shared/journal/event_sender.h"
#include "shared/replica/child_session.h"

namespace skerry {

// What children tell, at the pace that is good for all of them.
class EventDesk final {
public:
  // Both outlive it.
  EventDesk(kj::Timer& timer, Chronicle& chronicle) : timer(timer), chronicle(chronicle) {}

  kj::Promise<void> mark(const std::string& child, EventMarkCall context);
  kj::Promise<void> take(const std::string& child, EventsTold context);

private:
  int64_t nowMs() const;

  kj::Timer& timer;
  Chronicle& chronicle;
  BackfillPace pace;
  std::map<std::string, ChildPace> ofChildren;
};

kj::Own<EventReceiver> receiverOver(schema::Uplink::Client uplink);

}  // namespace skerry
