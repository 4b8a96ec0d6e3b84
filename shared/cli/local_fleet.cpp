#include "shared/cli/local_fleet.h"
#include "shared/cli/cli_limits.h"
#include <algorithm>
#include <array>

namespace skerry {
namespace {

enum class Tier : uint8_t { CENTRAL, REGION, SITE };
constexpr std::array<const char*, 3> NAMES{"central", "region", "site"};
constexpr std::array TIERS{Tier::CENTRAL, Tier::REGION, Tier::SITE};

const char* nameOf(Tier tier) { return NAMES[size_t(tier)]; }

// In single quotes, for a shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

class LocalFleet {
public:
  LocalFleet(Cli& cli, LocalFleetOptions options)
      : cli(cli), machine(cli.machine), options(std::move(options)),
        programs(machine.programFolder()) {}

  static Task<int> live(kj::Own<LocalFleet> fleet) {
    auto stop = fleet->machine.onStopSignal().fork();
    kj::Promise<std::string> beginning = begin(*fleet);
    auto begun = beginning.exclusiveJoin(stop.addBranch().then([] { return std::string("-"); }));
    auto trouble = co_await begun;
    if (trouble.empty()) {
      fleet->tellHowToUse();
      auto stopped = stop.addBranch();
      co_await stopped;
    }
    fleet->cli.note("ending the site's applications, then the tiers");
    kj::Promise<void> closing = close(*fleet);
    co_await closing;
    if (trouble.empty() || trouble == "-") co_return int(ExitCode::DONE);
    co_return fleet->cli.fail(failure(ExitCode::FAILED, "not-up", trouble,
                                      "the logs are in " + fleet->options.folder));
  }

private:
  std::string folder(Tier tier) const { return options.folder + "/" + nameOf(tier); }
  std::string log(Tier tier) const { return folder(tier) + ".log"; }
  std::string program(Tier tier) const { return quoted(programs + "/skerry-" + nameOf(tier)); }
  std::string data(Tier tier) const { return " --data " + quoted(folder(tier)); }
  std::string client() const {
    return quoted(programs + "/skerry") + " --socket " + quoted(folder(Tier::CENTRAL) + "/" +
                                                                SOCKET_NAME);
  }
  std::string address(Tier tier) const {
    return options.host + ":" + std::to_string(options.port + (tier == Tier::REGION ? 1 : 0));
  }

