#include "tier_region/join.h"
#include "capnp/status.capnp.h"
#include "shared/ledger/ids.h"
#include "shared/model/encoded.h"

namespace skerry {
namespace {

constexpr kj::StringPtr CA_KEY = "ca.key"_kj, CA_CHAIN = "ca.pem"_kj,
                        DOCUMENT_KEY = "document.key"_kj;

constexpr Joining JOINING{TokenKind::REGION, REGION_DATABASE};

// Leads every version this life of the region makes.
void addEra(const Enrolled& enrolled, Batch& rows) {
  rows.put(Table::META, SELF_DOCUMENT, view("era"), view(pack(uint64_t(enrolled.wallMs / 1000))));
}

}  // namespace

kj::Promise<JoinOutcome> joinRegion(Host& host, const Transport& transport, Token token,
                                    std::string proxy) {
  requireFree(host, JOINING, token);
  IdentityFolder folder(host.files);
  auto device = folder.keyOrNew(DEVICE_KEY, host.entropy);
  auto ca = folder.keyOrNew(CA_KEY, host.entropy);
  auto documents = newSigner(folder.keyOrNew(DOCUMENT_KEY, host.entropy));
  Joiner joiner{*device, ca.get(), documents->publicKey(), "", SKERRY_VERSION};
  auto addRows = [proxy](const Enrolled& enrolled, Self& self, Batch& rows) {
    self.proxy = proxy;
    addEra(enrolled, rows);
  };
  auto keepFiles = [&host](Enrolled& enrolled) {
    std::vector<OwnCert> chain;
    chain.push_back(kj::mv(enrolled.ca));
    IdentityFolder(host.files).saveCertificates(CA_CHAIN, chain);
    return JoinOutcome{true, enrolled.name, ""};
  };
  return joinParent(host, transport, JOINING, std::move(token), joiner,
                    {kj::mv(addRows), kj::mv(keepFiles)});
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
