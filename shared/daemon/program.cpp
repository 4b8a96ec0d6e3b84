#include "shared/daemon/program.h"
#include "shared/async/plainly.h"
#include "shared/daemon/admin_socket.h"
#include "shared/daemon/log.h"
#include "shared/daemon/run_file.h"
#include "shared/host/real_service.h"
#include "shared/host/thrift.h"
#include "shared/model/field_rules.h"
#include "shared/model/time_text.h"
#include <kj/debug.h>
#include <iostream>

namespace skerry {
namespace {

constexpr auto SETTLED_AFTER = 3 * kj::SECONDS;  // of starting: what is left is waiting
constexpr auto THRIFT_EVERY = 10 * kj::MINUTES;

int report(const kj::Exception& reason) {
  std::cerr << "error: " << plainly(reason) << std::endl;
  switch (reason.getType()) {
    case kj::Exception::Type::DISCONNECTED: return 5;
    case kj::Exception::Type::OVERLOADED:
    case kj::Exception::Type::UNIMPLEMENTED:
    case kj::Exception::Type::FAILED: break;
  }
  return 1;
}

// What is wrong with a command line: the verb that is missing or does not exist, or what the
// parser says of a verb's options.
std::string usageError(const CLI::App& app, const CLI::ParseError& error) {
  auto chosen = app.get_subcommands();
  if (!chosen.empty()) {
    return std::string("error: ") + error.what() + "\n  try: " + app.get_name() + " " +
           chosen[0]->get_name() + " --help";
  }
  std::vector<std::string> verbs;
  std::string list;
  for (auto* verb : app.get_subcommands(nullptr)) {
    if (verb->get_group().empty()) continue;  // hidden
    verbs.push_back(verb->get_name());
    list += (list.empty() ? "" : ", ") + verb->get_name();
  }
  std::string told = "a verb is missing";
  for (auto& word : app.remaining()) {
    if (word.starts_with("-")) continue;
    auto meant = nearest(word, verbs);
    told = "there is no verb `" + word + "`" +
           (meant.empty() ? "" : "; did you mean `" + meant + "`?");
    break;
  }
  return "error: " + told + "; the verbs are " + list + "\n  try: " + app.get_name() + " --help";
}

// For those who look for the daemon. A folder that cannot take it is no reason not to serve.
void announce(Host& host, const std::string& address, const std::string& http,
              const std::string& since) {
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    writeRunFile(host, ownProcessId(), kj::StringPtr(address.c_str(), address.size()),
                 http.c_str(), since.c_str());
    openPathToGroup(host.path, "skerry");
    openToGroup(kj::str(host.path, "/", ADMIN_SOCKET), "skerry");
  })) {
    logEvent(Severity::WARNING, "daemon.unannounced", {{"reason", plainly(*reason)}});
  }
}

// A daemon mostly waits: what its busy moments touched goes back, now and then.
kj::Promise<void> beThrifty(kj::Timer& timer, kj::Duration after) {
  return timer.afterDelay(after).then([&timer] {
    giveBackMemory();
    return beThrifty(timer, THRIFT_EVERY);
  });
}

void serveUntilStopped(kj::AsyncIoContext& io, Host& host, Service& service,
                       const std::string& http) {
  std::string address, since;  // once it is ready
  kj::Maybe<kj::Own<HttpDoor>> door;
  auto told = [&] {
    std::string pages;
    KJ_IF_MAYBE(held, door) pages = (*held)->address();
    if (!since.empty()) announce(host, address, pages, since);
  };
  if (!http.empty()) door = kj::heap<HttpDoor>(host, service, http, told);
  auto stopping = onStopSignal(io).ignoreResult().fork();
  auto started = service.start().then([] { return true; })
      .exclusiveJoin(stopping.addBranch().then([] { return false; })).wait(io.waitScope);
  if (!started) {
    logEvent(Severity::INFO, "daemon.stopped", {{"reason", "told to, before it was ready"}});
    return;
  }
  address = service.address();
  since = printTime(host.clock.wallMs());
  // That of an earlier life; where a disk is full it makes room. What cannot be removed cannot be
  // replaced either, and is told then.
  kj::runCatchingExceptions([&] { removeRunFile(host); });
  KJ_IF_MAYBE(held, door) (*held)->tierIsUp();
  told();
  notifyManager("READY=1");
  logEvent(Severity::INFO, "daemon.ready", {{"folder", host.path}, {"listen", address},
                                            {"version", SKERRY_VERSION}});
  auto thrift = beThrifty(host.timer, SETTLED_AFTER).eagerlyEvaluate(nullptr);
  stopping.addBranch().wait(io.waitScope);
  notifyManager("STOPPING=1");
  removeRunFile(host);
  door = nullptr;
  host.timer.timeoutAfter(STOP_MAX, service.stop()).wait(io.waitScope);
  logEvent(Severity::INFO, "daemon.stopped");
}

}  // namespace

int serve(const std::string& dataFolder, const std::string& http, MakeService make) {
  int code = 0;
  captureStopSignals();
  startLogging();
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    auto io = kj::setupAsyncIo();
    RealHost real(io, kj::StringPtr(dataFolder.c_str(), dataFolder.size()));
    auto transport = newTlsTransport();
    auto service = make(real.host(), *transport);
    serveUntilStopped(io, real.host(), *service, http);
  })) {
    code = report(*reason);
  }
  return code;
}

int runOnce(const std::string& dataFolder, RunOnce action, DataFolder absent) {
  int code = 0;
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    auto io = kj::setupAsyncIo();
    RealHost real(io, kj::StringPtr(dataFolder.c_str(), dataFolder.size()), absent);
    auto transport = newTlsTransport();
    code = action(real.host(), *transport).wait(io.waitScope);
  })) {
    code = report(*reason);
  }
  return code;
}

void addCommonOptions(CLI::App& app, std::string& data, const std::string& program) {
  app.name(program);
  app.require_subcommand(1);
  app.add_option("--data", data, "the data folder")->capture_default_str();
  app.fallthrough();
  app.add_subcommand("version", "say which version this is")->callback([program] {
    std::cout << program << " " << SKERRY_VERSION << std::endl;
  });
}

int parseAndRun(CLI::App& app, int argc, char** argv, int& code) {
  for (auto* verb : app.get_subcommands(nullptr)) {
    if (verb->get_name() != "version") verb->footer("  --data DIR: the data folder");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);
    std::cerr << usageError(app, e) << std::endl;
    return 2;
  }
  return code;
}

}  // namespace skerry
