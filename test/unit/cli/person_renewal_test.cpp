// The next certificate of a context. The door is the link's own, over a pipe.
#include "shared/cli/person_renewal.h"
#include "shared/crypto/bytes.h"
#include "shared/crypto/signature.h"
#include "shared/link/renew.h"
#include "shared/pki/pem.h"
#include "test/unit/cli/fake_machine.h"
#include <doctest/doctest.h>

namespace skerry::test {
namespace {

constexpr int64_t NOW_MS = FakeMachine::NOW_MS;
constexpr const char* FOLDER = "/home/kari/.config/skerry/";

struct Random final : Entropy {
  void fill(kj::ArrayPtr<kj::byte> bytes) override { for (auto& byte : bytes) byte = ++last; }
  kj::byte last = 0;
};

// Central's end, and a person of its fleet with contexts for two tiers.
struct Laptop final : RenewDesk {
  FakeMachine machine;
  Random random;
  OwnKey rootKey = keyFromSeed(view(Bytes(SEED_BYTES, 1)));
  OwnCert root = issueRoot(*rootKey, "fleet:acme", NOW_MS - 300 * DAY_MS, random);
  Identity self;
  Context context;
  std::optional<RefusedQuestion> refusal;

  explicit Laptop(int64_t issuedMs) {
    machine.variables["HOME"] = "/home/kari";
    self.key = keyFromSeed(view(Bytes(SEED_BYTES, 2)));
    self.root = share(*root);
    self.chain.push_back(certify(*self.key, issuedMs));
    context.name = "kari";
    context.server = "central.example:443";
    context.pin = keyHash(*root).hex();
    context.peer = "central";
    context.certificate = certificatesOf(*self.chain[0]);
    context.key = text(view(pemOf(*self.key)));
    keep("kari", context);
    auto other = context;
    other.server = "north.example:443";
    other.peer = "region:north";
    keep("kari-north", other);
    other.key = text(view(pemOf(*keyFromSeed(view(Bytes(SEED_BYTES, 3))))));
    keep("ola", other);
  }
  OwnCert certify(EVP_PKEY& key, int64_t nowMs) {
    return issueLeaf({*root, *rootKey}, key, "user:kari", nowMs, random, PERSON_LIFE_MS);
  }
  std::string certificatesOf(X509& first) {
    std::vector<OwnCert> both;
    both.push_back(share(first));
    both.push_back(share(*root));
    return text(view(pemOf(both)));
  }
  void keep(const std::string& name, const Context& what) {
    auto named = what;
    named.name = name;
    machine.files[FOLDER + name + CONTEXT_EXTENSION] = printContext(named);
  }
  Context kept(const std::string& name) { return Contexts(machine).load(name).context; }
  // When the certificate ends that a context holds.
  int64_t endOf(const std::string& name) {
    return validity(*certificatesFromPem(view(std::string_view(kept(name).certificate)))[0])
        .untilMs;
  }
  RenewAnswer renew(RenewAsked asked) override {
    if (refusal) return *refusal;
    Renewed next;
    next.wallMs = NOW_MS;
    next.chain.push_back(certify(*asked.deviceKey, NOW_MS));
    return kj::mv(next);
  }
  // What the user is told.
  std::string ask() {
    Cli cli(machine, {});
    auto pipe = kj::newTwoWayPipe();
    PeerIdentity us;
    us.door = Door::RENEW;
    us.key = keyHash(*self.key);
    auto served = serveRenew({kj::mv(pipe.ends[1]), us}, *this, machine.time())
                      .eagerlyEvaluate([](kj::Exception&&) {});
    Secured secured{kj::mv(pipe.ends[0]), {}};
    machine.wait(kj::Promise<void>(
        renewContext(cli, context, share(self), kj::Promise<Secured>(kj::mv(secured)))));
    return machine.told();
  }
};

TEST_CASE("a context is due from half of its life on, while it is good") {
  Laptop laptop(NOW_MS);
  auto& certificate = *laptop.self.chain[0];
  auto life = validity(certificate);
  CHECK_FALSE(isRenewalDue(certificate, NOW_MS));
  CHECK_FALSE(isRenewalDue(certificate, NOW_MS + PERSON_LIFE_MS * 2 / 5));
  CHECK(isRenewalDue(certificate, NOW_MS + PERSON_LIFE_MS * 2 / 3));
  CHECK(isRenewalDue(certificate, life.untilMs));
  CHECK_FALSE(isRenewalDue(certificate, life.untilMs + 1'000));
}

TEST_CASE("a context is renewed while it is good, and every one of the same key with it") {
  Laptop laptop(NOW_MS - 60 * DAY_MS);
  auto ends = laptop.endOf("kari");
  auto others = laptop.kept("ola");
  CHECK(laptop.ask() == "");
  CHECK(laptop.endOf("kari") == ends + 60 * DAY_MS);
  CHECK(laptop.endOf("kari-north") == ends + 60 * DAY_MS);
  CHECK(laptop.kept("kari-north").server == "north.example:443");
  CHECK(laptop.kept("ola") == others);
  // The rest is as it was.
  auto kari = laptop.kept("kari");
  kari.certificate = laptop.context.certificate;
  CHECK(kari == laptop.context);
}

TEST_CASE("a context that could not be renewed goes on, and says so when its end is near") {
  for (auto [age, isSaid] : {std::pair{60, false}, {80, true}}) {
    Laptop laptop(NOW_MS - age * DAY_MS);
    laptop.refusal = {"try-again", "the root key is elsewhere"};
    auto before = laptop.machine.files;
    auto told = laptop.ask();
    CHECK(laptop.machine.files == before);
    CHECK(told.empty() != isSaid);
    if (isSaid) CHECK(told.find("the root key is elsewhere") != std::string::npos);
  }
}

}  // namespace
}  // namespace skerry::test
