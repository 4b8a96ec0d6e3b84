// What a site's services need of the host: control groups, a keeper, names of users, rights. The
// judgements are pure.
#pragma once
#include "shared/doctor/subject.h"
#include "shared/host/host.h"
#include "shared/model/finding.h"
#include <vector>

namespace skerry {

struct GroupFacts {
  enum class Layout : uint8_t { NONE, V1, HYBRID, V2 };
  Layout layout = Layout::NONE;
  std::vector<std::string> missing;  // of memory, cpu, pids: no such controller
  std::vector<std::string> closed;   // trees this user may not make groups in
  bool hasFirmwareFolder = false;    // the kernel's command line is /boot/firmware/cmdline.txt
};
GroupFacts lookAtGroups(const System& system);
Finding judgeGroups(const Subject& subject, const GroupFacts& facts);

Finding judgeKeeper(const std::string& path, kj::Maybe<const System::Node&> node);

// Of the first line `Uid:` of /proc/self/status: whether the effective user is root.
bool isRoot(const std::string& status);
Finding judgeRights(const Subject& subject, bool isRoot);

// Groups, keeper, rights, isolation, and the look-up of users. `host` outlives the promise.
kj::Promise<Findings> examineHost(Host& host, Subject subject, std::string keeper);

}  // namespace skerry
