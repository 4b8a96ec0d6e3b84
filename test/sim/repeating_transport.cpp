#include "test/sim/repeating_transport.h"
#include "capnp/uplink.capnp.h"
#include "shared/async/task.h"
#include "shared/link/frame.h"
#include "shared/link/link_limits.h"
#include "shared/link/session.h"
#include <capnp/dynamic.h>
#include <kj/debug.h>

namespace skerry {

namespace {

using capnp::DynamicCapability;
using capnp::DynamicStruct;
using capnp::InterfaceSchema;
using Reader = capnp::DynamicValue::Reader;

std::string nameOf(InterfaceSchema::Method method) {
  return std::string(method.getContainingInterface().getShortDisplayName().cStr()) + "." +
         method.getProto().getName().cStr();
}

bool hasStream(InterfaceSchema schema) {
  for (auto method : schema.getMethods()) {
    if (method.isStreaming()) return true;
  }
  return false;
}

// What the repeaters of one session share; goes with it.
class Repetition final : public kj::Refcounted, private kj::TaskSet::ErrorHandler {
public:
  Repetition(kj::Timer& timer, SeededEntropy entropy, Repeats& repeats)
      : timer(timer), entropy(entropy), repeats(repeats), tasks(newTasks()) {}

  DynamicCapability::Client wrap(DynamicCapability::Client target);
  kj::Promise<void> after(uint64_t ms) { return timer.afterDelay(ms * kj::MILLISECONDS); }
  // The session is over: what was to come does not.
  void forget() { tasks = newTasks(); }

  kj::Timer& timer;
  SeededEntropy entropy;
  Repeats& repeats;
  kj::Own<kj::TaskSet> tasks;

private:
  kj::Own<kj::TaskSet> newTasks() {
    return kj::heap<kj::TaskSet>(static_cast<kj::TaskSet::ErrorHandler&>(*this));
  }
  // A repetition that fails, as one of a call that may happen once only, is as good as lost.
  void taskFailed(kj::Exception&&) override {}
};

class Repeater final : public DynamicCapability::Server {
public:
  Repeater(DynamicCapability::Client target, kj::Own<Repetition> shared)
      : DynamicCapability::Server(target.getSchema()), target(kj::mv(target)),
        shared(kj::mv(shared)) {}

  kj::Promise<void> call(InterfaceSchema::Method method,
                         capnp::CallContext<DynamicStruct, DynamicStruct> context) override {
    context.allowCancellation();
    auto& chance = shared->entropy;
    auto first = copyOf(method, context.getParams());
    for (auto times = chance.between(1, 2); times > 0; --times) repeat(method, context.getParams());
    // A session begins with its greeting: nothing can overtake it.
    bool isGreeting = nameOf(method) == "Uplink.hello";
    auto soonMs = isGreeting || chance.chance(50) ? 0 : chance.between(0, REPEAT_SOON_MS_MAX);
    return shared->after(soonMs).then([first = kj::mv(first)]() mutable
        -> kj::Promise<capnp::Response<DynamicStruct>> { return first.send(); })
        .then([context](capnp::Response<DynamicStruct>&& answer) mutable {
      context.setResults(answer);
    });
  }

private:
  using Call = capnp::Request<DynamicStruct, DynamicStruct>;

  void repeat(InterfaceSchema::Method method, DynamicStruct::Reader params) {
    auto again = copyOf(method, params);
    auto lateMs = shared->entropy.between(0, REPEAT_LATE_MS_MAX);
    shared->tasks->add(shared->after(lateMs).then([again = kj::mv(again)]() mutable {
      return kj::Promise<capnp::Response<DynamicStruct>>(again.send()).ignoreResult();
    }).then([&repeats = shared->repeats, name = nameOf(method)]() {
      ++repeats.delivered[name];
    }));
  }

  Call copyOf(InterfaceSchema::Method method, DynamicStruct::Reader params) {
    auto call = target.newRequest(method);
    for (auto field : method.getParamType().getFields()) {
      if (params.has(field)) call.set(field, params.get(field));
    }
    wrapAll(call);
    return call;
  }

