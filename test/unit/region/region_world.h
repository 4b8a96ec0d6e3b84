// The region's core on a simulated machine, between a central and hosts of the test's own.
#pragma once
#include "test/unit/region/fake_central.h"
#include "tier_region/join.h"
#include "tier_region/service.h"
#include <doctest/doctest.h>

namespace skerry {

struct RegionWorld {
  SimWorld world;
  SimHost central{world, "central"}, north{world, "north"}, site{world, "site"};
  kj::Own<Transport> transport = newPlainTransport();
  kj::Own<FakeCentral> above;
  kj::Own<RegionService> service;

  explicit RegionWorld(uint64_t seed = 8) : world(seed) {
    for (auto machine : {&central, &north, &site}) machine->powerOn();
    above = kj::heap<FakeCentral>(world, central, *transport);
    auto joined = world.run(joinRegion(north.host(), *transport, above->token()), 60'000);
    REQUIRE(joined.ok);
    begin();
  }
  void begin() {
    service = nullptr;
    RegionConfig config;
    config.listen = "*:8000";
    config.advertise = "north:8000";
    service = kj::heap<RegionService>(north.host(), *transport, config);
    world.run(service->start(), 10'000);
    world.runFor(2'000);
  }
  void commit() {
    above->commit();
    world.runFor(500);
  }
  RegionCore& core() { return KJ_ASSERT_NONNULL(service->current()); }
  std::string ask(const Token& token, EVP_PKEY& device) {
    Joiner joiner{device};
    joiner.host = "host1";
    joiner.version = "0.1.0";
    auto answer = world.run(enroll(site.host(), *transport, token, joiner), 60'000);
    if (auto refused = std::get_if<EnrollRefused>(&answer)) return refused->reason;
    return std::get<Enrolled>(answer).name;
  }
  Document& documentOf(const std::string& name) { return core().children.at(name)->document(); }
};

inline OwnKey device(uint8_t seed) { return keyFromSeed(view(Bytes(SEED_BYTES, seed))); }

}  // namespace skerry
