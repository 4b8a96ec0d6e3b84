// Central's own core and admin on a simulated machine, asked as the client asks.
#pragma once
#include "shared/link/enroll.h"
#include "shared/model/application.h"
#include "shared/model/encoded.h"
#include "shared/model/manifest.h"
#include "shared/pki/token.h"
#include "test/sim/plain_handshaker.h"
#include "test/sim/sim_host.h"
#include "tier_central/init.h"
#include "tier_central/service.h"
#include <doctest/doctest.h>

namespace skerry {

inline const std::string REGIONS =
    "kind: Region\nname: north\n---\nkind: Region\nname: south\n---\n"
    "kind: Site\nname: oslo\nregion: north\n";

// What a machine brings to the door.
struct Machine {
  OwnKey device, ca;
  Bytes documentKey;
  explicit Machine(uint8_t seed)
      : device(keyFromSeed(view(Bytes(SEED_BYTES, seed)))),
        ca(keyFromSeed(view(Bytes(SEED_BYTES, uint8_t(seed + 100))))), documentKey(32, seed) {}
};

struct CentralWorld {
  SimWorld world{8};
  SimHost central{world, "central"}, other{world, "other"};
  kj::Own<Transport> transport = newPlainTransport();
  kj::Own<CentralService> service;

  CentralWorld() {
    central.powerOn();
    other.powerOn();
    InitOptions options;
    options.advertise = "central:7000";
    world.run(initCentral(central.host(), options), 10'000);
    begin();
    apply(REGIONS);
  }
  void begin() {
    service = nullptr;
    CentralConfig config;
    config.listen = "*:7000";
    service = kj::heap<CentralService>(central.host(), *transport, config);
    world.run(service->start(), 10'000);
  }
  CentralCore& core() { return KJ_ASSERT_NONNULL(service->current()); }
  void apply(const std::string& yaml) {
    Problems problems;
    auto parsed = parseManifests("test.yaml", yaml, problems);
    REQUIRE(problems.empty());
    auto request = service->admin().applyRequest();
    auto list = request.initManifests(parsed.size());
    for (size_t i = 0; i < parsed.size(); ++i) {
      Decoded<schema::Manifest> manifest(parsed[i].message);
      list.setWithCaveats(i, manifest.get());
    }
    auto answer = world.run(request.send(), 10'000);
    REQUIRE(answer.getProblems().size() == 0);
  }
  // The token, or the reason why there is none.
  std::string grant(const std::string& kind, const std::string& name, int64_t ttlMs = 0) {
    auto request = service->admin().createTokenRequest();
    auto asked = request.initRequest();
    asked.setKind(kind);
    asked.setName(name);
    asked.setTtlMs(ttlMs);
    auto answer = world.run(request.send(), 10'000);
    if (answer.getProblems().size() > 0) {
      auto problem = answer.getProblems()[0];
      return std::to_string(problem.getCode()) + " " + problem.getReason().cStr();
    }
    return answer.getToken().getToken().cStr();
  }
  Token token(const std::string& kind, const std::string& name, int64_t ttlMs = 0) {
    auto parsed = parseToken(grant(kind, name, ttlMs));
    REQUIRE(std::holds_alternative<Token>(parsed));
    return std::get<Token>(parsed);
  }
  EnrollAnswer ask(const Token& token, Machine& machine, bool asRegion = true) {
    Joiner joiner{*machine.device};
    if (asRegion) {
      joiner.caKey = machine.ca.get();
      joiner.documentKey = machine.documentKey;
    }
    joiner.version = "0.1.0";
    return world.run(enroll(other.host(), *transport, token, joiner), 60'000);
  }
  // The reason of a refusal; else who the machine is now.
  std::string outcome(const Token& token, Machine& machine, bool asRegion = true) {
    auto answer = ask(token, machine, asRegion);
    if (auto refused = std::get_if<EnrollRefused>(&answer)) return refused->reason;
    return std::get<Enrolled>(answer).name;
  }
};

}  // namespace skerry
