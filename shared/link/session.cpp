#include "shared/link/session.h"
#include "shared/async/task.h"
#include "shared/link/frame_filter.h"
#include "shared/link/pulse_watch.h"
#include <capnp/membrane.h>
#include <capnp/rpc-twoparty.h>
#include <kj/debug.h>
#include <vector>

namespace skerry {

namespace {

using capnp::Capability;
using schema::Pulse;
namespace twoparty = capnp::rpc::twoparty;

// A membrane that lets every call through until it is revoked. Both directions decide alike, as
// they must: a promise that resolves across the membrane may skip one of them.
//
// A capability that crosses asks for nothing to wait for: it is refused when it is called, and its
// waiting would cost half a kilobyte for as long as the session. Only calls on their way wait.
class Revoker final : public capnp::MembranePolicy, public kj::Refcounted {
public:
  void revoke(kj::Exception&& why) {
    if (reason.get() != nullptr) return;
    for (auto& call : calls) call->reject(kj::cp(why));
    calls.clear();
    reason = kj::heap(kj::mv(why));
  }

  kj::Maybe<Capability::Client> inboundCall(uint64_t, uint16_t, Capability::Client) override {
    return refusal();
  }
  kj::Maybe<Capability::Client> outboundCall(uint64_t, uint16_t, Capability::Client) override {
    return refusal();
  }
  bool shouldResolveBeforeRedirecting() override { return false; }
  kj::Own<MembranePolicy> addRef() override { return kj::addRef(*this); }

  kj::Maybe<kj::Promise<void>> onRevoked() override {
    if (isWrapping) return nullptr;
    if (reason.get() != nullptr) return kj::Promise<void>(kj::cp(*reason));
    if (calls.size() >= lookAt) {
      std::erase_if(calls, [](auto& call) { return !call->isWaiting(); });
      lookAt = kj::max(size_t(LOOK_MIN), 2 * calls.size());
    }
    auto pair = kj::newPromiseAndFulfiller<void>();
    calls.push_back(kj::mv(pair.fulfiller));
    return kj::mv(pair.promise);
  }
  Capability::Client importExternal(Capability::Client external) override {
    isWrapping = true;
    KJ_DEFER(isWrapping = false);
    return MembranePolicy::importExternal(kj::mv(external));
  }
  Capability::Client exportInternal(Capability::Client internal) override {
    isWrapping = true;
    KJ_DEFER(isWrapping = false);
    return MembranePolicy::exportInternal(kj::mv(internal));
  }

private:
  static constexpr size_t LOOK_MIN = 4;

  kj::Maybe<Capability::Client> refusal() {
    if (reason.get() == nullptr) return nullptr;
    return Capability::Client(kj::cp(*reason));
  }

  std::vector<kj::Own<kj::PromiseFulfiller<void>>> calls;  // some are over
  size_t lookAt = LOOK_MIN;                                // so many, for those
  kj::Own<kj::Exception> reason;                           // null until it is revoked
  bool isWrapping = false;
};

// The network uses the traversal limit to refuse *our* messages that are too large for the peer;
// what may be read of a received frame is the filter's to say.
capnp::ReaderOptions networkOptions(const LinkLimits& limits) {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = limits.frameWordsMax;
  options.nestingLimit = limits.nestingMax;
  return options;
}

twoparty::Side sideOf(Side side) {
  return side == Side::CHILD ? twoparty::Side::CLIENT : twoparty::Side::SERVER;
}

Capability::Client bootstrapOf(capnp::RpcSystem<twoparty::VatId>& rpc, Side side) {
  capnp::MallocMessageBuilder message(4);
  auto id = message.initRoot<twoparty::VatId>();
  id.setSide(sideOf(side == Side::CHILD ? Side::PARENT : Side::CHILD));
  return rpc.bootstrap(id);
}

}  // namespace

class Session::Connection final : private kj::TaskSet::ErrorHandler {
public:
  Connection(kj::Own<kj::AsyncIoStream> streamParam, Side side, Pulse::Client ours,
             kj::Timer& timer, const LinkLimits& limits)
      : stream(kj::mv(streamParam)), timer(timer), limits(limits),
        revoker(kj::refcounted<Revoker>()),
        filter(*stream, timer, limits, [this] { checkQueue(); checkMemory(); },
               [this](kj::StringPtr reason) { tasks.add(endAfterFarewell(kj::str(reason))); }),
        network(filter, sideOf(side), networkOptions(limits), timer),
        rpc(network, capnp::Capability::Client(capnp::membrane(kj::mv(ours), revoker->addRef()))),
        side(side), pulse(limits, side == Side::CHILD ? limits.pingLag : 0 * kj::SECONDS),
        tasks(*this) {
    rpc.setFlowLimit(limits.flowWords);
    auto paf = kj::newPromiseAndFulfiller<kj::String>();
    endNow = kj::mv(paf.fulfiller);
    ended = kj::mv(paf.promise);
    tasks.add(network.onDisconnect().then([this] {
      KJ_IF_MAYBE(reason, filter.refusal()) end(kj::str(*reason));
      else end(kj::str("peer is gone"));
    }));
    tasks.add(watchPulse());
  }

  void revoke(kj::StringPtr reason) {
    revoker->revoke(KJ_EXCEPTION(DISCONNECTED, "session revoked", reason));
    tasks.add(endAfterFarewell(kj::str("revoked: ", reason)));
  }

  void revokeAfter(kj::Duration life, kj::StringPtr reason) {
    ends = End{timer.now() + life, reason};
    planEnd();
  }

