// A machine for the client in which nothing is real: files in memory, virtual time, and a daemon
// behind a pipe.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/cli/machine.h"
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <functional>
#include <map>

namespace skerry::test {

// An admin socket whose answers the test writes. A call that it wrote none for fails.
class FakeAdmin final : public schema::Admin::Server {
public:
  using Server::ApplyContext;
  using Server::BlockContext;
  using Server::ChangedContext;
  using Server::CreateTokenContext;
  using Server::DeleteContext;
  using Server::DoctorContext;
  using Server::EventsContext;
  using Server::GetContext;
  using Server::LabelContext;
  using Server::LogsContext;
  using Server::PlanContext;
  using Server::RevokeTokenContext;
  using Server::UsageContext;
  using Server::WhyContext;

  std::function<void(schema::TierStatus::Builder)> onStatus;
  std::function<void(ApplyContext&)> onApply;
  std::function<void(PlanContext&)> onPlan;
  std::function<void(GetContext&)> onGet;
  std::function<void(DeleteContext&)> onDelete;
  std::function<void(CreateTokenContext&)> onCreateToken;
  std::function<void(RevokeTokenContext&)> onRevokeToken;
  std::function<kj::Promise<void>(LogsContext&)> onLogs;
  std::function<kj::Promise<void>(EventsContext&)> onEvents;
  std::function<void(WhyContext&)> onWhy;
  std::function<void(DoctorContext&)> onDoctor;
  std::function<void(UsageContext&)> onUsage;
  std::function<void(BlockContext&)> onBlock;
  std::function<void(LabelContext&)> onLabel;
  std::function<kj::Promise<void>(ChangedContext&)> onChanged;

private:
  kj::Promise<void> status(StatusContext context) override {
    onStatus(context.getResults().initStatus());
    return kj::READY_NOW;
  }
  kj::Promise<void> apply(ApplyContext context) override { return call(onApply, context); }
  kj::Promise<void> plan(PlanContext context) override { return call(onPlan, context); }
  kj::Promise<void> get(GetContext context) override { return call(onGet, context); }
  kj::Promise<void> delete_(DeleteContext context) override { return call(onDelete, context); }
  kj::Promise<void> createToken(CreateTokenContext context) override {
    return call(onCreateToken, context);
  }
  kj::Promise<void> revokeToken(RevokeTokenContext context) override {
    return call(onRevokeToken, context);
  }
  kj::Promise<void> logs(LogsContext context) override { return onLogs(context); }
  kj::Promise<void> events(EventsContext context) override { return onEvents(context); }
  kj::Promise<void> why(WhyContext context) override { return call(onWhy, context); }
  kj::Promise<void> doctor(DoctorContext context) override { return call(onDoctor, context); }
  kj::Promise<void> usage(UsageContext context) override { return call(onUsage, context); }
  kj::Promise<void> block(BlockContext context) override { return call(onBlock, context); }
  kj::Promise<void> label(LabelContext context) override { return call(onLabel, context); }
  kj::Promise<void> changed(ChangedContext context) override {
    if (onChanged) return onChanged(context);
    context.getResults().setVersion(context.getParams().getSince() + 1);
    return kj::READY_NOW;
  }

  template <typename Context>
  static kj::Promise<void> call(std::function<void(Context&)>& handler, Context& context) {
    KJ_REQUIRE(bool(handler), "the test wrote no answer to this call");
    handler(context);
    return kj::READY_NOW;
  }
};

struct Ran {
  int code;
  std::string out, err;
};

class FakeMachine final : public Machine, private kj::Network {
public:
  FakeMachine();
  ~FakeMachine() noexcept(false);

  // Runs a command line to its end; time passes as soon as everybody waits.
  Ran run(std::vector<std::string> arguments);

  // Answers at `path` from now on.
  FakeAdmin& listen(const std::string& path);
  // Connecting to `path` fails as the system would.
  void failAt(const std::string& path, int error) { errors[path] = error; }
  // Of what is no command line: waiting, by what time, and what was said on standard error.
  template <typename T>
  T wait(kj::Promise<T> promise) { return promise.wait(scope); }
  kj::Timer& time() { return clock; }
  const std::string& told() const { return errText; }
  // The daemons end, and their connections with them, as soon as the caller has returned.
  void stopDaemons();

  std::map<std::string, std::string> files;        // by path
  std::map<std::string, std::string> variables;
  std::vector<std::string> typed;                  // on the terminal
  std::vector<std::string> scripts;                // that were run; each succeeds
  bool isTerminal = false;
  static constexpr int64_t NOW_MS = 1'700'000'000'000;
  // A time that is `ms` before now, as daemons write it.
  static std::string ago(int64_t ms);
  int64_t passedMs();

private:
  kj::Network& network() override { return *this; }
  kj::Timer& timer() override { return clock; }
  int64_t wallMs() override { return NOW_MS + passedMs(); }
  std::optional<std::string> environment(const std::string& name) override;
  void out(const std::string& text) override { outText += text; }
  void err(const std::string& text) override { errText += text; }
  bool outIsTerminal() override { return isTerminal; }
  bool inIsTerminal() override { return isTerminal; }
  std::optional<std::string> readLine() override;
  FileText read(const std::string& path, size_t bytesMax) override;
  std::string write(const std::string& path, const std::string& text, Existing existing) override;
  void remove(const std::string& path) override { files.erase(path); }
  Entropy& entropy() override { return random; }
  std::optional<std::vector<std::string>> list(const std::string& path) override;
  std::string programFolder() override { return "/opt/skerry"; }
  kj::Promise<Ended> runScript(const std::string& script) override;
  kj::Promise<void> onStopSignal() override { return kj::NEVER_DONE; }

  kj::Promise<kj::Own<kj::NetworkAddress>> parseAddress(kj::StringPtr address, kj::uint) override;
  kj::Own<kj::NetworkAddress> getSockaddr(const void*, kj::uint) override;
  kj::Own<kj::Network> restrictPeers(kj::ArrayPtr<const kj::StringPtr>,
                                     kj::ArrayPtr<const kj::StringPtr>) override;

  struct Counting final : Entropy {
    void fill(kj::ArrayPtr<kj::byte> bytes) override { for (auto& byte : bytes) byte = ++last; }
    kj::byte last = 0;
  };
  Counting random;
  class Address;
  struct Server;
  kj::EventLoop loop;
  kj::WaitScope scope;
  kj::TimerImpl clock;
  std::map<std::string, kj::Own<Server>> servers;
  std::map<std::string, int> errors;
  kj::Promise<void> stopping = kj::READY_NOW;
  std::string outText, errText;
};

// A machine with one daemon that needs no --socket.
struct Site {
  Site() : admin(machine.listen("/var/lib/skerry/central/admin.sock")) {
    machine.files["/var/lib/skerry/central/admin.sock"] = "";
  }
  FakeMachine machine;
  FakeAdmin& admin;
  Ran run(std::vector<std::string> arguments) { return machine.run(std::move(arguments)); }
};

}  // namespace skerry::test
