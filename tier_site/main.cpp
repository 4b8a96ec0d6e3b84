// skerry-site: runs applications on one host of a site, and keeps deciding when it is alone.
#include "shared/daemon/description_verbs.h"
#include "shared/daemon/join_verb.h"
#include "shared/daemon/preflight.h"
#include "shared/daemon/service_start.h"
#include "shared/host/real_service.h"
#include "tier_site/doctor.h"
#include "tier_site/join.h"
#include "tier_site/leave.h"
#include "tier_site/service.h"

using namespace skerry;

int main(int argc, char** argv) {
  CLI::App app("Skerry's site tier: runs applications, also when everything above is gone.");
  std::string data = "/var/lib/skerry/site", token, hostName, http;
  int code = 0;
  bool wantsNoStart = false, wantsWipe = false;
  addCommonOptions(app, data, "skerry-site");

  SiteConfig config;
  config.process.keeperProgram = helperProgram("skerry-keeper");
  auto join = app.add_subcommand("join", "join a site with a one-time token");
  join->add_option("token", token, "the token, @FILE, or - for standard input")->required();
  join->add_option("--host", hostName, "this host's name, where the token leaves it open");
  join->add_flag("--no-start", wantsNoStart, "leave starting the service to others");
  join->callback([&] {
    JoinSteps steps;
    steps.before = [](Host& host, const Transport& transport, const Token& parsed) {
      return lookBeforeJoining(host, transport, siteSubject(host), "the region", parsed);
    };
    steps.join = [&](Host& host, const Transport& transport, Token parsed) {
      return joinSite(host, transport, std::move(parsed), hostName);
    };
    steps.start = [&](Host& host) {
      return wantsNoStart ? tellHowToStart(host, siteSubject(host))
                          : startService(host, siteSubject(host));
    };
    steps.after = [&](Host& host) { return readinessOfSite(host, config); };
    code = runJoin(data, token, TokenKind::SITE, kj::mv(steps));
  });

  auto serving = app.add_subcommand("serve", "serve until stopped");
  serving->add_option("--engine", config.engineSocket, "the container engine's socket")
      ->capture_default_str();
  serving->add_option("--http", http, HTTP_OPTION);
  serving->callback([&] {
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
  addDescriptionVerbs(app, data, code, siteSubject);
  return parseAndRun(app, argc, argv, code);
}
