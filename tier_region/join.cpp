#include "tier_region/join.h"
#include "capnp/status.capnp.h"
#include "shared/daemon/self.h"
#include "shared/ledger/ids.h"
#include "shared/model/encoded.h"

namespace skerry {
namespace {

constexpr kj::StringPtr CA_KEY = "ca.key"_kj, CA_CHAIN = "ca.pem"_kj,
                        DOCUMENT_KEY = "document.key"_kj;

kj::Promise<JoinOutcome> keep(Host& host, Token token, Enrolled enrolled) {
  openAuthority(*enrolled.root, view(enrolled.authority));
  Self self;
  self.name = token.name;
  self.number = enrolled.writer;
  self.parents = token.addresses;
  self.authority = enrolled.authority;
  self.parentKey = enrolled.parentKey;
  Batch rows;
  saveSelf(self, rows);
  // Leads every version this life of the region makes.
  rows.put(Table::META, SELF_DOCUMENT, view("era"), view(pack(uint64_t(enrolled.wallMs / 1000))));
  return openStore(host, REGION_DATABASE)
      .then([rows = kj::mv(rows)](kj::Own<Store>&& store) mutable {
    auto& borrowed = *store;
    return borrowed.commit(kj::mv(rows)).ignoreResult()
        .then([&borrowed] { return borrowed.close(); }).attach(kj::mv(store));
  }).then([&host, enrolled = kj::mv(enrolled)]() mutable {
    IdentityFolder folder(host.files);
    std::vector<OwnCert> ca;
    ca.push_back(kj::mv(enrolled.ca));
    folder.saveCertificates(CA_CHAIN, ca);
    Identity identity{folder.key(DEVICE_KEY), kj::mv(enrolled.chain), kj::mv(enrolled.root)};
    folder.save(identity);
    return JoinOutcome{true, enrolled.name, ""};
  });
}

}  // namespace

kj::Promise<JoinOutcome> joinRegion(Host& host, const Transport& transport, Token token) {
  IdentityFolder folder(host.files);
  KJ_REQUIRE(!folder.isEnrolled(),
             "this folder has joined already; use another --data folder, or go on serving it: "
             "skerry-region serve", host.path);
  KJ_REQUIRE(token.kind == TokenKind::REGION, "this token is for a site; use it there: "
             "skerry-site join TOKEN", token.name.c_str());
  auto device = folder.keyOrNew(DEVICE_KEY, host.entropy);
  auto ca = folder.keyOrNew(CA_KEY, host.entropy);
  auto documents = newSigner(folder.keyOrNew(DOCUMENT_KEY, host.entropy));
  Joiner joiner{*device, ca.get(), documents->publicKey(), "", SKERRY_VERSION};
  return enroll(host, transport, token, joiner)
      .then([&host, token](EnrollAnswer&& answer) -> kj::Promise<JoinOutcome> {
    if (auto refused = std::get_if<EnrollRefused>(&answer)) {
      return JoinOutcome{false, refused->text, refused->reason};
    }
    return keep(host, token, kj::mv(std::get<Enrolled>(answer)));
  });
}

RegionKeys loadRegionKeys(Host& host, const std::string& name, const TrustedClock& clock) {
  IdentityFolder folder(host.files);
  RegionKeys keys;
  auto loaded = folder.load();
  KJ_IF_MAYBE(identity, loaded) {
    keys.identity = kj::mv(*identity);
  } else {
    KJ_FAIL_REQUIRE("this folder never joined; first: skerry-region join TOKEN", host.path);
  }
  keys.caKey = folder.key(CA_KEY);
  keys.caChain = folder.certificates(CA_CHAIN);
  auto documents = folder.key(DOCUMENT_KEY);
  KJ_REQUIRE(keys.caKey != nullptr && !keys.caChain.empty() && documents != nullptr,
             "a key of this region is missing; restore this folder from a backup, or join anew",
             host.path);
  keys.documents = newSigner(kj::mv(documents));
  auto& leaf = *keys.identity.chain[0];
  auto& ca = *keys.caChain[0];
  auto nowMs = std::max(clock.nowMs(), issuedMs(ca));
  bool isDue = nowMs >= renewalDueMs(leaf) || nowMs < validity(leaf).fromMs;
  // What central gives lives longer than what an issuer in its last days can.
  if (isDue && nowMs < validity(ca).untilMs) {
    keys.identity.chain.clear();
    keys.identity.chain.push_back(issueLeaf(Issuer{ca, *keys.caKey}, *keys.identity.key,
                                            "region:" + name, nowMs, host.entropy));
    keys.identity.chain.push_back(share(ca));
    folder.saveChain(keys.identity.chain);
  }
  return keys;
}

void saveRegionCertificates(Host& host, const Identity& identity,
                            const std::vector<OwnCert>& caChain) {
  IdentityFolder folder(host.files);
  folder.saveCertificates(CA_CHAIN, caChain);
  folder.saveChain(identity.chain);
}

Bytes linkStatus(bool online, int64_t sinceMs) {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::LinkStatus>();
  status.setOnline(online);
  status.setSinceMs(sinceMs);
  return encode<schema::LinkStatus>(status);
}

}  // namespace skerry
