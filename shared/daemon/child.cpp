#include "shared/daemon/child.h"
#include "shared/daemon/log.h"
#include "shared/replica/read_back.h"
#include <kj/debug.h>

namespace skerry {

namespace {

RegisterBounds boundsOf(DocumentKind kind) {
  return kind == DocumentKind::SITE ? SITE_REGISTERS : RegisterBounds();
}

}  // namespace

kj::Maybe<kj::Duration> restOfLife(const PeerIdentity& peer, int64_t nowMs) {
  if (peer.untilMs <= nowMs) return nullptr;
  return (peer.untilMs - nowMs) * kj::MILLISECONDS;
}

Child::Child(std::string name, kj::Own<Document> document, Parts parts)
    : name(std::move(name)), held(kj::mv(document)), parts(parts),
      registers(boundsOf(held->ids().kind)),
      hellos(this->parts.host.timer, CHILD_HELLOS_PER_SECOND, CHILD_HELLOS_AT_ONCE) {}

Child::~Child() noexcept(false) { close(); }

void Child::close() {
  reading = nullptr;
  if (server != nullptr) server->detach();
  server = nullptr;
  down = nullptr;
  session = nullptr;
  ours = nullptr;
}

kj::Promise<void> Child::serve(kj::Own<kj::AsyncIoStream> stream, kj::Maybe<kj::Duration> life) {
  serving.cancel("a newer connection of the child took the place of this one");
  close();
  auto made = kj::heap<ChildSession>(
      ChildSession::Parts{*held, registers, parts.blobs, parts.writer, *this},
      parts.host.entropy.next());
  server = made.get();
  schema::Uplink::Client uplink = kj::mv(made);
  ours = uplink;
  auto& opened = *session.emplace(kj::heap<Session>(kj::mv(stream), Side::PARENT, kj::mv(uplink),
                                                    parts.host.timer, limits));
  opened.alsoCounts([this] { return server == nullptr ? 0 : server->stagedBytes(); });
  KJ_IF_MAYBE(rest, life) {
    opened.revokeAfter(*rest,
                       "the certificate of this session has ended; come again with the next");
  }
  auto ended = opened.onEnd().then([this](kj::String&& reason) {
    logEvent(Severity::INFO, "link.down", {{"child", name}, {"reason", reason}});
    changedMs = parts.host.clock.wallMs();
    close();
    parts.owner.statusChanged(name, {});
  });
  return serving.wrap(kj::mv(ended));
}

void Child::ordersChanged() {
  if (server != nullptr) server->ordersChanged();
}

void Child::end(std::string_view reason) {
  KJ_IF_MAYBE(open, session) (*open)->revoke(kj::str(std::string(reason).c_str()));
}

kj::Duration Child::roundTrip() const {
  KJ_IF_MAYBE(open, session) return (*open)->roundTrip();
  return 0 * kj::SECONDS;
}

kj::Maybe<schema::Downlink::Client> Child::downlink() {
  if (!online()) return nullptr;
  KJ_IF_MAYBE(client, down) return *client;
  return nullptr;
}

void Child::greeted(schema::ChildHello::Reader child) {
  KJ_IF_MAYBE(wait, hellos.take()) kj::throwFatalException(busy(*wait));
  softwareVersion = text(child.getVersion());
  changedMs = parts.host.clock.wallMs();
  parts.owner.greeted(name, child);
  auto& open = *KJ_ASSERT_NONNULL(session);
  if (child.hasDownlink()) open.setRemote(child.getDownlink());
  auto remote = open.remote().castAs<schema::Downlink>();
  down = remote;
  server->setDownlink(kj::mv(remote));
  logEvent(Severity::INFO, "link.up", {{"child", name}, {"version", softwareVersion}});
}

void Child::fillHello(schema::ChildHello::Reader child, schema::ParentHello::Builder parent) {
  parent.setWallMs(parts.host.clock.wallMs());
  parts.owner.fillHello(name, child, parent);
}

void Child::statusChanged(const std::vector<std::string>& keys) {
  parts.owner.statusChanged(name, keys);
}

kj::Promise<void> Child::left() {
  registers = RegisterMirror(boundsOf(held->ids().kind));
  return parts.owner.left(name);
}

kj::Promise<void> ChildOwner::eventMark(const std::string&, EventMarkCall) {
  return KJ_EXCEPTION(UNIMPLEMENTED, "no journals are kept here");
}

kj::Promise<void> ChildOwner::events(const std::string&, EventsTold) {
  return KJ_EXCEPTION(UNIMPLEMENTED, "no journals are kept here");
}

kj::Promise<void> Child::eventMark(EventMarkCall context) {
  return parts.owner.eventMark(name, kj::mv(context));
}

kj::Promise<void> Child::events(EventsTold context) {
  return parts.owner.events(name, kj::mv(context));
}

// Who claims to hold what we never signed is served as if it had not; only a document that is known
// to have been forgotten stays closed.
void Child::mustRead() {
  auto& client = KJ_ASSERT_NONNULL(down);
  reading = kj::evalLater([this, client]() mutable {
    return readBack(client, held->orders(), parts.owner.documentKey());
  }).then([this](kj::Own<Orders>&& shown) {
    auto& borrowed = *shown;
    return parts.owner.shown(name, borrowed).attach(kj::mv(shown));
  }).then([this] { server->startOrders(); }, [this](kj::Exception&& reason) {
    alarm(text(reason.getDescription()));
    if (!held->isUnread()) server->startOrders();
  }).eagerlyEvaluate(nullptr);
}

void Child::alarm(const std::string& text) {
  logEvent(Severity::WARNING, "link.alarm", {{"child", name}, {"text", text}});
}

}  // namespace skerry
