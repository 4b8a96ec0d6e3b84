// What the three daemons' programs share: the data folder, serving until a signal, exit codes.
#pragma once
#include "shared/daemon/http_door.h"
#include "shared/host/real_host.h"
#include "shared/link/handshaker.h"
#include <CLI/CLI.hpp>

namespace skerry {

// A tier at work. Destroying it is a crash, stop() the polite way; neither touches applications.
class Service : public Observable {
public:
  // Resolves once it serves. FAILED says what to do.
  virtual kj::Promise<void> start() = 0;
  virtual kj::Promise<void> stop() = 0;
  // HOST:PORT it listens on; empty when on none.
  virtual std::string address() = 0;
};

using MakeService = kj::Function<kj::Own<Service>(Host& host, const Transport& transport)>;
using RunOnce = kj::Function<kj::Promise<int>(Host& host, const Transport& transport)>;

// Serves on this machine until SIGTERM or SIGINT; answers the exit code.
// `http`: where its pages are, ADDRESS:PORT; empty: nowhere.
int serve(const std::string& dataFolder, const std::string& http, MakeService make);
constexpr const char* HTTP_OPTION = "ADDRESS:PORT for /metrics, /healthz and /readyz";
// One action in a data folder (init, join, doctor).
int runOnce(const std::string& dataFolder, RunOnce action,
            DataFolder absent = DataFolder::MAKE);

// The options and the `version` verb every daemon has. `data` gets the folder.
void addCommonOptions(CLI::App& app, std::string& data, const std::string& program);
// Parses, runs the chosen verb's callback (which leaves the exit code in `code`), and turns usage
// errors into exit code 2.
int parseAndRun(CLI::App& app, int argc, char** argv, int& code);

constexpr auto STOP_MAX = 5 * kj::SECONDS;

}  // namespace skerry
