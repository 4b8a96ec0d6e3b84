#include "tier_site/usage_files.h"
#include "tier_site/usage_limits.h"
#include <kj/string.h>
#include <charconv>
#include <string_view>

namespace skerry {
namespace {

constexpr double TICKS_PER_SECOND = 100;  // USER_HZ, of /proc on every Linux we run on
constexpr uint64_t KIB = 1024;
constexpr const char* GROUP_ROOT = "/sys/fs/cgroup";

std::string read(const System& system, const std::string& path) {
  return system.read(kj::StringPtr(path.c_str(), path.size()), USAGE_FILE_BYTES_MAX);
}

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  while (text.starts_with(' ')) text.remove_prefix(1);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Calls `use` with each line.
template <typename Use>
void eachLine(std::string_view text, Use use) {
  while (!text.empty()) {
    auto end = text.find('\n');
    use(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

// The number after `name` at the beginning of a line. Nothing when there is no such line.
std::optional<uint64_t> field(std::string_view text, std::string_view name) {
  std::optional<uint64_t> found;
  eachLine(text, [&](std::string_view line) {
    if (line.starts_with(name)) found = number(line.substr(name.size()));
  });
  return found;
}

// "cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ...": all but the fourth and the fifth.
double busySeconds(std::string_view line) {
  constexpr size_t IDLE = 3, IOWAIT = 4, FIELDS = 8;
  uint64_t ticks = 0;
  for (size_t i = 0; i < FIELDS && !line.empty(); ++i) {
    while (line.starts_with(' ')) line.remove_prefix(1);
    if (i != IDLE && i != IOWAIT) ticks += number(line);
    line.remove_prefix(std::min(line.find(' '), line.size()));
  }
  return double(ticks) / TICKS_PER_SECOND;
}

void readProcessors(std::string_view stat, HostUse& use) {
  constexpr std::string_view ALL = "cpu ", ONE = "cpu";
  eachLine(stat, [&](std::string_view line) {
    if (line.starts_with(ALL)) use.cpuSeconds = busySeconds(line.substr(ALL.size()));
    else if (line.starts_with(ONE)) ++use.cpus;
  });
}

// The path of a process in the tree with this controller; empty: v2's.
std::string groupOf(std::string_view groups, std::string_view controller) {
  std::string path;
  eachLine(groups, [&](std::string_view line) {
    auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) return;
    auto list = "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    bool isIt = controller.empty() ? list == ",," : list.find("," + std::string(controller) +
                                                              ",") != list.npos;
    if (isIt) path = line.substr(second + 1);
  });
  return path;
}

// The groups of one process, told apart from those that this program is in itself.
class Groups {
public:
  Groups(const System& system, int pid)
      : system(system), its(read(system, "/proc/" + std::to_string(pid) + "/cgroup")),
        ours(read(system, "/proc/self/cgroup")) {}

  // A file of the group in the tree with `controller`, mounted at `mount`. Empty: not there, or not
  // of the process alone.
  std::string file(std::string_view controller, const std::string& mount, const char* name) const {
    auto path = groupOf(its, controller);
    if (path.empty() || path == "/" || path == groupOf(ours, controller)) return {};
    return read(system, GROUP_ROOT + mount + path + "/" + name);
  }
  // The same of v2's tree, wherever it is.
  std::string unified(const char* name) const {
    auto text = file("", "", name);
    return text.empty() ? file("", "/unified", name) : text;
  }

private:
  const System& system;
  const std::string its, ours;
};

std::optional<double> cpuSecondsOf(const Groups& groups) {
  constexpr double MICRO = 1e-6, NANO = 1e-9;
  if (auto used = field(groups.unified("cpu.stat"), "usage_usec ")) return double(*used) * MICRO;
  for (auto mount : {"/cpuacct", "/cpu,cpuacct"}) {
    auto text = groups.file("cpuacct", mount, "cpuacct.usage");
    if (!text.empty()) return double(number(text)) * NANO;
  }
  return {};
}

std::optional<uint64_t> memoryOf(const Groups& groups) {
  auto used = groups.unified("memory.current");
  auto idle = field(groups.unified("memory.stat"), "inactive_file ");
  if (used.empty()) {
    used = groups.file("memory", "/memory", "memory.usage_in_bytes");
    idle = field(groups.file("memory", "/memory", "memory.stat"), "total_inactive_file ");
  }
  if (used.empty()) return {};
  return number(used) - std::min(number(used), idle.value_or(0));
}

}  // namespace

HostUse readHostUse(const System& system, kj::StringPtr dataFolder) {
  HostUse use;
  readProcessors(read(system, "/proc/stat"), use);
  auto memory = read(system, "/proc/meminfo");
  use.memoryTotalBytes = field(memory, "MemTotal:").value_or(0) * KIB;
  auto available = field(memory, "MemAvailable:").value_or(0) * KIB;
  use.memoryBytes = use.memoryTotalBytes - std::min(use.memoryTotalBytes, available);
  KJ_IF_MAYBE(space, system.space(dataFolder)) {
    use.diskTotalBytes = space->bytesTotal;
    use.diskBytes = space->bytesTotal - std::min(space->bytesTotal, space->bytesFree);
  }
  return use;
}

std::optional<GroupUse> readGroupUse(const System& system, int pid) {
  Groups groups(system, pid);
  auto cpu = cpuSecondsOf(groups);
  auto memory = memoryOf(groups);
  if (!cpu && !memory) return {};
  return GroupUse{cpu.value_or(0), memory.value_or(0)};
}

}  // namespace skerry
