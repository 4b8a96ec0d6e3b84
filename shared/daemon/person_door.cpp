#include "shared/daemon/person_door.h"
#include "shared/daemon/admin_connection.h"
#include "shared/daemon/log.h"
#include "shared/link/socket.h"
#include <algorithm>

namespace skerry {

PersonDoor::PersonDoor(Host& host, AdminDesk& desk)
    : host(host), desk(desk), limits(limitsOfClient()) {}

kj::Promise<void> PersonDoor::serve(Secured peer, kj::Maybe<Principal> who, int64_t nowMs) {
  auto key = KJ_REQUIRE_NONNULL(
      peer.peer.key ? kj::Maybe<Hash>(*peer.peer.key) : kj::Maybe<Hash>(), "a peer without a key");
  auto ofKey = std::count_if(open.begin(), open.end(),
                             [&](auto& session) { return session.second.key == key; });
  if (open.size() >= PERSON_SESSIONS_MAX || size_t(ofKey) >= SESSIONS_OF_PERSON_MAX) {
    return KJ_EXCEPTION(OVERLOADED, "too many people are connected", open.size());
  }
  auto from = peerAddress(*peer.stream);
  if (from.empty()) from = "elsewhere";  // it hung up already
  Principal nobody;
  nobody.name = peer.peer.name;
  schema::Admin::Client admin = nullptr;
  KJ_IF_MAYBE(principal, who) {
    logEvent(Severity::INFO, "person.up", {{"who", principal->name}, {"from", from}});
    admin = desk.serve({*principal, from, peer.peer.untilMs});
  } else {
    admin = desk.serveStranger(nobody.name, from);
  }
  auto id = ++last;
  auto pair = kj::newPromiseAndFulfiller<void>();
  open[id] = Open{key, who.orDefault(nobody), kj::mv(pair.fulfiller)};
  auto connection = kj::heap<AdminConnection>(kj::mv(peer.stream), kj::mv(admin), host.timer,
                                              limits);
  auto ended = connection->onEnd().exclusiveJoin(kj::mv(pair.promise));
  if (peer.peer.untilMs > nowMs) {
    auto rest = (peer.peer.untilMs - nowMs) * kj::MILLISECONDS;
    ended = ended.exclusiveJoin(host.timer.afterDelay(rest));
  }
  return ended.attach(kj::mv(connection), kj::defer([this, id] { open.erase(id); }));
}

void PersonDoor::sweep(StillIs stillIs) {
  for (auto& [id, session] : open) {
    if (stillIs(session.key, session.principal)) continue;
    logEvent(Severity::INFO, "person.gone", {{"who", session.principal.name}});
    session.end->fulfill();
  }
}

}  // namespace skerry
