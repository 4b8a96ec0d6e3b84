// A process that is in its control groups before it does anything, and that nobody has to wait for.
//
// Moving a process between groups stops all births and ends of the whole system, and the first move
// after a pause waits 5 to 20 ms until that can be done (cgroup_threadgroup_rwsem). Two ways of the
// kernel need no such stop: birth inside a group of the v2 tree (CLONE_INTO_CGROUP, Linux 5.7), and
// a thread that moves nobody but itself in a v1 tree ("0" into `tasks`, Linux 5.5). The new process
// has one thread, so the second moves all of it.
#pragma once
#include "tier_site/keeper/cgroup.h"
#include <sys/syscall.h>

namespace skerry {

constexpr uint64_t CLONE_INTO_CGROUP_FLAG = 0x200000000ULL;
constexpr uint64_t CLONE_PIDFD_FLAG = 0x1000;

struct CloneArgs {  // struct clone_args of <linux/sched.h>, which musl's headers lack
  uint64_t flags, pidfd, childTid, parentTid, exitSignal, stack, stackSize, tls, setTid, setTidSize,
      cgroup;
};

// A child in the group LEAF, as fork() returns; it must call groups.enter(LEAF) first of all.
// `flags` are CLONE_NEW*. `pidfd`, where given, is set for the parent.
inline pid_t bear(const Cgroups& groups, const char* leaf, uint64_t flags = 0,
                  int* pidfd = nullptr) {
  CloneArgs args = {};
  args.flags = flags;
  args.exitSignal = SIGCHLD;
  if (pidfd != nullptr) {
    args.flags |= CLONE_PIDFD_FLAG;
    args.pidfd = (uint64_t)(uintptr_t)pidfd;
  }
  int birthplace = groups.openBirthplace(leaf);
  if (birthplace >= 0) {
    args.flags |= CLONE_INTO_CGROUP_FLAG;
    args.cgroup = birthplace;
  }
  pid_t pid = syscall(SYS_clone3, &args, sizeof args);
  int error = errno;
  if (birthplace >= 0) close(birthplace);
  errno = error;
  return pid;
}

}  // namespace skerry
