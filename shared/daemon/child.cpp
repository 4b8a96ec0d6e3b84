#include "shared/daemon/child.h"
#include "shared/daemon/log.h"
#include <kj/debug.h>

namespace skerry {

Child::Child(std::string name, kj::Own<Document> document, Parts parts)
    : name(std::move(name)), held(kj::mv(document)), parts(parts) {}

Child::~Child() noexcept(false) { close(); }

void Child::close() {
  if (server != nullptr) server->detach();
  server = nullptr;
  down = nullptr;
  session = nullptr;
  ours = nullptr;
}

kj::Promise<void> Child::serve(kj::Own<kj::AsyncIoStream> stream) {
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

void Child::end(kj::StringPtr reason) {
  KJ_IF_MAYBE(open, session) (*open)->revoke(reason);
}

kj::Maybe<schema::Downlink::Client> Child::downlink() {
  if (!online()) return nullptr;
  KJ_IF_MAYBE(client, down) return *client;
  return nullptr;
}

void Child::greeted(schema::ChildHello::Reader child) {
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

void Child::alarm(const std::string& text) {
  logEvent(Severity::WARNING, "link.alarm", {{"child", name}, {"text", text}});
}

}  // namespace skerry
