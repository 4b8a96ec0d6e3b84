// Servers whose methods are numbers: enough of a contract to exercise a session, without a schema
// of its own.
#pragma once
#include "test/unit/link/link_world.h"
#include <capnp/any.h>

namespace skerry {

constexpr uint64_t SCRIPT = 0x8001020304050607;
enum Verb : uint16_t { WHOAMI, HOLD, OPEN, POKE, LARGE, STUCK };
constexpr size_t LARGE_BYTES = 64 << 10;

// The typed server is a Pulse; all else goes by Verb.
class ScriptServer final : public schema::Pulse::Server {
public:
  ScriptServer(std::string name, int& held) : name(std::move(name)), held(held) {}
  // Calls of STUCK, which cannot be cancelled, end when these are dropped.
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>>* stuck = nullptr;

  kj::Promise<void> ping(PingContext) override { return kj::READY_NOW; }

  DispatchCallResult dispatchCall(uint64_t interfaceId, uint16_t method,
                                  capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer> context)
      override {
    if (interfaceId != SCRIPT) {
      return schema::Pulse::Server::dispatchCall(interfaceId, method, context);
    }
    switch (method) {
      case WHOAMI:
        context.getResults().setAs<capnp::Text>(name.c_str());
        break;
      case HOLD: {
        context.allowCancellation();
        held++;
        kj::Promise<void> never = kj::NEVER_DONE;
        return {never.attach(kj::defer([&held = held] { held--; })), false};
      }
      case OPEN:
        context.getResults().setAs<schema::Pulse>(kj::heap<ScriptServer>("handle", held));
        break;
      case STUCK:
        if (stuck != nullptr) {
          auto paf = kj::newPromiseAndFulfiller<void>();
          stuck->add(kj::mv(paf.fulfiller));
          return {kj::mv(paf.promise), false};
        }
        break;
      case LARGE:
        context.getResults().initAs<capnp::Data>(LARGE_BYTES);
        break;
      default: break;
    }
    return {kj::READY_NOW, false};
  }

private:
  std::string name;
  int& held;
};

inline capnp::Request<capnp::AnyPointer, capnp::AnyPointer> call(capnp::Capability::Client to,
                                                                 Verb verb) {
  return to.typelessRequest(SCRIPT, verb, capnp::MessageSize{10, 0});
}
inline kj::String errorOf(capnp::RemotePromise<capnp::AnyPointer>&& promise, kj::WaitScope& wait) {
  return errorOf(promise.ignoreResult(), wait);
}

// A session between the world's child and parent.
struct Linked {
  LinkWorld& w;
  LinkLimits limits;
  int held = 0;
  kj::Own<Session> parent, child;

  explicit Linked(LinkWorld& w, LinkLimits limits = {}) : w(w), limits(limits) {
    auto s = w.dial(w.child);
    parent = kj::heap<Session>(kj::mv(s.server.stream), Side::PARENT,
                               kj::heap<ScriptServer>(s.server.peer.name, held), w.timer,
                               this->limits);
    child = kj::heap<Session>(kj::mv(s.client.stream), Side::CHILD,
                              kj::heap<ScriptServer>("downlink", held), w.timer, this->limits);
  }
  capnp::Capability::Client up() { return child->remote(); }
  capnp::Capability::Client down() { return parent->remote(); }
  void pingUp() { child->remote().pingRequest().send().wait(w.wait); }
};

}  // namespace skerry
