// People at central: who gets a certificate, whom it opens the session door to, and for how long.
#include "shared/link/renew.h"
#include "shared/model/person.h"
#include "test/unit/central/central_world.h"
#include "tier_central/first_person.h"
#include "tier_central/heads.h"
#include "tier_central/orders.h"
#include <capnp/rpc-twoparty.h>

namespace skerry {
namespace {

constexpr uint64_t SOON_MS = 10'000;

struct Office {
  CentralWorld w;
  kj::Own<JoinerPolicy> policy = kj::heap<JoinerPolicy>(keyHash(*w.core().identity.root));
  uint8_t seed = 40;

  Office() { w.apply("kind: Tenant\nname: acme\n---\nkind: Tenant\nname: bolt\n"); }

  // What central answered, as the client makes it into a context.
  Identity letIn(const std::string& name, const std::string& role, const std::string& tenant = "",
                 const std::string& region = "", bool isReset = false) {
    Identity self;
    self.key = keyFromSeed(view(Bytes(SEED_BYTES, ++seed)));
    auto answer = ask(name, role, tenant, region, isReset, view(makeRequest(*self.key)));
    CAPTURE(refusal(answer));
    REQUIRE(answer.getProblems().size() == 0);
    auto certificates = answer.getGrant().getCertificates();
    REQUIRE(certificates.size() == 2);
    self.chain.push_back(certificateFromDer(certificates[0]));
    self.root = certificateFromDer(certificates[1]);
    return self;
  }
  capnp::Response<schema::Admin::AddUserResults> ask(const std::string& name,
                                                     const std::string& role,
                                                     const std::string& tenant,
                                                     const std::string& region, bool isReset,
                                                     BytesView request) {
    auto asked = w.service->admin().addUserRequest();
    auto user = asked.initUser();
    user.setName(name);
    user.setRole(role);
    user.setTenant(tenant);
    user.setRegion(region);
    user.setReset(isReset);
    user.setRequest(request);
    return w.world.run(asked.send(), SOON_MS);
  }
  template <typename Answer>
  static std::string refusal(Answer& answer) {
    for (auto problem : answer.getProblems()) {
      return kj::str(int(problem.getCode()), " ", problem.getReason()).cStr();
    }
    return "";
  }
  std::string refused(const std::string& name, const std::string& role,
                      const std::string& tenant = "", const std::string& region = "",
                      bool isReset = false) {
    auto key = keyFromSeed(view(Bytes(SEED_BYTES, ++seed)));
    auto answer = ask(name, role, tenant, region, isReset, view(makeRequest(*key)));
    return refusal(answer);
  }
  std::string remove(const std::string& name, const std::string& tenant = "") {
    auto request = w.service->admin().removeUserRequest();
    request.setName(name);
    request.setTenant(tenant);
    auto answer = w.world.run(request.send(), SOON_MS);
    return refusal(answer);
  }
  // Who that is at the session door; else the reason why nobody.
  std::string whoami(const Identity& self) {
    std::string who;
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] {
      auto& host = w.other.host();
      auto address = w.world.run(host.network.parseAddress("central:7000"), SOON_MS);
      auto stream = w.world.run(address->connect(), SOON_MS);
      auto shaker = w.transport->newHandshaker(host, *policy, self);
      auto secured = w.world.run(shaker->connect(kj::mv(stream), Door::SESSION), SOON_MS);
      capnp::TwoPartyClient client(*secured.stream);
      auto admin = client.bootstrap().castAs<schema::Admin>();
      auto answer = w.world.run(admin.whoamiRequest().send(), SOON_MS);
      who = refusal(answer);
      if (who.empty()) who = kj::str(answer.getPerson().getName(), " ",
                                     answer.getPerson().getRole()).cStr();
    })) who = text(e->getDescription());
    return who;
  }
  // At the renew door: the reason of a refusal, or `renewed`.
  std::string renew(Identity& self) {
    std::string outcome = "renewed";
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] {
      auto answer = w.world.run(skerry::renew(w.other.host(), *w.transport,
          Renewer{*policy, self, nullptr, {"central:7000"}},
          [](const std::string& name) { return name == "central"; }), SOON_MS);
      if (auto refused = std::get_if<RefusedQuestion>(&answer)) outcome = refused->reason;
      if (auto next = std::get_if<Renewed>(&answer)) self.chain = kj::mv(next->chain);
    })) outcome = text(e->getDescription());
    return outcome;
  }
  bool says(const std::string& what, std::string_view word) {
    return what.find(word) != what.npos;
  }
};

TEST_CASE("a person is let in by the key, as central signed, also after a restart") {
  Office office;
  auto kari = office.letIn("kari", "tenant-admin", "acme");
  CHECK(office.whoami(kari) == "user:acme/kari tenant-admin");
  office.w.begin();
  CHECK(office.whoami(kari) == "user:acme/kari tenant-admin");
  CHECK(office.remove("kari") == "");
  CHECK(office.says(office.whoami(kari), TOLD_REVOKED));
  office.w.begin();
  CHECK(office.says(office.whoami(kari), TOLD_REVOKED));
  CHECK(office.remove("kari") == "3 not-found");
}

TEST_CASE("who is reset comes with the new key alone") {
  Office office;
  auto before = office.letIn("kari", "region-ops", "", "north");
  auto after = office.letIn("kari", "", "", "", true);
  CHECK(office.says(office.whoami(before), TOLD_REVOKED));
  CHECK(office.whoami(after) == "user:kari region-ops");
}

