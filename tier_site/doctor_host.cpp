#include "tier_site/doctor_host.h"
#include "shared/crypto/bytes.h"
#include "shared/doctor/doctor_limits.h"
#include <algorithm>
#include <sstream>

namespace skerry {
namespace {

constexpr const char* ROOT = "/sys/fs/cgroup";
constexpr const char* CONTROLLERS[] = {"memory", "cpu", "pids"};

kj::StringPtr borrow(const std::string& text) { return {text.c_str(), text.size()}; }

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (auto& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

bool isTree(const System& system, const std::string& path, const char* type) {
  auto space = system.space(borrow(path));
  KJ_IF_MAYBE(found, space) return found->type == type;
  return false;
}

void lookAtTree(const System& system, const std::string& path, GroupFacts& facts) {
  auto node = system.node(borrow(path));
  KJ_IF_MAYBE(found, node) {
    if (!found->mayWrite) facts.closed.push_back(path);
  }
}

std::vector<std::string> controllersOfV2(const System& system) {
  std::istringstream words(system.read(borrow(std::string(ROOT) + "/cgroup.controllers"),
                                       PROC_FILE_BYTES_MAX));
  std::vector<std::string> found;
  for (std::string word; words >> word;) found.push_back(word);
  return found;
}

// The kernel's command line: where a controller is switched on that is there and off.
std::string enableMemory(const GroupFacts& facts) {
  return facts.hasFirmwareFolder
      ? "sed -i '1 s/$/ cgroup_enable=memory cgroup_memory=1/' /boot/firmware/cmdline.txt && reboot"
      : "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&cgroup_enable=memory /' /etc/default/grub && "
        "update-grub && reboot";
}

const char* wordOf(GroupFacts::Layout layout) {
  switch (layout) {
    case GroupFacts::Layout::V1: return "v1";
    case GroupFacts::Layout::HYBRID: return "hybrid";
    case GroupFacts::Layout::V2: return "v2";
    case GroupFacts::Layout::NONE: break;
  }
  return "none";
}

Finding judgeIsolation(bool hasNetworks) {
  if (hasNetworks) return fine("isolation", "services can be kept without a network");
  return warning("isolation", "this kernel has no network namespaces: services with `network: "
                 "none` do not start", "unshare --net true");
}

Finding judgeAccounts(bool areFound) {
  if (areFound) return fine("accounts", "users and groups are found by name");
  return warning("accounts", "`id` and `getent` do not answer: services that name a user do not "
                 "start", "apt-get install coreutils libc-bin");
}

}  // namespace

GroupFacts lookAtGroups(const System& system) {
  GroupFacts facts;
  std::string root = ROOT;
  facts.hasFirmwareFolder = system.node("/boot/firmware/cmdline.txt") != nullptr;
  if (isTree(system, root, "cgroup2")) {
    facts.layout = GroupFacts::Layout::V2;
    auto there = controllersOfV2(system);
    for (auto name : CONTROLLERS) {
      if (std::find(there.begin(), there.end(), name) == there.end()) facts.missing.push_back(name);
    }
    lookAtTree(system, root, facts);
    return facts;
  }
  bool isHybrid = isTree(system, root + "/unified", "cgroup2");
  auto killTree = root + (isHybrid ? "/unified" : "/freezer");
  if (system.node(borrow(killTree)) == nullptr) return facts;
  facts.layout = isHybrid ? GroupFacts::Layout::HYBRID : GroupFacts::Layout::V1;
  lookAtTree(system, killTree, facts);
  for (auto name : CONTROLLERS) {
    auto tree = root + "/" + name;
    if (system.node(borrow(tree)) == nullptr) facts.missing.push_back(name);
    lookAtTree(system, tree, facts);
  }
  return facts;
}

Finding judgeGroups(const Subject& subject, const GroupFacts& facts) {
  constexpr const char* CHECK = "controlGroups";
  if (facts.layout == GroupFacts::Layout::NONE) {
    return warning(CHECK, "this host has no control groups: services run, but their limits do not "
                   "hold, and what a service leaves behind is not found",
                   "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
  }
  std::string layout = wordOf(facts.layout);
  if (!facts.closed.empty()) {
    return warning(CHECK, "this user may not make control groups (" + layout + ") in " +
                   joined(facts.closed) + ": limits do not hold", "sudo " + subject.doctor());
  }
  if (!facts.missing.empty()) {
    bool isMemory = facts.missing[0] == "memory";
    return warning(CHECK, "control groups (" + layout + ") without " + joined(facts.missing) +
                   ": those limits do not hold. Controllers are switched on in the kernel's "
                   "command line", isMemory ? enableMemory(facts) : "cat /proc/cgroups");
  }
  return fine(CHECK, layout + "; limits of memory, cpu and pids hold");
}

Finding judgeKeeper(const std::string& path, kj::Maybe<const System::Node&> node) {
  constexpr const char* CHECK = "keeper";
  auto install = "install -m 0755 skerry-keeper " + path;
  KJ_IF_MAYBE(found, node) {
    if (found->mayExecute && found->kind == System::Node::Kind::FILE) return fine(CHECK, path);
    return problem(CHECK, path + " cannot be executed: no process service can start",
                   "chmod 0755 " + path);
  }
  return problem(CHECK, path + " is missing: no process service can start. It belongs beside "
                 "skerry-site", install);
}

bool isRoot(const std::string& status) {
  auto at = status.find("\nUid:");
  if (at == status.npos) return false;
  std::istringstream numbers(status.substr(at + 5));
  uint32_t real = 0, effective = 1;
  return bool(numbers >> real >> effective) && effective == 0;
}

Finding judgeRights(const Subject& subject, bool isRoot) {
  if (isRoot) return fine("rights", "this user may give services their users and limits");
  return warning("rights", "this user is not root: under it services run as this user, and limits "
                 "do not hold", "sudo " + subject.doctor());
}

kj::Promise<Findings> examineHost(Host& host, Subject subject, std::string keeper) {
  auto& system = host.system;
  Findings findings{judgeRights(subject, isRoot(system.read("/proc/self/status",
                                                            PROC_FILE_BYTES_MAX)))};
  findings.push_back(judgeGroups(subject, lookAtGroups(system)));
  findings.push_back(judgeIsolation(system.node("/proc/self/ns/net") != nullptr));
  auto node = system.node(borrow(keeper));
  findings.push_back(judgeKeeper(keeper, node.map([](System::Node& found) -> const System::Node& {
    return found;
  })));
  Command asking;
  asking.program = kj::str("sh");
  asking.arguments = kj::arr(kj::str("-c"),
                             kj::str("id root >/dev/null 2>&1 && getent group 0 >/dev/null 2>&1"));
  return host.processes.run(kj::mv(asking)).then([](Ended&& ended) { return ended.code == 0; },
                                                 [](kj::Exception&&) { return false; })
      .then([findings = kj::mv(findings)](bool areFound) mutable {
    findings.push_back(judgeAccounts(areFound));
    return kj::mv(findings);
  });
}

}  // namespace skerry
