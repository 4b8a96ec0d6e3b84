#include "tier_central/init.h"
#include "capnp/authority.capnp.h"
#include "shared/model/encoded.h"
#include "shared/model/statement.h"
#include "shared/store/store.h"
#include "tier_central/first_person.h"
#include "tier_central/registry.h"

namespace skerry {
namespace {

constexpr kj::StringPtr ROOT_KEY = "root.key"_kj, DOCUMENT_KEY = "document.key"_kj;

Bytes signAuthority(OwnKey root, const Signer& authority, const Signer& documents) {
  capnp::MallocMessageBuilder message;
  auto keys = message.initRoot<schema::Authority>();
  keys.setAuthorityKey(view(authority.publicKey()));
  keys.setDocumentKey(view(documents.publicKey()));
  auto body = encode<schema::Authority>(keys);
  Statement about;
  about.kind = "authority";
  about.id = "central";
  return signStatement(*newSigner(kj::mv(root)), about, view(body), BodyIs::INLINE);
}

OwnKey needed(const IdentityFolder& folder, kj::StringPtr name) {
  auto key = folder.key(name);
  KJ_REQUIRE(key != nullptr, "a key of central is missing; restore this folder from a backup",
             name);
  return key;
}

std::vector<OwnCert> issueOwn(Host& host, X509& root, EVP_PKEY& rootKey, EVP_PKEY& device) {
  std::vector<OwnCert> chain;
  chain.push_back(issueLeaf(Issuer{root, rootKey}, device, "central",
                            centralClock(host, root).nowMs(), host.entropy));
  return chain;
}

}  // namespace

TrustedClock centralClock(Host& host, X509& root) {
  TrustedClock clock(host.clock);
  clock.atLeast(issuedMs(root));
  return clock;
}

kj::Promise<void> initCentral(Host& host, InitOptions options) {
  IdentityFolder folder(host.files);
  KJ_REQUIRE(!folder.isEnrolled(),
             "this folder holds a central already; use another --data folder, or keep serving it: "
             "skerry-central serve", host.path);
  auto root = folder.keyOrNew(ROOT_KEY, host.entropy);
  folder.keyOrNew(AUTHORITY_KEY, host.entropy);
  folder.keyOrNew(DOCUMENT_KEY, host.entropy);
  auto made = kj::heap<Identity>();
  auto& identity = *made;
  identity.key = folder.keyOrNew(DEVICE_KEY, host.entropy);
  identity.root = issueRoot(*root, "fleet:" + options.name, host.clock.wallMs(), host.entropy);
  identity.chain = issueOwn(host, *identity.root, *root, *identity.key);
  return openStore(host, CENTRAL_DATABASE)
      .then([&host, options = std::move(options), &identity](kj::Own<Store>&& store) {
    Batch rows;
    Registry registry;
    registry.setEra(uint64_t(host.clock.wallMs() / 1000), rows);
    letFirstIn(host, options, identity, registry, rows);
    rows.put(Table::META, CENTRAL_DOCUMENT, view(NAME_ROW), view(options.name));
    rows.put(Table::META, CENTRAL_DOCUMENT, view(ADVERTISE_ROW), view(options.advertise));
    auto& borrowed = *store;
    return borrowed.commit(kj::mv(rows)).ignoreResult()
        .then([&borrowed] { return borrowed.close(); }).attach(kj::mv(store));
  }).then([&host, made = kj::mv(made)] { IdentityFolder(host.files).save(*made); });
}

CentralKeys loadCentralKeys(Host& host) {
  IdentityFolder folder(host.files);
  CentralKeys keys;
  auto loaded = folder.load();
  KJ_IF_MAYBE(identity, loaded) {
    keys.identity = kj::mv(*identity);
  } else {
    KJ_FAIL_REQUIRE("this folder holds no central; make one first: skerry-central init --data DIR",
                    host.path);
  }
  auto& leaf = *keys.identity.chain[0];
  auto nowMs = centralClock(host, *keys.identity.root).nowMs();
  if (nowMs >= renewalDueMs(leaf) || nowMs < validity(leaf).fromMs) {
    auto root = loadRootKey(host);
    keys.identity.chain = issueOwn(host, *keys.identity.root, *root, *keys.identity.key);
    folder.saveChain(keys.identity.chain);
  }
  keys.authority = newSigner(needed(folder, AUTHORITY_KEY));
  keys.documents = newSigner(needed(folder, DOCUMENT_KEY));
  keys.envelope = signAuthority(loadRootKey(host), *keys.authority, *keys.documents);
  return keys;
}

OwnKey loadRootKey(Host& host) { return needed(IdentityFolder(host.files), ROOT_KEY); }

}  // namespace skerry
