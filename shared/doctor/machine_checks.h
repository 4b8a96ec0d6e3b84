// What a daemon needs of its machine: the judgement of what was seen. Pure.
#pragma once
#include "shared/doctor/subject.h"
#include "shared/host/system.h"
#include "shared/model/finding.h"
#include <optional>

namespace skerry {

// Of the data folder or, while that is absent, of the nearest folder above it that is there.
struct FolderFacts {
  bool isThere = false;
  System::Node node;
};
Finding judgeFolder(const Subject& subject, const FolderFacts& facts);

// Space, and whether what is written there survives a power cut. `place`: a folder on it.
Finding judgeSpace(const std::string& place, const System::Space& space);
Finding judgeFileSystem(const Subject& subject, const System::Space& space);

// Open files this process may have, from a `limits` file of /proc; nothing when it says none.
std::optional<uint64_t> descriptorsIn(const std::string& limits);
Finding judgeDescriptors(const Subject& subject, uint64_t allowed);

struct ClockFacts {
  int64_t wallMs = 0;
  // How far it is behind the parent's; negative: ahead. Nothing: nobody said what time it is.
  std::optional<int64_t> behindMs;
  std::string parent;  // who said it: `the region`
};
Finding judgeClock(const ClockFacts& facts);

}  // namespace skerry
