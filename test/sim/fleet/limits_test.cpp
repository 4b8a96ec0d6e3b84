// A host whose kernel cannot hold limits: what a person is told of it, and where.
#include "test/sim/fleet/stage.h"
#include "test/sim/fleet/told.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

struct Shop : Stage {
  using Stage::Stage;

  // What central shows of the first site's host.
  std::string shown() {
    auto hosts = fleet.get("host");
    for (auto item : hosts.list()) {
      if (item.getStatus().getHost().getSite() != site().name().c_str()) continue;
      std::string all;
      for (auto said : item.getStatus().getHost().getFindings()) all += said.cStr();
      return all;
    }
    return "no such host";
  }
  template <typename Machine>
  std::string doctorOf(Machine& machine) {
    auto answer = fleet.world.run(machine.tier()->admin().doctorRequest().send(), MINUTE_MS);
    std::string all;
    for (auto finding : answer.getFindings()) {
      if (finding.getVerdict() == schema::Finding::Verdict::OK) continue;
      all += std::string(finding.getText().cStr()) + "\n";
    }
    return all;
  }
  // The machine begins again with these controllers.
  void boot(const std::string& controllers) {
    site().host.powerOff();
    site().setControllers(controllers);
    site().powerOn();
    untilRuns(site(), "1", 5 * MINUTE_MS);
  }
};

bool says(const std::string& all, std::string_view what) { return all.find(what) != all.npos; }

TEST_CASE("a host without the memory control group says so at every tier, until it has it") {
  Shop shop(61);
  CHECK(shop.shown() == "");
  shop.boot("cpu pids");
  shop.fleet.until("central shows it", [&]() { return says(shop.shown(), "without memory"); });
  CHECK(says(shop.doctorOf(shop.fleet.central), shop.site().name()));
  CHECK(says(shop.doctorOf(shop.fleet.central), "without memory"));
  CHECK(says(shop.doctorOf(shop.region()), "without memory"));
  auto status = shop.fleet.world.run(shop.site().tier()->admin().statusRequest().send(), SOON_MS);
  REQUIRE(status.getStatus().getFindings().size() == 1);
  CHECK(says(status.getStatus().getFindings()[0].getText().cStr(), "without memory"));
  shop.fleet.until("it is told as an event", [&]() {
    auto& central = *shop.fleet.central.tier();
    auto told = ask(shop.fleet, central.admin(), shop.site().name(), "finding");
    return told->events.size() == 1 && says(told->events[0].text, "without memory");
  });
  shop.boot("cpu memory pids");
  shop.fleet.until("it is over", [&]() { return shop.shown() == ""; });
}

}  // namespace
}  // namespace skerry
