// What makes one service of an application sound.
#pragma once
#include "capnp/manifest.capnp.h"
#include "shared/model/port.h"
#include "shared/model/problem.h"

namespace skerry {

// Adds what is wrong with `service`, which stands at `path`. Its sound ports are put into `ports`
// with their paths, for comparing them with those of the other services.
struct PortAt {
  PortSpec port;
  std::string path;
};
void checkService(schema::Service::Reader service, const std::string& path, Problems& problems,
                  std::vector<PortAt>& ports);

}  // namespace skerry
