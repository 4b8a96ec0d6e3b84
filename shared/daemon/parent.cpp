#include "shared/daemon/parent.h"
#include "shared/daemon/log.h"
#include <kj/debug.h>

namespace skerry {

Parent::Parent(Parts parts, std::vector<std::string> addresses)
    : parts(parts), changedMs(parts.host.clock.wallMs()),
      dialer(kj::heap<Dialer>(parts.host, parts.handshaker, std::move(addresses),
                              [this](Secured peer) { return follow(kj::mv(peer)); })) {
  dialer->whenEnded([this](const std::string& reason) {
    if (reason.find(TOLD_EXPIRED) != reason.npos) this->parts.owner.toldExpired();
  });
}

Parent::~Parent() noexcept(false) {
  dialer = nullptr;
  close();
}

void Parent::close() {
  if (server != nullptr) server->detach();
  server = nullptr;
  session = nullptr;
  ours = nullptr;
}

kj::Promise<kj::String> Parent::follow(Secured peer) {
  KJ_REQUIRE(parts.owner.mayLead(peer.peer.name),
             "who answered at this address is not our parent", peer.peer.name.c_str());
  name = peer.peer.name;
  key = peer.peer.key.value_or(Hash());
  close();
  auto made = kj::heap<ParentSession>(
      ParentSession::Parts{parts.document, parts.registers, parts.blobs, parts.writer, *this,
                           parts.host.timer},
      parts.host.entropy.next());
  server = made.get();
  schema::Downlink::Client downlink = kj::mv(made);
  ours = downlink;
  auto& opened = *session.emplace(kj::heap<Session>(kj::mv(peer.stream), Side::CHILD,
                                                    kj::mv(downlink), parts.host.timer, limits));
  auto remote = opened.remote().castAs<schema::Uplink>();
  auto greeting = server->greet(remote).then([this, remote]() mutable {
    dialer->answered();
    setUp(true);
    parts.owner.answered(kj::mv(remote));
    return kj::Promise<kj::String>(kj::NEVER_DONE);
  });
  return opened.onEnd().exclusiveJoin(kj::mv(greeting)).then([this](kj::String&& reason) {
    close();
    setUp(false);
    return kj::mv(reason);
  }, [this](kj::Exception&& reason) -> kj::String {
    close();
    setUp(false);
    kj::throwFatalException(kj::mv(reason));
  });
}

void Parent::setUp(bool isUp) {
  if (up == isUp) return;
  up = isUp;
  changedMs = parts.host.clock.wallMs();
  logEvent(Severity::INFO, up ? "link.up" : "link.down", {{"parent", name}});
  parts.owner.linkChanged();
}

void Parent::statusChanged() {
  if (server != nullptr) server->statusChanged();
}

void Parent::localChanged() {
  if (server != nullptr) server->localChanged();
}

void Parent::fetch(const Hash& hash) {
  if (server != nullptr) server->fetch(hash);
}

void Parent::fillHello(schema::ChildHello::Builder child) {
  child.setWallMs(parts.host.clock.wallMs());
  parts.owner.fillHello(child);
}

void Parent::greeted(schema::ParentHello::Reader parent) {
  parts.clock.heard(parent.getWallMs());
  parts.owner.greeted(parent);
}

void Parent::ordersChanged(const std::set<std::string>& keys) { parts.owner.ordersChanged(keys); }

void Parent::blobArrived(const Hash& hash) { parts.owner.blobArrived(hash); }

kj::Promise<kj::Array<kj::String>> Parent::logs(schema::LogQuery::Reader query,
                                                schema::LineSink::Client sink) {
  return parts.owner.logs(query, kj::mv(sink));
}

kj::Promise<void> ParentOwner::usage(UsageCall) {
  return KJ_EXCEPTION(UNIMPLEMENTED, "nothing is measured here");
}

kj::Promise<void> Parent::usage(UsageCall context) {
  return parts.owner.usage(kj::mv(context));
}

kj::Promise<void> ParentOwner::events(EventsCall) {
  return KJ_EXCEPTION(UNIMPLEMENTED, "what happens here is told to the tier above as it happens");
}

kj::Promise<void> Parent::events(EventsCall context) {
  return parts.owner.events(kj::mv(context));
}

void Parent::alarm(const std::string& text) {
  logEvent(Severity::WARNING, "link.alarm", {{"parent", name}, {"text", text}});
}

}  // namespace skerry
