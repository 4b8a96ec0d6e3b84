// Central without its links: what is declared, in memory and as rows, from YAML.
#pragma once
#include "shared/crypto/signature.h"
#include "shared/model/application.h"
#include "shared/model/encoded.h"
#include "shared/model/manifest.h"
#include "test/sim/seeded_entropy.h"
#include "test/support/hand_store.h"
#include "tier_central/declare.h"
#include "tier_central/orders.h"
#include <doctest/doctest.h>

namespace skerry {

class FixedClock final : public Clock {
public:
  int64_t wallMs() const override { return 1'700'000'000'000; }
  uint64_t bootMs() const override { return 1; }
  kj::StringPtr bootId() const override { return "boot"_kj; }
};

// The objects of one file, as the client sends them and central stores them.
class Parsed {
public:
  explicit Parsed(const std::string& yaml) {
    Problems problems;
    for (auto& parsed : parseManifests("test.yaml", yaml, problems)) {
      Decoded<schema::Manifest> read(parsed.message);
      canonical.push_back(
          std::make_unique<Decoded<schema::Manifest>>(canonicalManifest(read.get())));
      readers.push_back(canonical.back()->get());
    }
    for (auto& problem : problems) FAIL(problem.message);
  }
  Declarations::Manifests all() const { return {readers.data(), readers.size()}; }

private:
  std::vector<std::unique_ptr<Decoded<schema::Manifest>>> canonical;
  std::vector<schema::Manifest::Reader> readers;
};

struct RegistryWorld {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  HandStore store;
  FixedClock clock;
  SeededEntropy entropy{17};
  std::unique_ptr<Signer> authority = newSigner(keyFromSeed(view(Bytes(SEED_BYTES, 1))));
  Registry registry;
  Blobs blobs;
  AuthorityIssuer issuer{registry, *authority, clock, entropy};
  Declarations declarations{registry, blobs, issuer};
  Touched touched;   // by the last change
  size_t steps = 0;  // rows written by it

  RegistryWorld() {
    Batch rows;
    registry.setEra(7, rows);
    keep(kj::mv(rows));
  }
  void keep(Batch rows) {
    steps = rows.steps().size();
    if (!rows.empty()) store.commit(kj::mv(rows)).wait(scope);
  }
  // The outcomes, each "kind name: outcome".
  std::vector<std::string> apply(const std::string& yaml) {
    Parsed parsed(yaml);
    for (auto& refusal : declarations.check(parsed.all())) FAIL(refusal.message);
    Batch rows;
    touched = {};
    std::vector<std::string> outcomes;
    for (auto manifest : parsed.all()) {
      auto expected = declarations.compare(manifest).outcome;
      auto declared = declarations.declare(manifest, rows, touched);
      CHECK(declared.outcome == expected);
      outcomes.push_back(declared.kind + " " + declared.name + ": " + declared.outcome);
    }
    declarations.settle(rows, touched);
    keep(kj::mv(rows));
    return outcomes;
  }
  Refusals refusals(const std::string& yaml) {
    Parsed parsed(yaml);
    return declarations.check(parsed.all());
  }
  std::vector<std::string> remove(const std::string& kind, const TenantAndName& name) {
    Batch rows;
    touched = {};
    std::vector<std::string> outcomes;
    for (auto& gone : declarations.remove(kind, name, rows, touched)) {
      outcomes.push_back(gone.kind + " " + gone.name + ": " + gone.outcome);
    }
    declarations.settle(rows, touched);
    keep(kj::mv(rows));
    return outcomes;
  }
  void join(const std::string& region, uint8_t seed) {
    Batch rows;
    touched = {};
    declarations.regionJoined(region, sha256(view(Bytes(1, seed))), view(Bytes(32, seed)), rows,
                              touched);
    keep(kj::mv(rows));
  }
  Registry loaded() {
    Registry again;
    again.load(store.scan(Table::OBJECT, CENTRAL_DOCUMENT).wait(scope),
               store.scan(Table::TOKEN, CENTRAL_DOCUMENT).wait(scope),
               store.scan(Table::META, CENTRAL_DOCUMENT).wait(scope));
    return again;
  }
  // What the envelope says, which central must have signed.
  Statement opened(std::string_view kind, const Bytes& envelope) {
    Disbelief why;
    auto statement = openStatement(view(authority->publicKey()), kind, view(envelope), why);
    REQUIRE_MESSAGE(statement.has_value(), why.reason);
    return *statement;
  }
};

inline const std::string PLACES = R"(
kind: Tenant
name: acme
---
kind: Region
name: north
---
kind: Region
name: south
---
kind: Site
name: oslo
region: north
labels: { customer: acme }
---
kind: Site
name: bergen
region: south
labels: { customer: acme }
)";

inline std::string application(const std::string& word, const std::string& selector = "",
                               const std::string& name = "pos") {
  return "kind: Application\nname: " + name + "\ntenant: acme\nservices:\n  web:\n" +
         "    command: [\"/bin/run\", \"" + word + "\"]\n    x-skerry: { kind: process }\n" +
         (selector.empty() ? "" : "placement:\n  sites: \"" + selector + "\"\n");
}

}  // namespace skerry
