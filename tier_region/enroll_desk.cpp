// Letting a host in: central's token, judged by its hash in the orders; a certificate from our own
// intermediate. Works with central away, since the token came with the orders before.
#include "capnp/authority.capnp.h"
#include "shared/daemon/audit_log.h"
#include "shared/daemon/log.h"
#include "shared/model/encoded.h"
#include "shared/model/name_check.h"
#include "shared/pki/host_id.h"
#include "tier_region/core.h"

namespace skerry {

kj::Promise<EnrollAnswer> RegionCore::enroll(EnrollAsked asked) {
  if (asked.token.empty()) return callHome(kj::mv(asked));
  auto entry = upward->orders().find("token/" + asked.token);
  auto device = keyHash(*asked.deviceKey);
  std::optional<StoredToken> stored;
  Members::Member member;
  if (entry && !Decoded<schema::TokenOrder>(entry->value).get().getCallsHome()) {
    Decoded<schema::TokenOrder> order(entry->value);
    stored = StoredToken{Hash::from(order.get().getSecretHash()), order.get().getExpiresMs(),
                         members.tokenUser(asked.token)};
    member.site = text(order.get().getSite());
    member.host = text(order.get().getHost());
    member.number = order.get().getHostNumber();
  }
  auto verdict = judgeToken(stored, view(asked.secret), device, clock.nowMs());
  // An answer is given again, but not to a host that another one has replaced since.
  if (verdict == TokenVerdict::ACCEPTED_AGAIN && members.find(device) == nullptr) {
    verdict = TokenVerdict::USED;
  }
  if (verdict != TokenVerdict::ACCEPTED && verdict != TokenVerdict::ACCEPTED_AGAIN) {
    return EnrollAnswer(EnrollRefused{reasonOf(verdict), adviceOn(verdict, asked.token)});
  }
  if (isRevoked(device)) return EnrollAnswer(revokedDevice("skerry-site"));
  if (!children.contains(member.site)) return EnrollAnswer(siteNotHere(member.site));
  if (member.host.empty()) member.host = asked.host;
  if (!member.host.empty() && !isName(member.host)) return EnrollAnswer(badHostName(member.host));
  admit(asked.token, device, kj::mv(member));
  return grant(kj::mv(asked));
}

EnrollRefused RegionCore::siteNotHere(const std::string& site) {
  return {"site-not-here", "this region has no orders for site '" + site + "' yet; try again in a "
          "moment, or see on central: skerry describe site " + site};
}

EnrollRefused RegionCore::badHostName(const std::string& name) {
  return {"host-name", "`" + presentable(name) + "` is no name of a host; " + NAME_HINT +
          ", and join with --host NAME"};
}

// The device is the site's host from now on, by this token.
void RegionCore::admit(const std::string& token, const Hash& device, Members::Member member) {
  if (member.host.empty()) member.host = "host1";
  member.joinedMs = clock.nowMs();
  auto& rows = writer->rows();
  auto before = members.ofSite(member.site);
  if (before != nullptr && members.find(device) != before) {
    children.at(member.site)->end("another machine took the place of this one");
  }
  members.useToken(token, device, rows);
  members.add(device, member, rows);
  noLongerPending(hostId(device));
  reportLink(member.site);
  reportUse(token, member.site, member.host);
  parent->statusChanged();
  changes.note();
}

// To a member: its certificate, once who it is has been written.
kj::Promise<EnrollAnswer> RegionCore::grant(EnrollAsked asked) {
  auto member = *members.find(keyHash(*asked.deviceKey));
  auto issued = certify(member, *asked.deviceKey);
  Enrolled answer;
  answer.chain = kj::mv(issued.chain);
  answer.root = share(*identity.root);
  answer.writer = member.number;
  answer.wallMs = issued.wallMs;
  answer.authority = self.authority;
  answer.name = commonName(*answer.chain[0]);
  return writer->durable().then([this, answer = kj::mv(answer), member]() mutable {
    logEvent(Severity::INFO, "host.joined", {{"site", member.site}, {"host", member.host}});
    record("join", member);
    return EnrollAnswer(kj::mv(answer));
  });
}

// A machine did it, not a person.
void RegionCore::record(const char* action, const Members::Member& member, std::string text) {
  if (audit == nullptr) return;
  AuditEntry entry;
  entry.who = "site:" + member.site + "/" + member.host;
  entry.action = action;
  entry.kind = "host";
  entry.name = member.site + "/" + member.host;
  entry.outcome = "done";
  entry.text = std::move(text);
  audit->noteSoon(std::move(entry));
}

void RegionCore::reportUses() {
  for (auto& [token, device] : members.usedTokens()) {
    auto entry = upward->orders().find("token/" + token);
    if (!entry) continue;
    Decoded<schema::TokenOrder> order(entry->value);
    auto site = text(order.get().getSite());
    auto* member = members.ofSite(site);
    reportUse(token, site, member == nullptr ? "" : member->host);
  }
}

void RegionCore::reportUse(const std::string& token, const std::string& site,
                           const std::string& host) {
  registers->set(site + "/token/" + token, copy(view(host.empty() ? "?" : host)));
}

}  // namespace skerry
