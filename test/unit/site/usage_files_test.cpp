#include "tier_site/usage_files.h"
#include "test/sim/sim_system.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr int PID = 77;
constexpr uint64_t MIB = 1 << 20;

TEST_CASE("what a host uses is read from the kernel's files") {
  SimSystem system;
  system.files["/proc/stat"] = "cpu  100 20 30 5000 400 1 2 3 0 0\n"
                               "cpu0 50 10 15 2500 200 0 1 1 0 0\n"
                               "cpu1 50 10 15 2500 200 1 1 2 0 0\n"
                               "intr 12 0\n";
  system.files["/proc/meminfo"] = "MemTotal:        8192 kB\nMemFree:          100 kB\n"
                                  "MemAvailable:     3072 kB\n";
  System::Space space;
  space.bytesTotal = 1000 * MIB;
  space.bytesFree = 250 * MIB;
  system.spaces["/data"] = space;
  auto use = readHostUse(system, "/data");
  CHECK(use.cpuSeconds == doctest::Approx(1.56));
  CHECK(use.cpus == 2);
  CHECK(use.memoryTotalBytes == 8 * MIB);
  CHECK(use.memoryBytes == 5 * MIB);
  CHECK(use.diskBytes == 750 * MIB);
  CHECK(use.diskTotalBytes == 1000 * MIB);
}

TEST_CASE("what a machine does not say is not known, and nonsense is not trusted") {
  SimSystem system;
  CHECK(readHostUse(system, "/data") == HostUse());
  system.files["/proc/stat"] = "cpu\ncpu x y\n\n";
  system.files["/proc/meminfo"] = "MemTotal: 10 kB\nMemAvailable: 99999999 kB\n";
  CHECK(readHostUse(system, "/data").cpuSeconds == 0);
  CHECK(readHostUse(system, "/data").memoryBytes == 0);
}

TEST_CASE("an instance's use is that of its control groups, of version 2") {
  SimSystem system;
  system.files["/proc/self/cgroup"] = "0::/system.slice/skerry-site.service\n";
  system.files["/proc/77/cgroup"] = "0::/skerry/oslo/acme/acme.pos.web.0/svc\n";
  std::string group = "/sys/fs/cgroup/skerry/oslo/acme/acme.pos.web.0/svc/";
  system.files[group + "cpu.stat"] = "usage_usec 2500000\nuser_usec 2000000\n";
  system.files[group + "memory.current"] = "10485760\n";
  system.files[group + "memory.stat"] = "anon 5\ninactive_file 4194304\nactive_file 1\n";
  CHECK(readGroupUse(system, PID) == GroupUse{2.5, 6 * MIB});
}

TEST_CASE("on a host of both versions each file is looked for in its own tree") {
  SimSystem system;
  system.files["/proc/self/cgroup"] = "4:memory:/system\n2:cpu,cpuacct:/system\n0::/system\n";
  system.files["/proc/77/cgroup"] = "4:memory:/m/svc\n2:cpu,cpuacct:/c/svc\n0::/u/svc\n";
  system.files["/sys/fs/cgroup/unified/u/svc/cpu.stat"] = "usage_usec 1000000\n";
  system.files["/sys/fs/cgroup/memory/m/svc/memory.usage_in_bytes"] = "2097152\n";
  system.files["/sys/fs/cgroup/memory/m/svc/memory.stat"] =
      "inactive_file 0\ntotal_inactive_file 1048576\n";
  CHECK(readGroupUse(system, PID) == GroupUse{1, MIB});
  system.files.erase("/sys/fs/cgroup/unified/u/svc/cpu.stat");
  system.files["/sys/fs/cgroup/cpu,cpuacct/c/svc/cpuacct.usage"] = "3000000000\n";
  CHECK(readGroupUse(system, PID) == GroupUse{3, MIB});
}

TEST_CASE("what an instance shares with the daemon or with everybody is not taken for its own") {
  SimSystem system;
  system.files["/sys/fs/cgroup/cpu.stat"] = "usage_usec 9\n";
  system.files["/sys/fs/cgroup/ours/cpu.stat"] = "usage_usec 9\n";
  for (auto path : {"0::/\n", "0::/ours\n", "", "nonsense"}) {
    CAPTURE(path);
    system.files["/proc/self/cgroup"] = "0::/ours\n";
    system.files["/proc/77/cgroup"] = path;
    CHECK(!readGroupUse(system, PID));
  }
}

}  // namespace
}  // namespace skerry
