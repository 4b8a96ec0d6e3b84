#include "tier_site/join.h"
#include "shared/daemon/trusted_clock.h"
#include "shared/model/time_text.h"
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr Joining JOINING{TokenKind::SITE, SITE_DATABASE};

// `site:NAME/HOST` as the region named us. Who calls home learns only so which site this is.
void takeName(Self& self, const std::string& name) {
  constexpr std::string_view SITE = "site:";
  auto slash = name.find('/');
  KJ_REQUIRE(name.starts_with(SITE) && slash != name.npos, "the parent takes us for no site's "
             "host; is this the address of a region?", name.c_str());
  self.name = name.substr(SITE.size(), slash - SITE.size());
  self.host = name.substr(slash + 1);
}

JoinOutcome outcomeOf(Host& host, const Enrolled& enrolled) {
  TrustedClock clock(host.clock);
  clock.heard(enrolled.wallMs);
  JoinOutcome outcome{true, enrolled.name, ""};
  if (clock.error() != 0) {
    outcome.text += "\nwarning: this machine's clock says " + printTime(host.clock.wallMs()) +
                    ", the region's " + printTime(enrolled.wallMs) +
                    "; the region's is used until it is set";
  }
  return outcome;
}

}  // namespace

kj::Promise<JoinOutcome> joinSite(Host& host, const Transport& transport, Token token,
                                  std::string hostName, std::string proxy) {
  requireFree(host, JOINING, token);
  auto device = IdentityFolder(host.files).keyOrNew(DEVICE_KEY, host.entropy);
  Joiner joiner{*device, nullptr, {}, hostName, SKERRY_VERSION};
  auto addRows = [proxy](const Enrolled& enrolled, Self& self, Batch&) {
    takeName(self, enrolled.name);
    self.proxy = proxy;
  };
  auto tell = [&host](Enrolled& enrolled) { return outcomeOf(host, enrolled); };
  return joinParent(host, transport, JOINING, std::move(token), joiner,
                    {kj::mv(addRows), kj::mv(tell)});
}

Identity loadSiteIdentity(Host& host) {
  auto loaded = IdentityFolder(host.files).load();
  KJ_IF_MAYBE(identity, loaded) return kj::mv(*identity);
  KJ_FAIL_REQUIRE("this folder never joined; first: skerry-site join TOKEN", host.path);
}

}  // namespace skerry
