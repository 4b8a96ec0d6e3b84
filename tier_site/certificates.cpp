// The certificate of a site's host: what comes next, and what time it is for judging others.
#include "shared/daemon/log.h"
#include "shared/model/time_text.h"
#include "tier_site/core.h"

namespace skerry {

bool SiteCore::isLinkUp() const {
  KJ_IF_MAYBE(up, parent) return (*up)->online();
  return false;
}

void SiteCore::takeTime() {
  // The last of our chain is central's, who dated it.
  auto signedMs = issuedMs(*identity.chain.back());
  if (headWatch->newest()) signedMs = std::max(signedMs, headWatch->newest()->timeMs);
  clock.atLeast(signedMs);
}

kj::Promise<RenewAnswer> SiteCore::askForNext() {
  return skerry::renew(outward->host(), transport,
                       Renewer{*this, identity, nullptr, self.parents},
                       [this](const std::string& name) { return mayLead(name); });
}

void SiteCore::takeNext(Renewed next) {
  identity.chain = kj::mv(next.chain);
  auto fresh = transport.newHandshaker(host, *this, identity);
  KJ_IF_MAYBE(up, parent) {
    (*up)->use(*fresh);
    if (!(*up)->online()) (*up)->dialNow();
  }
  KJ_IF_MAYBE(open, listener) (*open)->use(*fresh);
  handshaker = kj::mv(fresh);
  Event renewed;
  renewed.kind = "certificate.renewed";
  renewed.text = "good until " + printTime(validity(*identity.chain[0]).untilMs);
  events.journal().chronicle.record(std::move(renewed));
  IdentityFolder(host.files).saveChain(identity.chain);
}

}  // namespace skerry