  // Objects that travel in a call, as a child's end in its greeting, are reached through us too.
  void wrapAll(DynamicStruct::Builder in) {
    for (auto field : in.getSchema().getNonUnionFields()) {
      if (!in.has(field, capnp::HasMode::NON_NULL)) continue;
      auto type = field.getType();
      if (type.isStruct()) wrapAll(in.get(field).as<DynamicStruct>());
      if (!type.isInterface() || hasStream(type.asInterface())) continue;
      in.set(field, Reader(shared->wrap(in.get(field).as<DynamicCapability>())));
    }
  }

  DynamicCapability::Client target;
  kj::Own<Repetition> shared;
};

DynamicCapability::Client Repetition::wrap(DynamicCapability::Client target) {
  return kj::heap<Repeater>(kj::mv(target), kj::addRef(*this));
}

// Between the two ends of one session: a session with each, which answers its pings. Destroyed with
// the dialler's stream.
class Between final {
public:
  Between(kj::Own<kj::AsyncIoStream> toParent, kj::Own<kj::AsyncIoStream> toChild,
          kj::Own<Repetition> shared)
      : repetition(kj::mv(shared)) {
    auto pair = kj::newPromiseAndFulfiller<schema::Pulse::Client>();
    auto& timer = repetition->timer;
    parent = kj::heap<Session>(kj::mv(toParent), Side::CHILD,
                               schema::Pulse::Client(kj::mv(pair.promise)), timer, limits);
    DynamicCapability::Client up = parent->remote().castAs<schema::Uplink>();
    child = kj::heap<Session>(kj::mv(toChild), Side::PARENT,
                              repetition->wrap(kj::mv(up)).castAs<schema::Pulse>(), timer, limits);
    DynamicCapability::Client down = child->remote().castAs<schema::Downlink>();
    pair.fulfiller->fulfill(repetition->wrap(kj::mv(down)).castAs<schema::Pulse>());
    // Whichever end goes, the other sees it.
    watching = parent->onEnd().exclusiveJoin(child->onEnd()).ignoreResult()
        .then([] { return kj::evalLater([] {}); })
        .then([this] { close(); }).eagerlyEvaluate([](kj::Exception&&) {});
  }
  ~Between() noexcept(false) { close(); }

private:
  void close() {
    repetition->forget();
    parent = nullptr;
    child = nullptr;
  }

  const LinkLimits limits;
  kj::Own<Repetition> repetition;
  kj::Own<Session> parent, child;
  kj::Promise<void> watching = nullptr;
};

// Keeps what its owner says.
class Overheard final : public kj::AsyncIoStream {
public:
  Overheard(kj::Own<kj::AsyncIoStream> inner, kj::Own<AskedAtDoor> asked)
      : inner(kj::mv(inner)), asked(kj::mv(asked)) {}

  kj::Promise<size_t> tryRead(void* to, size_t min, size_t max) override {
    return inner->tryRead(to, min, max);
  }
  kj::Promise<void> write(const void* from, size_t size) override {
    keep(kj::arrayPtr(static_cast<const kj::byte*>(from), size));
    return inner->write(from, size);
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    for (auto piece : pieces) keep(piece);
    return inner->write(pieces);
  }
  kj::Promise<void> whenWriteDisconnected() override { return inner->whenWriteDisconnected(); }
  void shutdownWrite() override { inner->shutdownWrite(); }

private:
  void keep(kj::ArrayPtr<const kj::byte> piece) {
    asked->words.insert(asked->words.end(), piece.begin(), piece.end());
  }
  kj::Own<kj::AsyncIoStream> inner;
  kj::Own<AskedAtDoor> asked;
};

class RepeatingHandshaker final : public Handshaker {
public:
  RepeatingHandshaker(kj::Own<Handshaker> inner, kj::Function<kj::Own<Repetition>()> newRepetition,
                      const Identity& self, Repeats& repeats)
      : inner(kj::mv(inner)), newRepetition(kj::mv(newRepetition)), self(share(self)),
        repeats(repeats) {}

