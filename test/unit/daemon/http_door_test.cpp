#include "shared/daemon/http_door.h"
#include "test/sim/sim_host.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr uint64_t SEED = 1, PATIENCE_MS = 60'000;

struct Tier final : Observable {
  unsigned measured = 0;
  std::vector<std::string> reasons;
  const char* tier() const override { return "region"; }
  void measure(Exposition& to) override {
    ++measured;
    to.gauge("skerry_things", "Of a test.", 7);
  }
  std::vector<std::string> unready() override { return reasons; }
};

struct House {
  SimWorld world{SEED};
  SimHost box{world, "box"};
  Tier tier;
  unsigned opened = 0;
  kj::Maybe<kj::Own<HttpDoor>> door;

  House() { box.powerOn(); }
  ~House() { door = nullptr; }

  HttpDoor& open(const std::string& listen) {
    auto made = kj::heap<HttpDoor>(box.host(), tier, listen, [this] { ++opened; });
    auto& held = *made;
    door = kj::mv(made);
    world.runFor(100);
    return held;
  }
  std::string get(const std::string& path) {
    auto asking = box.host().network.parseAddress("box:9100")
        .then([](kj::Own<kj::NetworkAddress>&& address) { return address->connect(); })
        .then([path](kj::Own<kj::AsyncIoStream>&& stream) {
      auto text = kj::str("GET ", path.c_str(), " HTTP/1.1\r\nHost: a\r\n\r\n");
      auto writing = stream->write(text.begin(), text.size()).attach(kj::mv(text));
      auto& from = *stream;
      return writing.then([&from] {
        from.shutdownWrite();
        return from.readAllText();
      }).attach(kj::mv(stream));
    });
    return std::string(world.run(kj::mv(asking), PATIENCE_MS).cStr());
  }
};

TEST_CASE("a daemon is alive before it is ready, and says why it is not ready") {
  House house;
  auto& door = house.open("box:9100");
  CHECK(door.address() == "box:9100");
  CHECK(house.opened == 1);
  CHECK(house.get("/healthz").starts_with("HTTP/1.1 200 "));
  CHECK(house.get("/readyz").starts_with("HTTP/1.1 503 "));
  CHECK(house.get("/readyz").ends_with("not ready: it is starting\n"));
  CHECK(house.get("/metrics").find("skerry_ready 0\n") != std::string::npos);
  CHECK(house.tier.measured == 0);
  door.tierIsUp();
  house.world.runFor(2'000);
  CHECK(house.get("/readyz").ends_with("\r\n\r\nready\n"));
  house.tier.reasons = {"the disk is full", "the moon is down"};
  house.world.runFor(2'000);
  CHECK(house.get("/readyz").starts_with("HTTP/1.1 503 "));
  CHECK(house.get("/readyz").ends_with("not ready: the disk is full\n"
                                       "not ready: the moon is down\n"));
}

TEST_CASE("metrics name the tier and the version, and are made at most once a second") {
  House house;
  house.box.system().files["/proc/self/statm"] = "9000 1000 700 10 0 500 0";
  house.open("box:9100").tierIsUp();
  for (int i = 0; i < 20; ++i) house.get("/metrics");
  CHECK(house.tier.measured == 1);
  house.world.runFor(1'000);
  auto text = house.get("/metrics");
  CHECK(house.tier.measured == 2);
  CHECK(text.find("Content-Type: text/plain; version=0.0.4") != text.npos);
  CHECK(text.find("skerry_build_info{tier=\"region\",version=\"" SKERRY_VERSION "\"} 1\n") !=
        text.npos);
  CHECK(text.find("skerry_resident_bytes 4096000\n") != text.npos);
  CHECK(text.find("skerry_ready 1\n") != text.npos);
  CHECK(text.find("skerry_things 7\n") != text.npos);
}

TEST_CASE("an address that is taken is tried again until it is free") {
  House house;
  auto taking = house.box.host().network.parseAddress("box:9100");
  auto other = house.world.run(kj::mv(taking), PATIENCE_MS)->listen();
  auto& door = house.open("box:9100");
  house.world.runFor(60'000);
  CHECK(door.address() == "");
  CHECK(house.opened == 0);
  other = nullptr;
  house.world.runFor(11'000);
  CHECK(door.address() == "box:9100");
  CHECK(house.opened == 1);
  CHECK(house.get("/healthz").ends_with("ok\n"));
}

TEST_CASE("an address that is none keeps nothing from running") {
  House house;
  CHECK(house.open("no address").address() == "");
  house.world.runFor(60'000);
  CHECK(house.opened == 0);
}

}  // namespace
}  // namespace skerry
