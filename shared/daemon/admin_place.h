// Where an Admin is.
#pragma once
#include <string>

namespace skerry {

struct AdminPlace {
  std::string tier;    // central, region, site
  std::string name;    // of the fleet, region or site
  std::string region;  // of a site: whose it is; of a region: itself; empty for central
};

}  // namespace skerry