  Pulse::Client& remote() {
    KJ_IF_MAYBE(known, theirs) return *known;
    auto asked = capnp::reverseMembrane(bootstrapOf(rpc, side), revoker->addRef());
    return theirs.emplace(asked.castAs<Pulse>());
  }

private:
  friend class Session;

  // Answers nobody fetches are ours to keep until they are fetched.
  void checkQueue() {
    size_t queued = network.getCurrentQueueSize();
    KJ_REQUIRE(queued <= limits.queuedBytesMax, "peer does not fetch its answers", queued);
  }

  size_t memoryBytes() {
    return filter.heldBytes() + filter.bundledBytes() + network.getCurrentQueueSize() +
           ownersBytes();
  }

  void checkMemory() {
    size_t bytes = memoryBytes();
    KJ_REQUIRE(bytes <= limits.memoryBytesMax, "peer makes us keep too much for it", bytes);
  }

  // A large message takes long on a slow link; one that does not move is not being read.
  void checkWrites() {
    checkQueue();
    if (filter.writtenBytes() != writtenLast) {
      writtenLast = filter.writtenBytes();
      movedAt = timer.now();
    }
    auto stuck = kj::min(network.getOutgoingMessageWaitTime(), timer.now() - movedAt);
    KJ_REQUIRE(stuck < limits.writeTimeMax, "peer does not read what we send");
  }

  // Half the trouble with peers is silence. While a message leaves, its moving is the sign of life.
  // Between pings a session keeps a timer, and no coroutine with all its variables.
  kj::Promise<void> watchPulse() {
    auto rest = pulse.due(filter.lastPing(), filter.hasSpoken()) - timer.now();
    if (rest <= 0 * kj::SECONDS) {
      if (filter.canPing()) {
        return kj::Promise<void>(ping()).then([this] { return watchPulse(); });
      }
      rest = limits.pingMax;
    }
    return timer.afterDelay(kj::min(rest, limits.pingSoon)).then([this] {
      planEnd();
      checkWrites();
      return watchPulse();
    });
  }

  Task<void> ping() {
    pulse.asked(timer.now(), filter.receivedBytes(), filter.sentBytes());
    auto answered = filter.onAnswer().fork();
    filter.ping();
    for (;;) {
      auto answer = answered.addBranch().then([] { return true; });
      auto late = timer.afterDelay(limits.pingMax).then([] { return false; });
      auto first = answer.exclusiveJoin(kj::mv(late));
      bool inTime = co_await first;
      if (inTime) break;
      checkWrites();
      pulse.require(timer.now(), filter.receivedBytes());
    }
    pulse.answered(timer.now());
  }

  // An end that is far away, as most are, has no timer of its own.
  void planEnd() {
    KJ_IF_MAYBE(end, ends) {
      if (end->at - timer.now() > limits.pingEvery) return;
      tasks.add(timer.atTime(end->at).then([this, why = end->reason] { revoke(why); }));
      ends = nullptr;
    }
  }

  // The RPC system's own goodbye waits for the peer to read it; ours does not wait for long.
  Task<void> endAfterFarewell(kj::String reason) {
    auto pause = timer.afterDelay(limits.farewellMax);
    co_await pause;
    end(kj::mv(reason));
  }

  void end(kj::String reason) {
    if (endNow->isWaiting()) endNow->fulfill(kj::mv(reason));
  }

  void taskFailed(kj::Exception&& exception) override { end(kj::str(exception.getDescription())); }

  kj::Own<kj::AsyncIoStream> stream;
  kj::Timer& timer;
  const LinkLimits& limits;
  kj::Own<Revoker> revoker;
  kj::Function<size_t()> ownersBytes = [] { return size_t(0); };
  FrameFilter filter;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<twoparty::VatId> rpc;
  Side side;
  PulseWatch pulse;
  struct End {
    kj::TimePoint at;
    kj::StringPtr reason;
  };
  kj::Maybe<End> ends;
  uint64_t writtenLast = 0;
  kj::TimePoint movedAt = timer.now();
  kj::Maybe<Pulse::Client> theirs;
  kj::Own<kj::PromiseFulfiller<kj::String>> endNow;
  kj::Promise<kj::String> ended = nullptr;
  kj::TaskSet tasks;
};

Session::Session(kj::Own<kj::AsyncIoStream> stream, Side side, Pulse::Client ours,
                 kj::Timer& timer, const LinkLimits& limits)
    : connection(kj::heap<Connection>(kj::mv(stream), side, kj::mv(ours), timer, limits)) {}

Session::~Session() noexcept(false) {}

Pulse::Client Session::remote() { return connection->remote(); }
void Session::setRemote(Pulse::Client theirs) { connection->theirs = kj::mv(theirs); }
void Session::revoke(kj::StringPtr reason) { connection->revoke(reason); }
void Session::revokeAfter(kj::Duration life, kj::StringPtr reason) {
  connection->revokeAfter(life, reason);
}
kj::Promise<kj::String> Session::onEnd() { return kj::mv(connection->ended); }
const FrameFilter& Session::frames() const { return connection->filter; }
kj::Duration Session::roundTrip() const { return connection->pulse.roundTrip(); }
size_t Session::memoryBytes() { return connection->memoryBytes(); }
void Session::alsoCounts(kj::Function<size_t()> bytes) { connection->ownersBytes = kj::mv(bytes); }
size_t Session::queuedBytes() { return connection->network.getCurrentQueueSize(); }

}  // namespace skerry
