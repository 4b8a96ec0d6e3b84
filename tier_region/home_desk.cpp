// Hosts that call home without a token. Central's approval comes with the orders, like a token, and
// is found by the identity of the host; while central is away an unused token of a site is as good
// a word of central's, and the region spends it on a host that waits.
#include "capnp/authority.capnp.h"
#include "capnp/status.capnp.h"
#include "shared/daemon/log.h"
#include "shared/model/encoded.h"
#include "shared/model/name_check.h"
#include "shared/pki/host_id.h"
#include "tier_region/core.h"

namespace skerry {
namespace {

constexpr std::string_view TOKEN = "token/", PENDING = "/pending/";

EnrollRefused notApproved(const std::string& id) {
  return {"pending", "this host is not approved yet; who runs the fleet lets it in: skerry host "
          "approve " + id + " --site SITE"};
}

EnrollRefused tooManyCall() {
  return {"try-again", "too many new hosts call this region; it is tried again by itself"};
}

Refusal refusal(uint8_t code, std::string reason, std::string message, std::string hint,
                std::string next) {
  Refusal made;
  made.code = code;
  made.reason = std::move(reason);
  made.message = std::move(message);
  made.hint = std::move(hint);
  made.next = std::move(next);
  return made;
}

Refusal notWaiting(const std::string& id) {
  return refusal(3, "not-found", "no host " + id + " waits at this region",
                 "beforehand, hosts are approved at central", "skerry get pending");
}

Refusal noTokenLeft(const std::string& id, const std::string& site) {
  return refusal(4, "not-here", "this region holds no unused token of central's for site '" + site +
                 "', and only central lets hosts in", "approve it at central",
                 "skerry host approve " + id + " --site " + site);
}

Refusal badName(const std::string& name) {
  return refusal(2, "invalid", "`" + presentable(name) + "` is no name of a host", NAME_HINT, "");
}

}  // namespace

kj::Promise<EnrollAnswer> RegionCore::callHome(EnrollAsked asked) {
  auto device = keyHash(*asked.deviceKey);
  auto id = hostId(device);
  if (isRevoked(device)) return EnrollAnswer(revokedDevice("skerry-site"));
  if (members.find(device) != nullptr) return grant(kj::mv(asked));
  auto entry = upward->orders().find(std::string(TOKEN) + id);
  if (entry) {
    Decoded<schema::TokenOrder> decoded(entry->value);
    auto order = decoded.get();
    if (order.getCallsHome() && clock.nowMs() <= order.getExpiresMs()) {
      Members::Member member{text(order.getSite()), text(order.getHost()), order.getHostNumber()};
      if (!children.contains(member.site)) return EnrollAnswer(siteNotHere(member.site));
      if (member.host.empty()) member.host = asked.host;
      if (!member.host.empty() && !isName(member.host)) {
        return EnrollAnswer(badHostName(member.host));
      }
      admit(id, device, kj::mv(member));
      return grant(kj::mv(asked));
    }
  }
  std::vector<std::string> gone;
  Pending::Caller caller{device, asked.address, asked.host, asked.version};
  if (!pending.called(kj::mv(caller), clock.nowMs(), gone)) return EnrollAnswer(tooManyCall());
  for (auto& other : gone) noLongerPending(other);
  noteCall(*pending.find(id));
  return EnrollAnswer(notApproved(id));
}

void RegionCore::noteCall(const Pending::Caller& caller) {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::PendingStatus>();
  status.setAddress(caller.address);
  status.setHost(caller.host);
  status.setVersion(caller.version);
  status.setSinceMs(caller.sinceMs);
  auto id = hostId(caller.device);
  auto value = encode<schema::PendingStatus>(status);
  auto key = std::string(PENDING) + id;
  bool isNew = !registers->all().contains(key);
  if (isNew) logEvent(Severity::INFO, "host.pending", {{"id", id}, {"address", caller.address}});
  if (!registers->hasRoomFor(key, value) || !registers->set(key, kj::mv(value))) return;
  parent->statusChanged();
  changes.note();
}

kj::Promise<void> RegionCore::forgetCallers() {
  return host.timer.afterDelay(PENDING_LOOK_EVERY).then([this] {
    for (auto& id : pending.forget(clock.nowMs())) noLongerPending(id);
    return forgetCallers();
  });
}

void RegionCore::noLongerPending(const std::string& id) {
  pending.erase(id);
  if (!registers->erase(std::string(PENDING) + id)) return;
  parent->statusChanged();
  changes.note();
}

// Of those that would do, the one that ends first. Empty: there is none.
std::string RegionCore::unusedToken(const std::string& site, const std::string& host) {
  std::string best;
  int64_t bestMs = 0;
  for (auto& [key, entry] : upward->orders().entries()) {
    if (!key.starts_with(TOKEN)) continue;
    auto id = key.substr(TOKEN.size());
    auto value = upward->orders().find(key)->value;
    Decoded<schema::TokenOrder> decoded(value);
    auto order = decoded.get();
    auto named = text(order.getHost());
    bool fits = text(order.getSite()) == site && !order.getCallsHome() &&
                (named.empty() || host.empty() || named == host);
    bool isLeft = !members.tokenUser(id) && clock.nowMs() <= order.getExpiresMs();
    if (!fits || !isLeft || (!best.empty() && order.getExpiresMs() >= bestMs)) continue;
    best = id;
    bestMs = order.getExpiresMs();
  }
  return best;
}

kj::Promise<Refusals> RegionCore::approve(const std::string& id, const std::string& site,
                                          const std::string& name) {
  auto refused = [](Refusal why) { return kj::Promise<Refusals>(Refusals{std::move(why)}); };
  if (!children.contains(site)) return refused(notFound("site", site));
  auto caller = pending.find(id);
  if (caller == nullptr) return refused(notWaiting(id));
  auto token = unusedToken(site, name);
  if (token.empty()) return refused(noTokenLeft(id, site));
  auto entry = upward->orders().find(std::string(TOKEN) + token);
  Decoded<schema::TokenOrder> order(entry->value);
  Members::Member member{site, text(order.get().getHost()), order.get().getHostNumber()};
  if (member.host.empty()) member.host = name.empty() ? caller->host : name;
  if (!member.host.empty() && !isName(member.host)) return refused(badName(member.host));
  logEvent(Severity::INFO, "host.approved", {{"id", id}, {"site", site}});
  admit(token, Hash(caller->device), kj::mv(member));
  return writer->durable().then([] { return Refusals(); });
}

}  // namespace skerry
