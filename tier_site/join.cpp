#include "tier_site/join.h"
#include "shared/daemon/self.h"
#include "shared/daemon/trusted_clock.h"
#include "shared/link/enroll.h"
#include "shared/model/time_text.h"
#include <kj/debug.h>

namespace skerry {
namespace {

// `site:NAME/HOST` as the region named us.
std::string hostOf(const std::string& name) { return name.substr(name.find('/') + 1); }

kj::Promise<JoinOutcome> keep(Host& host, Token token, Enrolled enrolled) {
  openAuthority(*enrolled.root, view(enrolled.authority));
  Self self;
  self.name = token.name;
  self.host = hostOf(enrolled.name);
  self.number = enrolled.writer;
  self.parents = token.addresses;
  self.authority = enrolled.authority;
  self.parentKey = enrolled.parentKey;
  Batch rows;
  saveSelf(self, rows);
  return openStore(host, SITE_DATABASE)
      .then([rows = kj::mv(rows)](kj::Own<Store>&& store) mutable {
    auto& borrowed = *store;
    return borrowed.commit(kj::mv(rows)).ignoreResult()
        .then([&borrowed] { return borrowed.close(); }).attach(kj::mv(store));
  }).then([&host, enrolled = kj::mv(enrolled)]() mutable {
    IdentityFolder folder(host.files);
    Identity identity{folder.key(DEVICE_KEY), kj::mv(enrolled.chain), kj::mv(enrolled.root)};
    folder.save(identity);
    TrustedClock clock(host.clock);
    clock.heard(enrolled.wallMs);
    JoinOutcome outcome{true, enrolled.name, ""};
    if (clock.error() != 0) {
      outcome.text += "\nwarning: this machine's clock says " +
                      printTime(host.clock.wallMs()) + ", the region's " +
                      printTime(enrolled.wallMs) + "; the region's is used until it is set";
    }
    return outcome;
  });
}

}  // namespace

kj::Promise<JoinOutcome> joinSite(Host& host, const Transport& transport, Token token,
                                  std::string hostName) {
  IdentityFolder folder(host.files);
  KJ_REQUIRE(!folder.isEnrolled(),
             "this folder has joined already; use another --data folder, or go on serving it: "
             "skerry-site serve", host.path);
  KJ_REQUIRE(token.kind == TokenKind::SITE, "this token is not for a site; for a region: "
             "skerry-region join TOKEN", token.name.c_str());
  auto device = folder.keyOrNew(DEVICE_KEY, host.entropy);
  Joiner joiner{*device, nullptr, {}, hostName, SKERRY_VERSION};
  return enroll(host, transport, token, joiner)
      .then([&host, token](EnrollAnswer&& answer) -> kj::Promise<JoinOutcome> {
    if (auto refused = std::get_if<EnrollRefused>(&answer)) {
      return JoinOutcome{false, refused->text, refused->reason};
    }
    return keep(host, token, kj::mv(std::get<Enrolled>(answer)));
  });
}

Identity loadSiteIdentity(Host& host) {
  auto loaded = IdentityFolder(host.files).load();
  KJ_IF_MAYBE(identity, loaded) return kj::mv(*identity);
  KJ_FAIL_REQUIRE("this folder never joined; first: skerry-site join TOKEN", host.path);
}

}  // namespace skerry
