// What the kernel says of use, read from its files: of the host from /proc, of an instance from the
// control groups its first process is in, v1 or v2. Nothing is guessed: what cannot be told apart
// from the rest of the machine is not known.
//
// Sources: proc(5); Documentation/admin-guide/cgroup-v1/{cpuacct,memory}.rst, cgroup-v2.rst.
#pragma once
#include "shared/host/system.h"
#include <optional>

namespace skerry {

// Zero: not known.
struct HostUse {
  double cpuSeconds = 0;  // of all processors since boot, without waiting
  uint64_t cpus = 0;
  uint64_t memoryBytes = 0, memoryTotalBytes = 0;  // in use: what new programs could not have
  uint64_t diskBytes = 0, diskTotalBytes = 0;      // of the file system with the data folder
  bool operator==(const HostUse&) const = default;
};
// `dataFolder` is absolute.
HostUse readHostUse(const System& system, kj::StringPtr dataFolder);

struct GroupUse {
  double cpuSeconds = 0;
  uint64_t memoryBytes = 0;  // without files that were read long ago
  bool operator==(const GroupUse&) const = default;
};
// Of the groups that process `pid` is in. Nothing when it has none of its own.
std::optional<GroupUse> readGroupUse(const System& system, int pid);

}  // namespace skerry
