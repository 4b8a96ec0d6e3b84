// The control groups of one service: made, limited, killed, removed.
//
// What a host cannot do is a finding, not a failure: a limit that cannot be set is named in
// missing(), and where no group can be made the service runs without (CgroupLayout::NONE).
#pragma once
#include "tier_site/keeper/cgroup_layout.h"
#include <signal.h>
#include <sys/stat.h>

namespace skerry {

constexpr uint64_t CPU_PERIOD_US = 100000;
constexpr int RENEW_WAIT_MS = 500;

struct Limits {
  uint64_t memoryBytes = 0, cpuMilli = 0, pidsMax = 0;  // 0 = no limit
  bool any() const { return memoryBytes + cpuMilli + pidsMax > 0; }
};

class Cgroups {
public:
  CgroupLayout layout;

  bool none() const { return layout.kind == CgroupLayout::NONE; }

  // Makes both groups in every tree and writes the limits.
  void create(const Limits& wanted) {
    limits = wanted;
    if (killed) renew();
    killed = false;
    missingCount = 0;
    for (const char* const* tree = layout.trees(); *tree != nullptr; ++tree) {
      usable[tree - layout.trees()] = makePath(*tree);
      bool needed = strcmp(*tree, layout.killTree()) == 0;
      if (!usable[tree - layout.trees()] && needed) return giveUp();
    }
    limit("memory", limits.memoryBytes, layout.kind == CgroupLayout::V2
          ? &Cgroups::limitMemoryV2 : &Cgroups::limitMemoryV1);
    limit("cpu", limits.cpuMilli, layout.kind == CgroupLayout::V2
          ? &Cgroups::limitCpuV2 : &Cgroups::limitCpuV1);
    limit("pids", limits.pidsMax, &Cgroups::limitPids);
  }
  // The rest of the way into LEAF's groups for the caller, who has one thread and was born for them
  // (birth.h). 0, or -1 with errno.
  int enter(const char* leaf) {
    for (const char* const* tree = layout.trees(); *tree != nullptr; ++tree) {
      bool isV2 = layout.isBirthplace(*tree);
      if (!usable[tree - layout.trees()] || (isV2 && birth == Birth::INSIDE)) continue;
      char file[CgroupLayout::PATH_SIZE];
      layout.fileOf(file, *tree, leaf, isV2 ? "cgroup.procs" : "tasks");
      if (writeText(file, "0") < 0) return -1;
    }
    return 0;
  }
  // The directory to hand to clone3, or -1 where a process is not to be born inside a group.
  int openBirthplace(const char* leaf) const {
    if (birth == Birth::OUTSIDE || !layout.isBirthplace(layout.killTree())) return -1;
    char dir[CgroupLayout::PATH_SIZE];
    layout.fileOf(dir, layout.killTree(), leaf, "");
    return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  // Sends SIGKILL to all of the service; to be repeated until empty().
  void kill() {
    char file[CgroupLayout::PATH_SIZE];
    if (layout.kind != CgroupLayout::V1) {
      layout.fileOf(file, layout.killTree(), "svc", "cgroup.kill");
      if (writeText(file, "1") == 0) {
        killed = true;
        return;
      }
    }
    layout.fileOf(file, "freezer", "svc", "freezer.state");
    if (layout.kind == CgroupLayout::V1) writeText(file, "FROZEN");
    signalAll();
    if (layout.kind == CgroupLayout::V1) writeText(file, "THAWED");
  }
  // The kernel kills at birth what is born from one v2 group into another when only one of the two
  // was ever killed by cgroup.kill (seen on Linux 6.18). So a service's group that was killed is
  // made anew before the next life, which resets its limits and counts;
  bool mustRenew() const { return killed; }
  // and a keeper whose caller's group was killed once is born there and moved, which takes longer.
  enum class Birth { INSIDE, OUTSIDE } birth = Birth::INSIDE;
  bool empty() {
    char file[CgroupLayout::PATH_SIZE], text[16];
    layout.fileOf(file, layout.killTree(), "svc", "cgroup.procs");
    return readText(file, text, sizeof text) <= 0;
  }
  // How often the kernel killed something in there for want of memory.
  uint64_t oomKills() {
    if (none()) return 0;
    char file[CgroupLayout::PATH_SIZE], text[512];
    bool v2 = layout.kind == CgroupLayout::V2;
    layout.fileOf(file, v2 ? "" : "memory", "svc", v2 ? "memory.events" : "memory.oom_control");
    if (readText(file, text, sizeof text) <= 0) return 0;
    const char* at = strstr(text, "oom_kill ");
    return at == nullptr ? 0 : strtoull(at + 9, nullptr, 10);
  }
  void removeService() { removeLeaves("svc"); }
  // Both groups and the path above them as far as it is empty. True once the service's are gone.
  bool removeAll() {
    removeLeaves("svc");
    removeLeaves("keeper");
    bool gone = true;
    for (const char* const* tree = layout.trees(); *tree != nullptr; ++tree) {
      char dir[CgroupLayout::PATH_SIZE];
      int top = snprintf(dir, sizeof dir, "%s/%s/", layout.root, *tree);
      snprintf(dir + top, sizeof dir - top, "%s", layout.path);
      gone = (rmdir(dir) == 0 || errno == ENOENT) && gone;
      for (char* slash; (slash = strrchr(dir + top, '/')) != nullptr;) {
        *slash = 0;
        if (rmdir(dir) < 0 && errno != ENOENT) break;
      }
    }
    return gone;
  }

  // The limits asked for that do not hold: "memory,pids", or "-".
  void describeMissing(char* out, size_t size) const {
    snprintf(out, size, "-");
    size_t n = 0;
    for (int i = 0; i < missingCount && n < size; ++i)
      n += snprintf(out + n, size - n, i == 0 ? "%s" : ",%s", missing[i]);
  }
  // "all", "some" or "none" of the limits asked for hold.
  const char* outcome() const {
    int asked = (limits.memoryBytes > 0) + (limits.cpuMilli > 0) + (limits.pidsMax > 0);
    return missingCount == 0 ? "all" : missingCount < asked ? "some" : "none";
  }
  // Why, as far as the first thing that failed says it: one word without spaces.
  char cause[320] = "-";

private:
  // The last process is out of a group some milliseconds after its end was seen.
  void renew() {
    char dir[CgroupLayout::PATH_SIZE];
    layout.fileOf(dir, layout.killTree(), "svc", "");
    for (int waitedMs = 0; rmdir(dir) < 0 && errno == EBUSY && waitedMs < RENEW_WAIT_MS; ++waitedMs)
      usleep(1000);
  }
  // No group to tell the service's processes by: whatever was made is taken back.
  void giveUp() {
    removeAll();
    layout.kind = CgroupLayout::NONE;
    missingCount = 0;
    if (limits.memoryBytes > 0) missing[missingCount++] = "memory";
    if (limits.cpuMilli > 0) missing[missingCount++] = "cpu";
    if (limits.pidsMax > 0) missing[missingCount++] = "pids";
  }
  bool blame(const char* what) {
    if (strcmp(cause, "-") == 0) {
      snprintf(cause, sizeof cause, "%s:%s", what, strerror(errno));
      for (char* c = cause; *c != 0; ++c)
        if (*c == ' ' || *c == '\n') *c = '-';
    }
    return false;
  }
  void limit(const char* name, uint64_t value, bool (Cgroups::*set)()) {
    if (value > 0 && !(this->*set)()) missing[missingCount++] = name;
  }
  bool limitMemoryV1() {
    if (!put("memory", "memory.limit_in_bytes", limits.memoryBytes)) return false;
    // After the other, since never below it; absent where the kernel does not count swap.
    putIfThere("memory", "memory.memsw.limit_in_bytes", limits.memoryBytes);
    return true;
  }
  bool limitMemoryV2() {
    if (!put("", "memory.max", limits.memoryBytes)) return false;
    putIfThere("", "memory.swap.max", 0);
    putIfThere("", "memory.oom.group", 1);
    return true;
  }
  bool limitCpuV1() {
    return put("cpu", "cpu.cfs_period_us", CPU_PERIOD_US) &&
           put("cpu", "cpu.cfs_quota_us", limits.cpuMilli * CPU_PERIOD_US / 1000);
  }
  bool limitCpuV2() {
    char file[CgroupLayout::PATH_SIZE], value[64];
    layout.fileOf(file, "", "svc", "cpu.max");
    snprintf(value, sizeof value, "%llu %llu",
             (unsigned long long)(limits.cpuMilli * CPU_PERIOD_US / 1000),
             (unsigned long long)CPU_PERIOD_US);
    return writeText(file, value) == 0 || blame(file);
  }
  bool limitPids() {
    return put(layout.kind == CgroupLayout::V2 ? "" : "pids", "pids.max", limits.pidsMax);
  }
  bool put(const char* tree, const char* file, uint64_t value) {
    char full[CgroupLayout::PATH_SIZE], text[32];
    layout.fileOf(full, tree, "svc", file);
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return writeText(full, text) == 0 || blame(full);
  }
  void putIfThere(const char* tree, const char* file, uint64_t value) {
    char full[CgroupLayout::PATH_SIZE], text[32];
    layout.fileOf(full, tree, "svc", file);
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    writeText(full, text);
  }

  // Another keeper may be removing the parents that it shares with this one: then again.
  bool makePath(const char* tree) {
    for (int attempt = 0; attempt < 5; ++attempt) {
      if (tryMakePath(tree)) return true;
      if (errno != ENOENT) break;
      struct stat st;
      char top[CgroupLayout::PATH_SIZE];
      snprintf(top, sizeof top, "%s/%s", layout.root, tree);
      if (stat(top, &st) < 0) break;
    }
    return blame(tree);
  }
  bool tryMakePath(const char* tree) {
    char dir[CgroupLayout::PATH_SIZE], leaf[CgroupLayout::PATH_SIZE + 8];
    int n = snprintf(dir, sizeof dir, "%s/%s/", layout.root, tree);
    for (const char* p = layout.path;; ++p) {
      if (*p != '/' && *p != 0) {
        dir[n++] = *p;
        dir[n] = 0;
        continue;
      }
      if (mkdir(dir, 0755) < 0 && errno != EEXIST) return false;
      handDown(dir);
      if (*p == 0) break;
      dir[n++] = '/';
      dir[n] = 0;
    }
    static constexpr const char* LEAVES[] = { "keeper", "svc" };
    for (const char* name : LEAVES) {
      snprintf(leaf, sizeof leaf, "%s/%s", dir, name);
      if (mkdir(leaf, 0755) < 0 && errno != EEXIST) return false;
    }
    return true;
  }
  // v2 hands controllers down level by level. One that is missing shows when its limit is written.
  void handDown(const char* dir) {
    if (layout.kind != CgroupLayout::V2) return;
    char control[CgroupLayout::PATH_SIZE + 32];
    snprintf(control, sizeof control, "%s/cgroup.subtree_control", dir);
    if (limits.memoryBytes > 0) writeText(control, "+memory");
    if (limits.cpuMilli > 0) writeText(control, "+cpu");
    if (limits.pidsMax > 0) writeText(control, "+pids");
  }
  void removeLeaf(const char* tree, const char* leaf) {
    char dir[CgroupLayout::PATH_SIZE];
    layout.fileOf(dir, tree, leaf, "");
    rmdir(dir);
  }
  void removeLeaves(const char* leaf) {
    for (const char* const* tree = layout.trees(); *tree != nullptr; ++tree)
      removeLeaf(*tree, leaf);
  }
  void signalAll() {
    char file[CgroupLayout::PATH_SIZE], text[4096];
    layout.fileOf(file, layout.killTree(), "svc", "cgroup.procs");
    if (readText(file, text, sizeof text) <= 0) return;
    for (char *at = text, *end; *at != 0; at = *end == '\n' ? end + 1 : end) {
      long pid = strtol(at, &end, 10);
      if (end == at || *end != '\n') break;  // the last line may be cut: the next round gets it
      ::kill((pid_t)pid, SIGKILL);
    }
  }

  Limits limits;
  bool usable[CgroupLayout::TREES_MAX] = {};
  const char* missing[3] = {};
  int missingCount = 0;
  bool killed = false;
};

}  // namespace skerry
