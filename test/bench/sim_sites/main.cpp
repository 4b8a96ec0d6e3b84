// skerry-sim-sites: thousands of protocol-true sites of one region in one process. Their links are
// real sockets and TLS, their certificates come from the region's own door, and what they verify,
// decide and report is the product's own core; their stores are in memory, and nothing runs.
//
//   skerry-sim-sites --central SOCKET --region NAME --count N     declares them, and makes tokens
//   skerry-sim-sites --tokens FILE [--count N]                    a token per line
//
// Reads steps from standard input, a line each, and prints one line of JSON for each:
//
//   join                     each gets its certificate; those busy or early try again
//   connect                  each begins and greets its region
//   cut                      all connections end at once; each comes back with its ticket
//   anew                     each dials without a ticket
//   act TENANT APP COUNT VALUE SITES...
//                            declares an application of one process where the label expression
//                            SITES says (needs --central), until COUNT sites act on it
//   online                   how many are
//   troubles                 why links ended or were not made so far, on standard error
//
// Times are in milliseconds from the begin of the step to when half (p50), 99 % (p99) and all of
// the sites were done. A socket each: with 10,000 sites `ulimit -n` must be above that, here and
// at the region.
#include "shared/host/real_host.h"
#include "test/bench/sim_sites/console.h"
#include "test/bench/sim_sites/fleet.h"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <kj/debug.h>
#include <sys/resource.h>

using namespace skerry;

namespace {

struct Options {
  std::string central, region = "north", tokens;
  size_t count = 1000;
};

void raiseDescriptors() {
  rlimit limit;
  KJ_SYSCALL(getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = limit.rlim_max;
  KJ_SYSCALL(setrlimit(RLIMIT_NOFILE, &limit));
}

std::vector<std::string> readTokens(const Options& options) {
  std::ifstream file(options.tokens);
  KJ_REQUIRE(file.good(), "cannot read the tokens", options.tokens.c_str());
  std::vector<std::string> tokens;
  for (std::string line; tokens.size() < options.count && std::getline(file, line);) {
    tokens.push_back(line);
  }
  return tokens;
}

void print(const std::string& step, SimFleet::Times times, const std::string& more = "") {
  std::sort(times.begin(), times.end());
  auto at = [&](double part) {
    return times.empty() ? 0 : times[std::min(times.size() - 1, size_t(part * times.size()))];
  };
  std::cout << "{\"step\": \"" << step << "\", \"sites\": " << times.size() << ", \"p50Ms\": "
            << at(0.5) << ", \"p99Ms\": " << at(0.99) << ", \"allMs\": " << at(1) << more << "}"
            << std::endl;
}

class Steps {
public:
  Steps(kj::AsyncIoContext& io, SimFleet& fleet, kj::Maybe<SimConsole&> console)
      : io(io), fleet(fleet), console(console),
        input(io.lowLevelProvider->wrapInputFd(STDIN_FILENO)) {}

  void run() {
    for (;;) {
      auto line = readLine();
      if (line.empty()) return;
      std::istringstream words(line);
      std::string step;
      words >> step;
      if (step == "act") act(words);
      else if (step == "online") online();
      else if (step == "troubles") troubles();
      else print(step, all(step).wait(io.waitScope));
    }
  }

private:
  kj::Promise<SimFleet::Times> all(const std::string& step) {
    if (step == "join") return fleet.join();
    if (step == "connect") return fleet.connect();
    if (step == "cut") return fleet.cut();
    if (step == "anew") return fleet.dialAnew();
    KJ_FAIL_REQUIRE("no such step", step.c_str());
  }

  void online() { std::cout << "{\"online\": " << fleet.onlineCount() << "}" << std::endl; }

  void troubles() {
    for (auto& [why, count] : fleet.troubles()) std::cerr << count << " x " << why << "\n";
    std::cout << "{\"troubles\": " << fleet.troubles().size() << "}" << std::endl;
  }

  void act(std::istringstream& words) {
    auto& at = KJ_REQUIRE_NONNULL(console, "to declare applications, name --central");
    TenantAndName app;
    size_t count;
    std::string value, sites;
    words >> app.first >> app.second >> count >> value;
    std::getline(words >> std::ws, sites);
    auto begin = SimFleet::nowMs();
    auto intent = at.apply(app, sites, value).wait(io.waitScope);
    auto answered = SimFleet::nowMs() - begin;
    print("act", fleet.act(app, intent, count, begin).wait(io.waitScope),
          ", \"answeredMs\": " + std::to_string(answered));
  }

  // Empty: there are no more.
  std::string readLine() {
    std::string line;
    for (char next; input->tryRead(&next, 1, 1).wait(io.waitScope) == 1 && next != '\n';) {
      line += next;
    }
    return line;
  }

  kj::AsyncIoContext& io;
  SimFleet& fleet;
  kj::Maybe<SimConsole&> console;
  kj::Own<kj::AsyncInputStream> input;
};

void run(const Options& options) {
  auto io = kj::setupAsyncIo();
  RealHost machine(io, "/nonexistent", DataFolder::LEAVE);
  auto transport = newTlsTransport();
  kj::Maybe<SimConsole> console;
  std::vector<std::string> tokens;
  if (options.central.empty()) {
    tokens = readTokens(options);
  } else {
    auto socket = "unix:" + options.central;
    auto& made = console.emplace(io.provider->getNetwork().parseAddress(socket.c_str())
                                     .wait(io.waitScope)->connect().wait(io.waitScope));
    tokens = made.declareSites(options.region, options.count).wait(io.waitScope);
  }
  SimFleet fleet(machine.host(), *transport);
  for (auto& text : tokens) {
    auto parsed = parseToken(text);
    auto token = std::get_if<Token>(&parsed);
    KJ_REQUIRE(token != nullptr, "this is no token", text.c_str());
    fleet.add(*token);
  }
  std::cout << "{\"step\": \"declare\", \"sites\": " << fleet.size() << "}" << std::endl;
  Steps(io, fleet, console.map([](SimConsole& c) -> SimConsole& { return c; })).run();
  // What ends with the process need not be taken apart site by site.
  std::cout << std::flush;
  _exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Thousands of protocol-true sites of one region, for benches", "skerry-sim-sites");
  Options options;
  app.add_option("--central", options.central, "its admin.sock: declare sites and make tokens");
  app.add_option("--region", options.region, "of the sites that are declared")
      ->capture_default_str();
  app.add_option("--tokens", options.tokens, "a file with a token per line, instead of --central");
  app.add_option("--count", options.count, "of sites")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    raiseDescriptors();
    run(options);
  })) {
    std::cerr << "error: " << reason->getDescription().cStr() << std::endl;
    return 1;
  }
  return 0;
}
