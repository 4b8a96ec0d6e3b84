// A host without a token: what `join --home` and `id` do, and how `serve` begins on a machine that
// nobody joined but that knows where home is.
#pragma once
#include "shared/daemon/join_verb.h"

namespace skerry {

// `words`: of --home, see readHome(). Answers the exit code.
int joinHome(const std::string& dataFolder, const std::string& words, const std::string& proxy,
             JoinSteps steps);

// Calls home until it is let in, and tells the service manager meanwhile; at once when the folder
// joined, or when nothing says where home is. Anything but 0 is the exit code.
int callHomeFirst(const std::string& dataFolder, const std::string& words);

// Prints the identity of this host; makes it when there is none.
int sayIdentity(const std::string& dataFolder, const std::string& output);

}  // namespace skerry
