// A central for the tests of a region: lets it in, and gives it what orders the test likes, over
// the product's own link on a simulated network.
#pragma once
#include "shared/daemon/child.h"
#include "shared/daemon/held_statements.h"
#include "shared/link/enroll.h"
#include "shared/link/listener.h"
#include "test/sim/plain_handshaker.h"
#include "test/sim/sim_host.h"
#include "test/support/authority.h"
#include "test/support/hand_store.h"

namespace skerry {

class FakeCentral final : private EnrollDesk, private PeerPolicy, private ChildOwner {
public:
  FakeCentral(SimWorld& world, SimHost& machine, const Transport& transport)
      : world(world), machine(machine) {
    identity.root = issueRoot(*rootKey, "fleet:test", SIM_WALL_START_MS, entropy);
    identity.key = newKey(entropy);
    Issuer issuer{*identity.root, *rootKey};
    identity.chain.push_back(
        issueLeaf(issuer, *identity.key, "central", SIM_WALL_START_MS, entropy));
    capnp::MallocMessageBuilder message;
    auto keys = message.initRoot<schema::Authority>();
    keys.setAuthorityKey(view(authority.key()));
    keys.setDocumentKey(view(documents->publicKey()));
    Statement about;
    about.kind = "authority";
    about.id = "central";
    envelope = signStatement(*signerOf(ROOT_SEED), about,
                             view(encode<schema::Authority>(keys)), BodyIs::INLINE);
    RowChanges none;
    child = kj::heap<Child>(
        "north",
        kj::heap<Document>(
            DocumentIds{"region/north", DocumentKind::REGION, DocumentEnd::PARENT, 0}, none),
        Child::Parts{machine.host(), blobs, writer, *this});
    handshaker = transport.newHandshaker(machine.host(), *this, identity);
    auto address = world.run(machine.host().network.parseAddress("*:7000"), 1'000);
    listener = kj::heap<Listener>(address->listen(), world.timer(), *handshaker, Listener::Doors{
        [this](Secured peer) { return child->serve(kj::mv(peer.stream)); },
        [this](Secured peer) {
          return serveEnroll(kj::mv(peer.stream), *this, this->world.timer());
        }});
  }
  ~FakeCentral() noexcept(false) {
    listener = nullptr;
    child = nullptr;
  }

  Authority authority;
  Blobs blobs;
  kj::Own<Child> child;
  Bytes regionKey;  // that its sites' orders are signed with

  Token token() const {
    Token token;
    token.addresses = {"central:7000"};
    token.rootKey = keyHash(*identity.root);
    token.kind = TokenKind::REGION;
    token.name = "north";
    token.id = "t0";
    token.secret = Bytes(TOKEN_SECRET_BYTES, 1);
    token.expiresMs = SIM_WALL_START_MS + TOKEN_LIFE_MS;
    return token;
  }
  Hash rootHash() const { return keyHash(*identity.root); }

  void put(const std::string& key, uint8_t life, const Bytes& value,
           std::vector<Hash> refersTo = {}) {
    OrderEntry entry;
    entry.gen = Gen::from(view(lifeOf(life)));
    entry.value = value;
    entry.blobs = std::move(refersTo);
    edit.erases.erase(key);
    edit.puts[key] = encodeOrderEntry(entry);
  }
  void erase(const std::string& key) {
    edit.puts.erase(key);
    edit.erases.insert(key);
  }
  void site(const std::string& name, uint8_t life = 2, const Labels& labels = {}) {
    capnp::MallocMessageBuilder message;
    auto order = message.initRoot<schema::SiteOrder>();
    setSigned(order.initRecord(), authority.site(name, labels));
    setSigned(order.initHome(), authority.home(name, view(regionKey)));
    put("site/" + name, life, encode<schema::SiteOrder>(order));
  }
  // A token for a site's host; answers what its bearer holds.
  Token hostToken(const std::string& site, const std::string& id, int64_t lifeMs = TOKEN_LIFE_MS) {
    Token token = this->token();
    token.addresses = {"north:8000"};
    token.kind = TokenKind::SITE;
    token.name = site;
    token.id = id;
    token.writer = 11;
    token.expiresMs = machine.host().clock.wallMs() + lifeMs;
    capnp::MallocMessageBuilder message;
    auto order = message.initRoot<schema::TokenOrder>();
    order.setSite(site);
    order.setHostNumber(11);
    order.setSecretHash(sha256(view(token.secret)).view());
    order.setExpiresMs(token.expiresMs);
    put("token/" + id, 2, encode<schema::TokenOrder>(order));
    return token;
  }
  // Applications that run everywhere; answers the content's hash, which is here only if told so.
  Hash app(const std::string& name, const Bytes& body, bool isHere = true) {
    capnp::MallocMessageBuilder message;
    auto order = message.initRoot<schema::AppOrder>();
    IntentDraft draft;
    draft.app = name;
    draft.revision = sha256(view(body));
    setSigned(order.initIntent(), authority.intent(draft));
    setSigned(order.initRevisions(1)[0], authority.revision("acme", name, view(body)));
    put("app/acme/" + name, 7, encode<schema::AppOrder>(order), {draft.revision});
    if (isHere) blobs.put(draft.revision, body, writer.rows());
    return draft.revision;
  }
  // What was put and erased becomes a version.
  void commit() {
    auto edited = child->document().edit(edit, 1, {1, 1, *documents});
    KJ_REQUIRE(edited.refused.empty(), edited.refused.c_str());
    edit = {};
    child->ordersChanged();
  }

private:
  static constexpr uint8_t ROOT_SEED = 200;

  kj::Promise<EnrollAnswer> enroll(EnrollAsked asked) override {
    regionKey = asked.documentKey;
    Issuer issuer{*identity.root, *rootKey};
    Enrolled answer;
    answer.ca =
        issueIntermediate(issuer, *asked.caKey, "region-ca:north", SIM_WALL_START_MS, entropy);
    answer.chain.push_back(
        issueLeaf(issuer, *asked.deviceKey, "region:north", SIM_WALL_START_MS, entropy));
    answer.root = share(*identity.root);
    answer.writer = 2;
    answer.wallMs = machine.host().clock.wallMs();
    answer.authority = envelope;
    answer.name = "region:north";
    return EnrollAnswer(kj::mv(answer));
  }
  bool pins(const Hash& issuer) const override { return issuer == rootHash(); }
  bool ignoresDates(Door, const Hash&) const override { return false; }
  bool isRevoked(const Hash&) const override { return false; }
  int64_t nowMs() const override { return machine.host().clock.wallMs(); }
  void greeted(const std::string&, schema::ChildHello::Reader) override {}
  void fillHello(const std::string&, schema::ChildHello::Reader said,
                 schema::ParentHello::Builder hello) override {
    showUnheld(said, view(envelope), nullptr, hello);
  }
  void statusChanged(const std::string&, const std::vector<std::string>&) override {}

  SimWorld& world;
  SimHost& machine;
  SeededEntropy entropy{31};
  OwnKey rootKey = keyFromSeed(view(Bytes(SEED_BYTES, ROOT_SEED)));
  std::unique_ptr<Signer> documents = signerOf(201);
  Identity identity;
  Bytes envelope;
  HandStore store;
  Writer writer{store, [](kj::Exception) {}};
  OrdersEdit edit;
  kj::Own<Handshaker> handshaker;
  kj::Own<Listener> listener;
};

}  // namespace skerry
