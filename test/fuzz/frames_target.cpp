// Frames of Cap'n Proto as a peer of the link sends them, up to where the RPC system would get
// them.
#include "shared/link/frame_filter.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/served_stream.h"
#include <capnp/message.h>
#include <capnp/rpc.capnp.h>
#include <capnp/serialize.h>
#include <deque>

namespace skerry {
namespace {

namespace rpc = capnp::rpc;

constexpr size_t KEPT_MAX = 4;  // frames, as a server keeps the parameters of calls

LinkLimits fuzzLimits() {
  LinkLimits limits;
  limits.frameWordsMax = 1024;
  limits.heldBytesMax = 16 << 10;
  limits.questionsMax = 8;
  limits.exportsMax = 8;
  return limits;
}

void run(BytesView input) {
  kj::EventLoop loop;
  kj::WaitScope wait(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  auto limits = fuzzLimits();
  FuzzInput rest(input);
  size_t piece = rest.byte();
  ServedStream stream(rest.remaining(), piece);
  FrameFilter filter(stream, timer, limits, [] {}, [](kj::StringPtr) {});
  {
    std::deque<capnp::MessageReaderAndFds> kept;
    bool isOver = false;
    while (!isOver) {
      isOver = !mayRefuse([&] {
        auto frame = filter.tryReadMessage(nullptr, {}, nullptr).wait(wait);
        KJ_IF_MAYBE(f, frame) kept.push_back(kj::mv(*f));
        else isOver = true;
      }) || isOver;
      mustHold(filter.heldBytes() <= limits.heldBytesMax, "the memory of frames is bounded");
      mustHold(filter.rpc().openQuestions() <= limits.questionsMax, "open questions are bounded");
      if (kept.size() > KEPT_MAX) kept.pop_front();
    }
  }
  mustHold(filter.heldBytes() == 0, "frames that are let go of are not counted");
}

void add(Bytes& to, void (*fill)(rpc::Message::Builder)) {
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<rpc::Message>());
  auto words = capnp::messageToFlatArray(message);
  to.insert(to.end(), words.asBytes().begin(), words.asBytes().end());
}

Bytes conversation() {
  Bytes all;
  add(all, [](rpc::Message::Builder m) { m.initBootstrap().setQuestionId(0); });
  add(all, [](rpc::Message::Builder m) {
    auto call = m.initCall();
    call.setQuestionId(1);
    call.initTarget().initPromisedAnswer().setQuestionId(0);
    call.setInterfaceId(7);
    auto params = call.initParams();
    params.initCapTable(2)[0].setSenderHosted(3);
    params.getCapTable()[1].setSenderPromise(4);
    params.getContent().setAs<capnp::Text>("hello");
  });
  add(all, [](rpc::Message::Builder m) {
    auto result = m.initReturn();
    result.setAnswerId(0);
    result.initResults().initCapTable(1)[0].setReceiverHosted(0);
  });
  add(all, [](rpc::Message::Builder m) { m.initReturn().initException().setReason("why"); });
  add(all, [](rpc::Message::Builder m) {
    auto finish = m.initFinish();
    finish.setQuestionId(1);
    finish.setReleaseResultCaps(true);
  });
  return all;
}

Bytes aftermath() {
  Bytes all;
  add(all, [](rpc::Message::Builder m) {
    auto resolve = m.initResolve();
    resolve.setPromiseId(4);
    resolve.initCap().setReceiverHosted(1);
  });
  add(all, [](rpc::Message::Builder m) {
    auto release = m.initRelease();
    release.setId(0);
    release.setReferenceCount(1);
  });
  add(all, [](rpc::Message::Builder m) { m.initDisembargo().initContext().setSenderLoopback(5); });
  add(all, [](rpc::Message::Builder m) { m.initUnimplemented().initBootstrap().setQuestionId(3); });
  add(all, [](rpc::Message::Builder m) { m.initAbort().setReason("enough"); });
  return all;
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (uint8_t piece : {0, 1, 9}) {
    for (auto& frames : {conversation(), aftermath()}) {
      Bytes seed{piece};
      seed.insert(seed.end(), frames.begin(), frames.end());
      all.push_back(seed);
    }
  }
  all.push_back(Bytes(9, 0xff));
  Bytes pings(1 + 3 * 8, 0);  // one that asks, one that answers
  pings[1 + 8] = 1;
  all.push_back(pings);
  return all;
}

FUZZ_TARGET("frames", run, seeds);

}  // namespace
}  // namespace skerry
