#include "shared/daemon/event_desk.h"
#include "shared/journal/event_wire.h"

namespace skerry {
namespace {

void fill(schema::EventMark::Builder to, Chronicle::Mark mark, int64_t waitMs) {
  to.setEpoch(mark.epoch);
  to.setMark(mark.mark);
  to.setWaitMs(uint32_t(waitMs));
}

class UplinkReceiver final : public EventReceiver {
public:
  explicit UplinkReceiver(schema::Uplink::Client uplink) : uplink(kj::mv(uplink)) {}

  kj::Promise<Answer> mark(uint64_t epoch, uint64_t oldest, uint64_t next) override {
    auto request = uplink.eventMarkRequest();
    request.setEpoch(epoch);
    request.setOldest(oldest);
    request.setNext(next);
    return request.send().then([](auto&& response) { return read(response.getMark()); });
  }
  kj::Promise<Answer> send(const EventPiece& piece) override {
    auto request = uplink.eventsRequest();
    writePiece(piece, request.initBatch());
    return request.send().then([](auto&& response) { return read(response.getMark()); });
  }

private:
  static Answer read(schema::EventMark::Reader from) {
    return {from.getEpoch(), from.getMark(), std::min<int64_t>(from.getWaitMs(),
                                                               BACKFILL_WAIT_MS_MAX)};
  }
  schema::Uplink::Client uplink;
};

}  // namespace

int64_t EventDesk::nowMs() const {
  return (timer.now() - kj::origin<kj::TimePoint>()) / kj::MILLISECONDS;
}

// Who has much to tell is given its place among the others before it begins.
kj::Promise<void> EventDesk::mark(const std::string& child, EventMarkCall context) {
  return chronicle.markOf(child).then([this, context](Chronicle::Mark mark) mutable {
    auto params = context.getParams();
    bool isKnown = mark.epoch == params.getEpoch();
    uint64_t untold = params.getNext() - (isKnown ? mark.mark + 1 : params.getOldest());
    bool isMuch = untold > EVENTS_PER_CALL && params.getNext() > untold;
    auto waitMs = isMuch ? pace.admit(schema::EVENT_BATCH_BYTES, nowMs()) : 0;
    fill(context.getResults().initMark(), mark, waitMs);
  });
}

kj::Promise<void> EventDesk::take(const std::string& child, EventsTold context) {
  auto piece = readPiece(context.getParams().getBatch());
  if (!ofChildren[child].admits(piece.bytes(), nowMs())) {
    return KJ_EXCEPTION(OVERLOADED, "more events than a child can honestly have; tell them later");
  }
  auto waitMs = pace.admit(piece.bytes(), nowMs());
  return chronicle.take(child, std::move(piece)).then([this, child](bool) {
    return chronicle.markOf(child);
  }).then([context, waitMs](Chronicle::Mark mark) mutable {
    fill(context.getResults().initMark(), mark, waitMs);
  });
}

kj::Own<EventReceiver> receiverOver(schema::Uplink::Client uplink) {
  return kj::heap<UplinkReceiver>(kj::mv(uplink));
}

}  // namespace skerry