  kj::Promise<Secured> accept(kj::Own<kj::AsyncIoStream> stream) override {
    return inner->accept(kj::mv(stream));
  }
  kj::Promise<Secured> connect(kj::Own<kj::AsyncIoStream> stream, Door door,
                               kj::Maybe<TicketJar&> jar) override {
    auto connected = inner->connect(kj::mv(stream), door, jar);
    if (!repeats.enabled) return connected;
    if (door != Door::SESSION) return overhear(kj::mv(connected), door);
    return connected.then([repetition = newRepetition()](Secured&& secured) mutable {
      auto pipe = kj::newTwoWayPipe();
      auto between = kj::heap<Between>(kj::mv(secured.stream), kj::mv(pipe.ends[1]),
                                       kj::mv(repetition));
      secured.stream = pipe.ends[0].attach(kj::mv(between));
      return kj::mv(secured);
    });
  }

private:
  kj::Promise<Secured> overhear(kj::Promise<Secured> connected, Door door) {
    auto asked = kj::refcounted<AskedAtDoor>();
    asked->door = door;
    asked->self = share(self);
    repeats.asked.push_back(kj::addRef(*asked));
    return connected.then([asked = kj::mv(asked)](Secured&& secured) mutable {
      asked->parent = secured.peer.name;
      secured.stream = kj::heap<Overheard>(kj::mv(secured.stream), kj::mv(asked));
      return kj::mv(secured);
    });
  }

  kj::Own<Handshaker> inner;
  kj::Function<kj::Own<Repetition>()> newRepetition;
  const Identity self;
  Repeats& repeats;
};

class RepeatingTransport final : public Transport {
public:
  RepeatingTransport(const Transport& inner, kj::Timer& timer, SeededEntropy entropy,
                     Repeats& repeats)
      : inner(inner), timer(timer), entropy(entropy), repeats(repeats) {}

  kj::Own<Handshaker> newHandshaker(Host& host, const PeerPolicy& policy,
                                    const Identity& self) const override {
    return kj::heap<RepeatingHandshaker>(inner.newHandshaker(host, policy, self), [this] {
      return kj::refcounted<Repetition>(timer, entropy.fork(), repeats);
    }, self, repeats);
  }

private:
  const Transport& inner;
  kj::Timer& timer;
  mutable SeededEntropy entropy;
  Repeats& repeats;
};

Task<void> askOnce(Host& host, Handshaker& handshaker, const AskedAtDoor& asked) {
  auto name = asked.parent.substr(asked.parent.find(':') + 1) + ":443";
  auto parsing = host.network.parseAddress(name.c_str());
  auto address = co_await parsing;
  auto connecting = address->connect();
  auto stream = co_await connecting;
  auto shaking = handshaker.connect(kj::mv(stream), asked.door);
  auto secured = co_await shaking;
  auto sent = secured.stream->write(asked.words.data(), asked.words.size());
  co_await sent;
  auto answering = readFrame(*secured.stream, ENROLL_FRAME_BYTES_MAX);
  auto answer = co_await answering;
}

// Parameters outlive the coroutine.
Task<void> askAll(Host& host, const Transport& transport, const PeerPolicy& policy,
                  Repeats& repeats) {
  for (size_t i = repeats.asked.size(); i > 0; --i) {
    auto& asked = *repeats.asked[i - 1];
    if (asked.words.empty()) continue;  // refused before the question was put
    auto handshaker = transport.newHandshaker(host, policy, asked.self);
    kj::Promise<void> asking = askOnce(host, *handshaker, asked);
    bool isAnswered = false;
    // Who was replaced or left is refused at the door.
    auto over = asking.then([&] { isAnswered = true; }, [](kj::Exception&&) {});
    co_await over;
    auto name = asked.door == Door::ENROLL ? "Door.enroll" : "Door.renew";
    if (isAnswered) ++repeats.delivered[name];
  }
}

}  // namespace

kj::Promise<void> askAgain(Host& host, const Transport& transport, const PeerPolicy& policy,
                           Repeats& repeats) {
  return askAll(host, transport, policy, repeats);
}

kj::Own<Transport> newRepeatingTransport(const Transport& inner, kj::Timer& timer,
                                         SeededEntropy entropy, Repeats& repeats) {
  return kj::heap<RepeatingTransport>(inner, timer, entropy, repeats);
}

}  // namespace skerry