TEST_CASE("a certificate that has ended is told apart from a key that is known to nobody") {
  Office office;
  auto known = office.letIn("kari", "global-admin");
  auto removed = office.letIn("ola", "global-admin");
  CHECK(office.remove("ola") == "");
  // Of this fleet, and of nobody.
  auto root = loadRootKey(office.w.central.host());
  Identity unknown;
  unknown.key = keyFromSeed(view(Bytes(SEED_BYTES, 99)));
  unknown.root = share(*known.root);
  auto& host = office.w.central.host();
  unknown.chain.push_back(issueLeaf({*known.root, *root}, *unknown.key, "user:kari",
                                    host.clock.wallMs(), host.entropy, PERSON_LIFE_MS));
  CHECK(office.whoami(unknown) == "4 unknown-user");

  office.w.central.jumpWallClock(PERSON_LIFE_MS + DAY_MS);
  CHECK(office.says(office.whoami(known), TOLD_EXPIRED));
  CHECK(office.says(office.whoami(unknown), TOLD_EXPIRED));
  CHECK(office.says(office.whoami(removed), TOLD_REVOKED));
  // The way back.
  auto again = office.letIn("kari", "", "", "", true);
  CHECK(office.whoami(again) == "user:kari global-admin");
}

TEST_CASE("a person gets the next certificate while this one is good, and not when it has ended") {
  Office office;
  auto kari = office.letIn("kari", "tenant-admin", "acme");
  auto lost = office.letIn("lost", "global-admin");
  auto before = validity(*kari.chain[0]).untilMs;
  for (int i = 0; i < 3; ++i) {
    office.w.central.jumpWallClock(PERSON_LIFE_MS - 3 * DAY_MS);
    CHECK(office.renew(kari) == "renewed");
    CHECK(kari.chain.size() == 1);
    CHECK(commonName(*kari.chain[0]) == "user:acme/kari");
    CHECK(office.whoami(kari) == "user:acme/kari tenant-admin");
  }
  CHECK(validity(*kari.chain[0]).untilMs > before + 2 * PERSON_LIFE_MS);
  CHECK(office.renew(lost) == TOLD_EXPIRED);
  CHECK(office.remove("kari") == "");
  CHECK(office.says(office.renew(kari), TOLD_REVOKED));
}

TEST_CASE("a clock that was set back years keeps nobody out") {
  Office office;
  auto kari = office.letIn("kari", "global-admin");
  office.w.central.jumpWallClock(-10 * 365 * DAY_MS);
  CHECK(office.whoami(kari) == "user:kari global-admin");
  office.w.begin();
  auto ola = office.letIn("ola", "global-admin");
  CHECK(office.whoami(ola) == "user:ola global-admin");
}

TEST_CASE("a user has a name, a role, just the scope of that role, and a key of his own") {
  Office office;
  CHECK(office.refused("Kari", "global-admin") == "2 bad-name");
  CHECK(office.refused("kari", "root") == "2 role-unknown");
  CHECK(office.refused("kari", "tenant-admin") == "2 scope-wrong");
  CHECK(office.refused("kari", "global-admin", "acme") == "2 scope-wrong");
  CHECK(office.refused("kari", "tenant-admin", "acme", "north") == "2 scope-wrong");
  CHECK(office.refused("kari", "tenant-admin", "nobody") == "3 not-found");
  CHECK(office.refused("kari", "", "", "", true) == "3 not-found");
  auto kari = office.letIn("kari", "tenant-admin", "acme");
  CHECK(office.refused("kari", "tenant-viewer", "acme") == "6 user-exists");
  // A name is a tenant's own.
  office.letIn("kari", "tenant-viewer", "bolt");
  CHECK(office.remove("kari") == "2 name-ambiguous");
  CHECK(office.refused("kari", "", "", "", true) == "2 name-ambiguous");
  auto same = office.ask("ola", "global-admin", "", "", false, view(makeRequest(*kari.key)));
  CHECK(Office::refusal(same) == "6 key-used");
  auto nothing = office.ask("ola", "global-admin", "", "", false, view(Bytes(8, 1)));
  CHECK(Office::refusal(nothing) == "2 request-malformed");
}

TEST_CASE("people go with what their role was given for") {
  Office office;
  auto kari = office.letIn("kari", "tenant-admin", "acme");
  auto nils = office.letIn("nils", "region-ops", "", "north");
  auto& registry = office.w.core().registry;
  CHECK(orderKeys(registry, "north").contains("user/nils"));
  CHECK_FALSE(orderKeys(registry, "south").contains("user/nils"));
  CHECK(orderKeys(registry, "south").contains("user/acme/kari"));
  CHECK(statementsInForce(registry, "north").size() == statementsInForce(registry, "south").size()
                                                       + 2);  // nils, and oslo
  auto request = office.w.service->admin().deleteRequest();
  request.initQuery().setKind("tenant");
  request.getQuery().setName("acme");
  office.w.world.run(request.send(), SOON_MS);
  CHECK(office.says(office.whoami(kari), TOLD_REVOKED));
  CHECK(office.whoami(nils) == "user:nils region-ops");
}

TEST_CASE("init lets the first one in, by a file that nobody else may read") {
  Office office;
  auto& files = office.w.central.host().files;
  auto content = files.openFile(kj::Path(ADMIN_CONTEXT))->readAllText();
  for (auto part : {"server:", "central:7000", "pin:", "peer: central", "BEGIN PRIVATE KEY"}) {
    CAPTURE(part);
    CHECK(office.says(content.cStr(), part));
  }
  CHECK(office.remove(FIRST_PERSON) == "");
}

}  // namespace
}  // namespace skerry
