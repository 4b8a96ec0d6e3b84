#include "test/sim/sim_host.h"
#include "tier_site/usage_rows.h"
#include <capnp/message.h>
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr uint64_t SEED = 1, MIB = 1 << 20;

InstanceId named(std::string app, std::string service, uint32_t ordinal = 0) {
  return {"acme", std::move(app), std::move(service), ordinal};
}

// A host whose instances have groups of their own, by the number of their process.
struct Measured {
  SimWorld world{SEED};
  SimHost box{world, "box"};
  UsageSampler::Running processes;
  kj::Own<UsageSampler> sampler;

  Measured() {
    box.powerOn();
    box.system().files["/proc/stat"] = "cpu 0 0 0 0 0 0 0 0\ncpu0 0\ncpu1 0\n";
    sampler = kj::heap<UsageSampler>(box.host(), [this] { return processes; });
  }
  ~Measured() { sampler = nullptr; }
  void run(const InstanceId& id, int pid) {
    processes[id] = pid;
    box.system().files["/proc/" + std::to_string(pid) + "/cgroup"] =
        "0::/g" + std::to_string(pid) + "\n";
    uses(pid, 0, MIB);
  }
  void uses(int pid, uint64_t cpuMs, uint64_t memoryBytes) {
    auto group = "/sys/fs/cgroup/g" + std::to_string(pid) + "/";
    box.system().files[group + "cpu.stat"] = "usage_usec " + std::to_string(cpuMs * 1000) + "\n";
    box.system().files[group + "memory.current"] = std::to_string(memoryBytes) + "\n";
  }
  std::vector<UsageRow> rows(schema::UsageQuery::Subject of, const char* app = "") {
    capnp::MallocMessageBuilder message;
    auto query = message.initRoot<schema::UsageQuery>();
    query.setOf(of);
    query.setApp(app);
    return usageHere("oslo", *sampler, query).rows();
  }
};

using Subject = schema::UsageQuery::Subject;

TEST_CASE("instances that run are measured every twenty seconds, and forgotten when they end") {
  Measured m;
  m.run(named("pos", "web"), 10);
  m.world.runFor(20'500);
  CHECK(m.sampler->instances().size() == 1);
  m.uses(10, 10'000, 3 * MIB);
  m.world.runFor(20'000);
  auto rows = m.rows(Subject::INSTANCES);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].site == "oslo");
  CHECK(rows[0].service == "web");
  CHECK(rows[0].cpuMilli == 250);
  CHECK(rows[0].memoryBytes == 3 * MIB);
  CHECK(m.sampler->instances().at(named("pos", "web")).size() == 3);
  m.processes.clear();
  m.world.runFor(20'000);
  CHECK(m.rows(Subject::INSTANCES).empty());
}

TEST_CASE("an application's row is the sum of its instances, and a site is one host") {
  Measured m;
  m.run(named("pos", "web", 0), 10);
  m.run(named("pos", "web", 1), 11);
  m.run(named("kiosk", "screen"), 12);
  m.world.runFor(500);
  m.uses(10, 2'000, MIB);
  m.uses(11, 6'000, 2 * MIB);
  m.uses(12, 20'000, 7 * MIB);
  m.world.runFor(20'000);
  auto apps = m.rows(Subject::APPLICATIONS);
  REQUIRE(apps.size() == 2);
  CHECK(apps[0].app == "kiosk");
  CHECK(apps[1].app == "pos");
  CHECK(apps[1].site == "");
  CHECK(apps[1].sites == 1);
  CHECK(apps[1].instances == 2);
  CHECK(apps[1].cpuMilli == 400);
  CHECK(apps[1].memoryBytes == 3 * MIB);
  CHECK(m.rows(Subject::INSTANCES, "pos").size() == 2);
  auto sites = m.rows(Subject::SITES);
  REQUIRE(sites.size() == 1);
  CHECK(sites[0].instances == 3);
  CHECK(sites[0].cpuTotalMilli == 2'000);
}

TEST_CASE("an instance without a group of its own has no row rather than a wrong one") {
  Measured m;
  m.processes[named("pos", "web")] = 99;
  m.world.runFor(20'000);
  CHECK(m.rows(Subject::INSTANCES).empty());
  CHECK(m.rows(Subject::SITES).size() == 1);
}

}  // namespace
}  // namespace skerry
