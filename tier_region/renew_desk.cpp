// The certificates of a region: those it gives to its sites, each known by its device key, and
// those it gets from central. Sites are served with central away, for as long as our issuing
// certificate lives; beyond that their dates are not asked for: nobody could give them others.
#include "shared/daemon/log.h"
#include "tier_region/core.h"
#include "tier_region/join.h"

namespace skerry {

bool RegionCore::ignoresDates(Door door, const Hash& leaf) const {
  if (door == Door::RENEW) return true;
  if (door != Door::SESSION) return false;
  return leaf == self.parentKey || (!canIssue() && members.find(leaf) != nullptr);
}

void RegionCore::takeTime() {
  auto signedMs = issuedMs(*caChain[0]);
  auto entry = upward->orders().find(HEAD_KEY);
  if (entry) {
    Disbelief why;
    auto keys = openAuthority(*identity.root, view(self.authority));
    auto head = openHead(view(keys.authority), self.name, view(entry->value), why);
    if (head) signedMs = std::max(signedMs, head->timeMs);
  }
  clock.atLeast(signedMs);
}

Renewed RegionCore::certify(const Members::Member& member, EVP_PKEY& device) {
  if (clock.isSuspect()) {
    logEvent(Severity::WARNING, "clock.suspect", {{"reason", "this machine's clock says a time "
             "before central's last word; certificates are dated by that"}});
  }
  Renewed issued;
  issued.wallMs = clock.nowMs();
  issued.chain.push_back(issueLeaf(skerry::Issuer{*caChain[0], *caKey}, device,
                                   "site:" + member.site + "/" + member.host, issued.wallMs,
                                   host.entropy));
  issued.chain.push_back(share(*caChain[0]));
  return issued;
}

RenewAnswer RegionCore::renew(RenewAsked asked) {
  auto member = members.find(keyHash(*asked.deviceKey));
  if (member == nullptr) return unknownDevice("site");
  if (!canIssue()) return issuerExpired();
  return certify(*member, *asked.deviceKey);
}

kj::Promise<RenewAnswer> RegionCore::askForNext() {
  return skerry::renew(outward->host(), transport,
                       Renewer{*this, identity, caKey.get(), self.parents},
                       [this](const std::string& name) { return mayLead(name); });
}

void RegionCore::takeNext(Renewed next) {
  identity.chain = kj::mv(next.chain);
  caChain.clear();
  caChain.push_back(kj::mv(next.ca));
  takeTime();
  door->show(identity);
  if (!parent->online()) parent->dialNow();
  saveRegionCertificates(host, identity, caChain);
}

}  // namespace skerry
