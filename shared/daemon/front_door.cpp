#include "shared/daemon/front_door.h"
#include "shared/daemon/listen.h"
#include "shared/daemon/log.h"

namespace skerry {
FrontDoor::FrontDoor(Parts partsParam, const Identity& self, const std::string& listen,
                     kj::Own<kj::ConnectionReceiver> port)
    : parts(kj::mv(partsParam)),
      admission(parts.host.timer, HELLOS_PER_SECOND, HELLOS_AT_ONCE),
      itsAddress(listeningAt(listen, *port)),
      current(parts.transport.newHandshaker(parts.host, parts.policy, self)),
      listener(kj::heap<Listener>(kj::mv(port), parts.host.timer, *current, Listener::Doors{
          [this](Secured peer) { return parts.serve(kj::mv(peer)); },
          [this](Secured peer) {
            return serveEnroll(kj::mv(peer.stream), *this, parts.host.timer);
          },
          kj::Function<kj::Promise<void>(Secured)>([this](Secured peer) {
            return serveRenew(kj::mv(peer), parts.renewals, parts.host.timer);
          })})),
      renewing(renewDaily().eagerlyEvaluate([](kj::Exception&&) {})) {}

void FrontDoor::admit(kj::Promise<void> answered) {
  admission.require();
  listener->wasLetIn();
  answering.add(answered.then([this] { admission.served(); }));
}

kj::Promise<EnrollAnswer> FrontDoor::enroll(EnrollAsked asked) {
  return parts.desk.enroll(kj::mv(asked)).then([this](EnrollAnswer&& answer) {
    if (std::holds_alternative<Enrolled>(answer)) listener->wasLetIn();
    return kj::mv(answer);
  });
}

kj::Promise<void> FrontDoor::renewDaily() {
  return parts.host.timer.afterDelay(OWN_RENEWAL_CHECK).then([this] {
    KJ_IF_MAYBE(reason, kj::runCatchingExceptions([this] { show(parts.reload()); })) {
      // A full disk today is no reason not to try tomorrow.
      logEvent(Severity::ERROR, "certificate.unrenewed", {{"reason", reason->getDescription()}});
    }
    return renewDaily();
  });
}

void FrontDoor::show(const Identity& self) {
  auto fresh = parts.transport.newHandshaker(parts.host, parts.policy, self);
  listener->use(*fresh);
  parts.renewed(*fresh);
  current = kj::mv(fresh);
}

}  // namespace skerry
