#include "shared/daemon/listen.h"
#include "shared/async/plainly.h"
#include <kj/debug.h>

namespace skerry {

kj::Promise<kj::Own<kj::ConnectionReceiver>> listenOn(Host& host, const std::string& address) {
  auto parsing = kj::evalNow([&] {
    return host.network.parseAddress(kj::StringPtr(address.c_str(), address.size()));
  });
  return parsing.then([](kj::Own<kj::NetworkAddress>&& parsed) { return parsed->listen(); })
      .catch_([address](kj::Exception&& reason) -> kj::Own<kj::ConnectionReceiver> {
    kj::throwFatalException(kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::str(
        "cannot listen on ", address.c_str(), ": ", briefly(reason).c_str(), ". Choose another "
        "address with --listen ADDRESS:PORT, or stop who uses it")));
  });
}

std::string listeningAt(const std::string& address, kj::ConnectionReceiver& port) {
  if (port.getPort() == 0) return address;  // a simulated address is a name
  return address.substr(0, address.rfind(':') + 1) + std::to_string(port.getPort());
}

}  // namespace skerry
