#include "shared/daemon/program.h"
#include "shared/daemon/admin_socket.h"
#include "shared/daemon/log.h"
#include "shared/daemon/run_file.h"
#include "shared/host/real_host.h"
#include "shared/host/real_service.h"
#include "shared/model/time_text.h"
#include <kj/debug.h>
#include <iostream>

namespace skerry {
namespace {

// For a person: without the place in our source and the expression that was expected to hold.
std::string plainly(const kj::Exception& reason) {
  std::string what = reason.getDescription().cStr();
  auto message = what.find("; ");
  bool hasExpression = what.starts_with("expected ") && message != what.npos;
  return hasExpression ? what.substr(message + 2) : what;
}

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

void serveUntilStopped(kj::AsyncIoContext& io, Host& host, Service& service) {
  auto stopping = onStopSignal(io).ignoreResult().fork();
  auto started = service.start().then([] { return true; })
      .exclusiveJoin(stopping.addBranch().then([] { return false; })).wait(io.waitScope);
  if (!started) {
    logEvent(Severity::INFO, "daemon.stopped", {{"reason", "told to, before it was ready"}});
    return;
  }
  openToGroup(kj::str(host.path, "/", ADMIN_SOCKET), "skerry");
  auto address = service.address();
  writeRunFile(host, ownProcessId(), kj::StringPtr(address.c_str(), address.size()),
               kj::str(printTime(host.clock.wallMs()).c_str()));
  notifyManager("READY=1");
  logEvent(Severity::INFO, "daemon.ready", {{"folder", host.path}, {"listen", address},
                                            {"version", SKERRY_VERSION}});
  stopping.addBranch().wait(io.waitScope);
  notifyManager("STOPPING=1");
  removeRunFile(host);
  host.timer.timeoutAfter(STOP_MAX, service.stop()).wait(io.waitScope);
  logEvent(Severity::INFO, "daemon.stopped");
}

}  // namespace

int serve(const std::string& dataFolder, MakeService make) {
  int code = 0;
  captureStopSignals();
  startLogging();
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    auto io = kj::setupAsyncIo();
    RealHost real(io, kj::StringPtr(dataFolder.c_str(), dataFolder.size()));
    auto transport = newTlsTransport();
    auto service = make(real.host(), *transport);
    serveUntilStopped(io, real.host(), *service);
  })) {
    code = report(*reason);
  }
  return code;
}

int runOnce(const std::string& dataFolder, RunOnce action) {
  int code = 0;
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    auto io = kj::setupAsyncIo();
    RealHost real(io, kj::StringPtr(dataFolder.c_str(), dataFolder.size()));
    auto transport = newTlsTransport();
    code = action(real.host(), *transport).wait(io.waitScope);
  })) {
    code = report(*reason);
  }
  return code;
}

void addCommonOptions(CLI::App& app, std::string& data, const std::string& program) {
  app.require_subcommand(1);
  app.add_option("--data", data, "the data folder")->capture_default_str();
  app.fallthrough();
  app.add_subcommand("version", "say which version this is")->callback([program] {
    std::cout << program << " " << SKERRY_VERSION << std::endl;
  });
}

int parseAndRun(CLI::App& app, int argc, char** argv, int& code) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return code;
}

}  // namespace skerry
