#include "shared/crypto/bytes.h"
#include "shared/daemon/admin_socket.h"
#include "test/unit/daemon/stopped_clock.h"
#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <kj/async-io.h>

namespace skerry {
namespace {

class Silent final : public schema::Admin::Server {
protected:
  kj::Promise<void> status(StatusContext context) override {
    context.getResults().initStatus().setName("central");
    return kj::READY_NOW;
  }
};

struct Office {
  StoppedClock clock;
  kj::Own<const kj::Directory> files = kj::newInMemoryDirectory(kj::nullClock());
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::Own<kj::NetworkAddress> address =
      io.provider->getNetwork().parseAddress("127.0.0.1:0").wait(io.waitScope);
  kj::Own<kj::AsyncIoStream> dial(uint number) {
    return io.provider->getNetwork().parseAddress("127.0.0.1", number).wait(io.waitScope)
        ->connect().wait(io.waitScope);
  }
  // What a client that behaves hears.
  std::string nameAsked(uint number) {
    auto stream = dial(number);
    capnp::TwoPartyClient client(*stream);
    auto answer = client.bootstrap().castAs<schema::Admin>().statusRequest().send();
    return answer.wait(io.waitScope).getStatus().getName().cStr();
  }
};

TEST_CASE("nonsense at the admin socket ends its own connection and nobody else's") {
  Office office;
  auto port = office.address->listen();
  auto number = port->getPort();
  auto log = kj::refcounted<AuditLog>(*office.files, office.clock, office.io.provider->getTimer(),
                                      [](Bytes) {});
  AdminDesk desk(kj::heap<Silent>(), kj::mv(log),
                 [] { return AdminPlace{"central", "fleet", ""}; });
  AdminSocket socket(kj::mv(port), desk, office.io.provider->getTimer());
  // The library's own reader writes beyond an empty table for the first, and allocates 32 GiB for
  // the second.
  std::vector<Bytes> all{Bytes(64, 0xff), {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
                         copy(view("GET / HTTP/1.1\r\n\r\n"))};
  for (auto& nonsense : all) {
    auto stream = office.dial(number);
    stream->write(nonsense.data(), nonsense.size()).wait(office.io.waitScope);
    // It is told why, and then hung up on.
    auto said = stream->readAllBytes().wait(office.io.waitScope);
    CHECK(said.size() > 0);
    CHECK(office.nameAsked(number) == "central");
  }
}

}  // namespace
}  // namespace skerry
