// skerry-site: runs applications on one host of a site, and keeps deciding when it is alone.
#include "shared/daemon/backup_verbs.h"
#include "shared/daemon/description_verbs.h"
#include "shared/daemon/join_verb.h"
#include "shared/daemon/preflight.h"
#include "shared/daemon/service_start.h"
#include "shared/host/real_service.h"
#include "tier_site/backup_tier.h"
#include "tier_site/call_home.h"
#include "tier_site/doctor.h"
#include "tier_site/join.h"
#include "tier_site/leave.h"
#include "tier_site/service.h"
#include "tier_site/unattended.h"
#include <iostream>

using namespace skerry;

namespace {

constexpr const char* HOME_OPTION =
    "HOST:PORT#PIN or @FILE, where a host without a token belongs; else /etc/skerry/home or "
    "/boot/firmware/skerry.home";

struct JoinOptions {
  JoinWords words;
  std::string home, hostName;
  bool wantsNoStart = false;
};

// Both outlive what is returned.
JoinSteps stepsOf(const JoinOptions& options, const SiteConfig& config) {
  JoinSteps steps;
  steps.database = SITE_DATABASE;
  steps.before = [](Host& host, const Transport& transport, const Token& parsed) {
    return lookBeforeJoining(host, transport, siteSubject(host), "the region", parsed);
  };
  steps.join = [&](Host& host, const Transport& transport, Token parsed, std::string proxy) {
    if (!parsed.id.empty()) {
      return joinSite(host, transport, std::move(parsed), options.hostName, std::move(proxy));
    }
    return callHome(host, transport, std::move(parsed), options.hostName, std::move(proxy),
                    [](const std::string&, const std::string& text) {
      std::cout << "waiting: " << text << std::endl;
    });
  };
  steps.start = [&](Host& host) {
    return options.wantsNoStart ? tellHowToStart(host, siteSubject(host))
                                : startService(host, siteSubject(host));
  };
  steps.after = [&](Host& host) { return readinessOfSite(host, config); };
  return steps;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Skerry's site tier: runs applications, also when everything above is gone.");
  std::string data = "/var/lib/skerry/site", http, output = "table";
  JoinOptions joining;
  int code = 0;
  bool wantsWipe = false;
  addCommonOptions(app, data, "skerry-site");

  SiteConfig config;
  config.process.keeperProgram = helperProgram("skerry-keeper");
  auto join = app.add_subcommand("join", "join a site with a one-time token, or call home");
  auto* tokenOption = join->add_option("token", joining.words.token,
                                       "the token, @FILE, or - for standard input");
  join->add_option("--home", joining.home, HOME_OPTION)->excludes(tokenOption);
  join->add_option("--host", joining.hostName, "this host's name, where nobody else says it");
  join->add_flag("--no-start", joining.wantsNoStart, "leave starting the service to others");
  join->add_option("--proxy", joining.words.proxy, PROXY_OPTION);
  join->callback([&] {
    auto steps = stepsOf(joining, config);
    code = joining.words.token.empty()
        ? joinHome(data, joining.home, joining.words.proxy, kj::mv(steps))
        : runJoin(data, joining.words, TokenKind::SITE, kj::mv(steps));
  });
  auto id = app.add_subcommand("id", "this host's identity, to approve it before it calls home");
  id->add_option("-o,--output", output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  id->callback([&] { code = sayIdentity(data, output); });

  auto serving = app.add_subcommand("serve", "serve until stopped");
  serving->add_option("--engine", config.engineSocket, "the container engine's socket")
      ->capture_default_str();
  serving->add_option("--listen", config.listen,
                      "ADDRESS:PORT for people with a context; port 0: any free one");
  serving->add_option("--http", http, HTTP_OPTION);
  serving->add_option("--home", joining.home, HOME_OPTION);
  serving->callback([&] {
    code = callHomeFirst(data, joining.home);
    if (code != 0) return;
    code = serve(data, http, [&](Host& host, const Transport& transport) -> kj::Own<Service> {
      return kj::heap<SiteService>(host, transport, config);
    });
  });
  auto leave = app.add_subcommand("leave", "end its applications, give up its identity");
  leave->add_flag("--wipe", wantsWipe, "erase whatever else is in the data folder, too");
  leave->add_option("--engine", config.engineSocket, "the container engine's socket; or none")
      ->capture_default_str();
  leave->callback([&] {
    code = runOnce(data, [&](Host& host, const Transport& transport) {
      return leaveSite(host, transport, config, wantsWipe ? Wipe::EVERYTHING : Wipe::OURS);
    }, DataFolder::LEAVE);
  });
  auto end = app.add_subcommand("end", "stop serving, and end what runs");
  end->group("");  // of `skerry up`
  end->add_option("--engine", config.engineSocket, "the container engine's socket");
  end->callback([&] {
    code = runOnce(data, [&](Host& host, const Transport&) { return endSite(host, config); },
                   DataFolder::LEAVE);
  });
  auto doctor = addDoctor(app, data, code, [&](Host& host, const Transport& transport) {
    return examineSite(host, transport, config);
  });
  doctor->add_option("--engine", config.engineSocket, "the container engine's socket")
      ->capture_default_str();
  addBackupVerbs(app, data, code, siteBackup());
  addDescriptionVerbs(app, data, code, siteSubject);
  return parseAndRun(app, argc, argv, code);
}
