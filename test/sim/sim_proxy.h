// An HTTP proxy at port 3128 of a simulated machine, that does as it is told.
#pragma once
#include "shared/async/task.h"
#include "test/sim/sim_host.h"
#include "test/sim/sim_world.h"
#include <kj/vector.h>
#include <string>
#include <vector>

namespace skerry {

class SimProxy final {
public:
  enum class Then : uint8_t { PASS, HANG_UP, HANG };  // after the reply

  // `machine` is on, and outlives it.
  explicit SimProxy(SimHost& machine) : machine(machine) { open(); }
  KJ_DISALLOW_COPY(SimProxy);

  std::string reply = "HTTP/1.1 200 OK\r\n\r\n";
  Then then = Then::PASS;
  std::vector<std::string> requests;

  void open() { accepting = accept().eagerlyEvaluate([](kj::Exception&&) {}); }
  // As when it dies.
  void close() {
    accepting = kj::READY_NOW;
    serving.clear();
  }

private:
  kj::Promise<void> accept() {
    return machine.host().network.parseAddress("*:3128")
        .then([this](kj::Own<kj::NetworkAddress>&& address) {
      auto port = address->listen();
      auto& borrowed = *port;
      return acceptFrom(borrowed).attach(kj::mv(port));
    });
  }
  kj::Promise<void> acceptFrom(kj::ConnectionReceiver& port) {
    return port.accept().then([this, &port](kj::Own<kj::AsyncIoStream>&& stream) {
      kj::Promise<void> served = serve(kj::mv(stream));
      serving.add(served.eagerlyEvaluate([](kj::Exception&&) {}));
      return acceptFrom(port);
    });
  }
  Task<void> serve(kj::Own<kj::AsyncIoStream> near) {
    std::string request;
    while (!request.ends_with("\r\n\r\n")) {
      char c;
      auto reading = near->read(&c, 1);
      co_await reading;
      request += c;
    }
    requests.push_back(request);
    auto answering = near->write(reply.data(), reply.size());
    co_await answering;
    if (then == Then::HANG_UP) co_return;
    if (then == Then::HANG) {
      kj::Promise<void> never = kj::NEVER_DONE;
      co_await never;
    }
    auto begin = request.find(' ') + 1;
    auto target = request.substr(begin, request.find(' ', begin) - begin);
    auto parsing = machine.host().network.parseAddress(target.c_str());
    auto address = co_await parsing;
    auto connecting = address->connect();
    auto far = co_await connecting;
    auto up = near->pumpTo(*far), down = far->pumpTo(*near);
    auto either = up.exclusiveJoin(kj::mv(down)).ignoreResult();
    co_await either;
  }

  SimHost& machine;
  kj::Vector<kj::Promise<void>> serving;
  kj::Promise<void> accepting = kj::READY_NOW;
};

}  // namespace skerry
