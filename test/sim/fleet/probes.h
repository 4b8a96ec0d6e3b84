// Rare paths that simulated lives have to take: a run whose seeds never took one of them tests less
// than it says, and fails. They are seen from outside, in what daemons tell their operator and in
// what disks counted, so that the product carries nothing for it. The table is in probes.cpp.
#pragma once
#include "test/sim/fault_vfs.h"
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skerry {

class Probes final {
public:
  Probes();
  // `name` is one of the table.
  void hit(std::string_view name);
  // An event of a daemon, as logged.
  void heard(std::string_view event);
  // At the end of a life.
  void count(const MemoryDisk& disk);

  const std::map<std::string, uint64_t, std::less<>>& counts() const { return hits; }
  std::vector<std::string> neverReached() const;

private:
  std::map<std::string, uint64_t, std::less<>> hits;
};

}  // namespace skerry