  bool has(Tier tier, const std::string& where, const std::string& name) {
    auto names = machine.list(folder(tier) + where).value_or(std::vector<std::string>());
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  bool hasIdentity(Tier tier) { return has(tier, "/identity", "chain.pem"); }

  std::string servingCommand(Tier tier) const {
    auto command = program(tier) + " serve" + data(tier);
    if (tier == Tier::SITE) {
      return options.engine.empty() ? command : command + " --engine " + quoted(options.engine);
    }
    bool isLocal = options.host == "127.0.0.1";
    command += " --listen " + (isLocal ? address(tier) : "0.0.0.0" + address(tier).substr(
                                                             address(tier).rfind(':')));
    return tier == Tier::REGION ? command + " --advertise " + quoted(address(tier)) : command;
  }

  // One that was not told to end is started again. It ends with this process, whatever ends that,
  // and not with the keys that a terminal sends to everybody in the foreground.
  static Task<void> keepServing(LocalFleet& fleet, Tier tier) {
    while (!fleet.isClosing) {
      auto serving = fleet.machine.runScript("exec setsid setpriv --pdeathsig TERM " +
                                       fleet.servingCommand(tier) + " >>" +
                                       quoted(fleet.log(tier)) + " 2>&1");
      co_await serving;
      if (fleet.isClosing) co_return;
      fleet.cli.note(std::string(nameOf(tier)) + " ended, and is started again; its log: " +
                     fleet.log(tier));
      auto waiting = fleet.machine.timer().afterDelay(TIER_RESTART_AFTER);
      co_await waiting;
    }
  }

  // Nothing, or what is wrong.
  static Task<std::string> serve(LocalFleet& fleet, Tier tier) {
    auto clearing = fleet.machine.runScript("rm -f " + quoted(fleet.folder(tier) + "/run.json"));
    co_await clearing;
    kj::Promise<void> serving = keepServing(fleet, tier);
    fleet.tiers[size_t(tier)] = serving.eagerlyEvaluate(nullptr);
    for (kj::Duration waited = 0 * kj::SECONDS; waited < TIER_READY_MAX; waited += TIER_LOOK) {
      if (fleet.has(tier, "", "run.json")) {
        fleet.cli.note(std::string(nameOf(tier)) + " serves");
        co_return "";
      }
      auto waiting = fleet.machine.timer().afterDelay(TIER_LOOK);
      co_await waiting;
    }
    co_return std::string(nameOf(tier)) + " is not ready; see " + fleet.log(tier);
  }

  // A script until it succeeds: what it needs may be on its way.
  static Task<std::string> repeat(LocalFleet& fleet, std::string script, std::string what) {
    Ended ended;
    auto output = quoted(fleet.options.folder + "/up.log");
    for (kj::Duration waited = 0 * kj::SECONDS; waited < TIER_READY_MAX; waited += TIER_LOOK) {
      auto running = fleet.machine.runScript("{ " + script + "; } >" + output + " 2>&1");
      ended = co_await running;
      if (ended.code == 0) co_return "";
      auto waiting = fleet.machine.timer().afterDelay(TIER_LOOK);
      co_await waiting;
    }
    co_return what + " did not succeed; see " + fleet.options.folder + "/up.log";
  }

  std::string joining(Tier tier, const std::string& name) const {
    auto token = client() + " token create " + nameOf(tier) + " " + quoted(name) + " -o name";
    auto join = program(tier) + " join -" + data(tier);
    if (tier == Tier::SITE) join += " --no-start";
    return "token=$(" + token + ") && printf %s \"$token\" | " + join;
  }

  std::string declaring() const {
    return "printf 'kind: Tenant\\nname: %s\\n---\\nkind: Region\\nname: %s\\n---\\nkind: Site\\n"
           "name: %s\\nregion: %s\\nlabels: { site: %s }\\n' " + quoted(options.tenant) + " " +
           quoted(options.region) + " " + quoted(options.site) + " " + quoted(options.region) +
           " " + quoted(options.site) + " | " + client() + " apply -f -";
  }

  static Task<std::string> begin(LocalFleet& fleet) {
    auto making = fleet.machine.runScript("mkdir -p " + quoted(fleet.options.folder));
    co_await making;
    if (!fleet.hasIdentity(Tier::CENTRAL)) {
      auto initializing = fleet.machine.runScript(
          fleet.program(Tier::CENTRAL) + " init --advertise " +
          quoted(fleet.address(Tier::CENTRAL)) + fleet.data(Tier::CENTRAL) + " >/dev/null");
      auto ended = co_await initializing;
      if (ended.code != 0) co_return "central could not be made";
    }
    auto central = serve(fleet, Tier::CENTRAL);
    auto trouble = co_await central;
    if (trouble.empty() && !fleet.hasIdentity(Tier::SITE)) {
      auto declared = repeat(fleet, fleet.declaring(), "declaring the region and the site");
      trouble = co_await declared;
    }
    for (auto tier : {Tier::REGION, Tier::SITE}) {
      if (!trouble.empty()) co_return trouble;
      if (!fleet.hasIdentity(tier)) {
        auto& name = tier == Tier::REGION ? fleet.options.region : fleet.options.site;
        auto joined = repeat(fleet, fleet.joining(tier, name), "joining as " + name);
        trouble = co_await joined;
        if (!trouble.empty()) co_return trouble;
      }
      auto serving = serve(fleet, tier);
      trouble = co_await serving;
    }
    co_return trouble;
  }

  // The site first: it would start again what ends here.
  static Task<void> close(LocalFleet& fleet) {
    fleet.isClosing = true;
    if (fleet.hasIdentity(Tier::SITE)) {
      auto engine = fleet.options.engine.empty() ? "" : " --engine " + quoted(fleet.options.engine);
      auto ending = fleet.machine.runScript(fleet.program(Tier::SITE) + " end" +
                                            fleet.data(Tier::SITE) + engine + " >/dev/null");
      co_await ending;
    }
    for (auto tier : {Tier::REGION, Tier::CENTRAL}) {
      auto ending = fleet.machine.runScript(
          "pid=$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/' " +
          quoted(fleet.folder(tier) + "/run.json") + " 2>/dev/null) && kill -TERM $pid");
      co_await ending;
    }
    for (auto tier : TIERS) {
      auto& serving = fleet.tiers[size_t(tier)];
      KJ_IF_MAYBE(promise, serving) {
        auto late = fleet.machine.timer().afterDelay(TIER_READY_MAX);
        auto ended = promise->exclusiveJoin(kj::mv(late));
        co_await ended;
      }
    }
  }

  void tellHowToUse() {
    std::string sockets;
    for (auto tier : TIERS) {
      sockets += "  " + std::string(nameOf(tier)) + "  " + folder(tier) + "/" + SOCKET_NAME + "\n";
    }
    cli.note("up: central, region `" + options.region + "` and site `" + options.site + "`\n" +
             sockets + "to use it, in another shell:\n  export SKERRY_SOCKET=" +
             folder(Tier::CENTRAL) + "/" + SOCKET_NAME + "\n  skerry status\n  skerry apply -f "
             "APPLICATION.yaml --wait\nan application runs here with `tenant: " + options.tenant +
             "` and `sites: \"site = " + options.site + "\"`\nto end it, with its "
             "applications: Ctrl-C; the folder stays, and `skerry up` goes on with it");
  }

  Cli& cli;
  Machine& machine;
  LocalFleetOptions options;
  std::string programs;
  bool isClosing = false;
  std::array<kj::Maybe<kj::Promise<void>>, 3> tiers;
};

}  // namespace

kj::Promise<int> runLocalFleet(Cli& cli, LocalFleetOptions options) {
  return LocalFleet::live(kj::heap<LocalFleet>(cli, std::move(options)));
}

}  // namespace skerry
