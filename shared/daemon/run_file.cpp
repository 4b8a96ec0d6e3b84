#include "shared/daemon/run_file.h"
#include "shared/host/files.h"

namespace skerry {
namespace {
kj::Path runFile() { return kj::Path("run.json"); }
}  // namespace

void writeRunFile(Host& host, int pid, kj::StringPtr listen, kj::StringPtr http,
                  kj::StringPtr since) {
  auto json = kj::str("{\"pid\":", pid, ",\"listen\":\"", listen, "\",\"http\":\"", http,
                      "\",\"since\":\"", since, "\"}\n");
  replaceDurably(host.files, runFile(), json.asBytes());
}

void removeRunFile(Host& host) { host.files.tryRemove(runFile()); }

}  // namespace skerry
