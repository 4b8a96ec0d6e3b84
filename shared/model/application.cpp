#include "shared/model/application.h"
#include "shared/model/encoded.h"
#include "shared/model/port.h"
#include "shared/model/size_text.h"
#include "shared/model/tidy_copy.h"

namespace skerry {
namespace {

// The shortest spelling of what a value means, so that another spelling is no change.
void respell(schema::Service::Builder service) {
  if (service.getRestart() == "always") service.disownRestart();
  if (service.hasSkerry() && service.getSkerry().getKind() == "container") service.disownSkerry();
  for (auto i : kj::indices(service.getPorts())) {
    std::string why;
    auto port = parsePort(text(service.getPorts()[i].asReader()), why);
    if (port) service.getPorts().set(i, print(*port).c_str());
  }
  if (!service.hasDeploy() || !service.getDeploy().hasResources()) return;
  auto limits = service.getDeploy().getResources().getLimits();
  if (auto cpu = parseCpuMilli(text(limits.getCpus().asReader()))) {
    limits.setCpus(printCpuMilli(*cpu).c_str());
  }
  if (auto bytes = parseSize(text(limits.getMemory().asReader()))) {
    limits.setMemory(printSize(*bytes).c_str());
  }
}

}  // namespace

Bytes canonicalApplication(schema::Application::Reader application) {
  capnp::MallocMessageBuilder respelt, tidied;
  respelt.setRoot(application);
  auto copied = respelt.getRoot<schema::Application>();
  copied.disownPlacement();
  copied.setPriority(0);
  for (auto service : copied.getServices()) respell(service);
  auto tidy = tidied.initRoot<schema::Application>();
  tidyCopy(capnp::toDynamic(copied.asReader()), capnp::toDynamic(tidy));
  return encode<schema::Application>(tidy);
}

Bytes canonicalManifest(schema::Manifest::Reader manifest) {
  capnp::MallocMessageBuilder tidied;
  auto tidy = tidied.initRoot<schema::Manifest>();
  tidyCopy(capnp::toDynamic(manifest), capnp::toDynamic(tidy));
  return encode<schema::Manifest>(tidy);
}

}  // namespace skerry
