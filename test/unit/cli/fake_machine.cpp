#include "test/unit/cli/fake_machine.h"
#include "shared/cli/program.h"
#include "shared/crypto/bytes.h"
#include "shared/model/time_text.h"
#include <doctest/doctest.h>
#include <cstring>
#include <set>

namespace skerry::test {

struct FakeMachine::Server {
  explicit Server(kj::Own<FakeAdmin> made)
      : admin(*made), rpc(schema::Admin::Client(kj::mv(made))) {}
  FakeAdmin& admin;
  capnp::TwoPartyServer rpc;
};

class FakeMachine::Address final : public kj::NetworkAddress {
public:
  Address(FakeMachine& machine, std::string path) : machine(machine), path(std::move(path)) {}

  kj::Promise<kj::Own<kj::AsyncIoStream>> connect() override {
    auto failed = machine.errors.find(path);
    if (failed != machine.errors.end()) return fail(failed->second);
    auto found = machine.servers.find(path);
    if (found == machine.servers.end()) return fail(ENOENT);
    auto pipe = kj::newTwoWayPipe();
    found->second->rpc.accept(kj::mv(pipe.ends[0]));
    return kj::mv(pipe.ends[1]);
  }
  kj::Own<kj::ConnectionReceiver> listen() override {
    KJ_UNIMPLEMENTED("the client never listens");
  }
  kj::Own<kj::NetworkAddress> clone() override { return kj::heap<Address>(machine, path); }
  kj::String toString() override { return kj::str("unix:", path.c_str()); }

private:
  kj::Promise<kj::Own<kj::AsyncIoStream>> fail(int error) {
    return KJ_EXCEPTION(DISCONNECTED, "connect()", strerror(error));
  }
  FakeMachine& machine;
  std::string path;
};

FakeMachine::FakeMachine() : scope(loop), clock(kj::origin<kj::TimePoint>()) {}
FakeMachine::~FakeMachine() noexcept(false) {}

int64_t FakeMachine::passedMs() {
  return (clock.now() - kj::origin<kj::TimePoint>()) / kj::MILLISECONDS;
}

std::string FakeMachine::ago(int64_t ms) { return printTime(NOW_MS - ms); }

FakeAdmin& FakeMachine::listen(const std::string& path) {
  auto& server = servers[path];
  server = kj::heap<Server>(kj::heap<FakeAdmin>());
  return server->admin;
}

void FakeMachine::stopDaemons() {
  stopping = kj::evalLater([this] { servers.clear(); }).eagerlyEvaluate(nullptr);
}

Ran FakeMachine::run(std::vector<std::string> arguments) {
  outText.clear();
  errText.clear();
  auto program = runProgram(*this, std::move(arguments));
  while (!program.poll(scope)) {
    auto next = clock.nextEvent();
    auto& at = KJ_REQUIRE_NONNULL(next, "everybody waits and no timer runs", outText.c_str(),
                                  errText.c_str());
    clock.advanceTo(at);
  }
  auto code = program.wait(scope);
  return {code, outText, errText};
}

std::optional<std::string> FakeMachine::environment(const std::string& name) {
  auto found = variables.find(name);
  if (found == variables.end()) return std::nullopt;
  return found->second;
}

kj::Promise<Ended> FakeMachine::runScript(const std::string& script) {
  scripts.push_back(script);
  return Ended{0, 0, kj::str("")};
}

std::optional<std::string> FakeMachine::readLine() {
  if (typed.empty()) return std::nullopt;
  auto line = typed.front();
  typed.erase(typed.begin());
  return line;
}

FileText FakeMachine::read(const std::string& path, size_t bytesMax) {
  auto found = files.find(path);
  if (found == files.end()) return {"", strerror(ENOENT)};
  return {found->second.substr(0, bytesMax + 1), ""};
}

std::string FakeMachine::write(const std::string& path, const std::string& text,
                               Existing existing) {
  if (existing == Existing::KEEP && files.contains(path)) return "File exists";
  files[path] = text;
  return "";
}

std::optional<std::vector<std::string>> FakeMachine::list(const std::string& path) {
  auto folder = path.back() == '/' ? path : path + "/";
  std::set<std::string> names;
  for (auto& [file, content] : files) {
    if (file.rfind(folder, 0) != 0) continue;
    auto rest = file.substr(folder.size());
    names.insert(rest.substr(0, rest.find('/')));
  }
  if (names.empty()) return std::nullopt;
  return std::vector<std::string>(names.begin(), names.end());
}

kj::Promise<kj::Own<kj::NetworkAddress>> FakeMachine::parseAddress(kj::StringPtr address,
                                                                   kj::uint) {
  auto path = text(address);
  KJ_REQUIRE(path.rfind("unix:", 0) == 0, "the client talks to unix sockets only", address);
  return kj::Own<kj::NetworkAddress>(kj::heap<Address>(*this, path.substr(5)));
}
kj::Own<kj::NetworkAddress> FakeMachine::getSockaddr(const void*, kj::uint) {
  KJ_UNIMPLEMENTED("not used by the client");
}
kj::Own<kj::Network> FakeMachine::restrictPeers(kj::ArrayPtr<const kj::StringPtr>,
                                                kj::ArrayPtr<const kj::StringPtr>) {
  KJ_UNIMPLEMENTED("not used by the client");
}

}  // namespace skerry::test
