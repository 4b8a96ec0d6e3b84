// Tokens for many sites at once, a file each: for who prepares hardware in a workshop.
#pragma once
#include "shared/cli/verb.h"

namespace skerry {

struct SiteTokens {
  std::string selector;  // of sites; those that have joined are left out
  std::string folder;    // FOLDER/SITE.token, each of its user alone
  int64_t ttlMs = 0;     // 0: as central does
};
// Files that are there already are kept, and nothing is made then. Ended half way, what was written
// is good, and its tokens can be revoked. The parameters are copied; `cli` outlives the promise.
Task<int> createSiteTokens(Cli& cli, SiteTokens wanted);

}  // namespace skerry
