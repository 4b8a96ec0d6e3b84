// skerry-site: runs applications on one host of a site, and keeps deciding when it is alone.
#include "shared/daemon/join_verb.h"
#include "shared/daemon/preflight.h"
#include "shared/host/real_service.h"
#include "tier_site/doctor.h"
#include "tier_site/join.h"
#include "tier_site/service.h"

using namespace skerry;

int main(int argc, char** argv) {
  CLI::App app("Skerry's site tier: runs applications, also when everything above is gone.");
  std::string data = "/var/lib/skerry/site", token, hostName;
  int code = 0;
  addCommonOptions(app, data, "skerry-site");

  SiteConfig config;
  config.process.keeperProgram = ownFolder() + "/skerry-keeper";
  auto join = app.add_subcommand("join", "join a site with a one-time token");
  join->add_option("token", token, "the token, @FILE, or - for standard input")->required();
  join->add_option("--host", hostName, "this host's name, where the token leaves it open");
  join->callback([&] {
    JoinSteps steps;
    steps.before = [](Host& host, const Transport& transport, const Token& parsed) {
      return lookBeforeJoining(host, transport, siteSubject(host), "the region", parsed);
    };
    steps.join = [&](Host& host, const Transport& transport, Token parsed) {
      return joinSite(host, transport, std::move(parsed), hostName);
    };
    steps.after = [&](Host& host) { return readinessOfSite(host, config); };
    code = runJoin(data, token, TokenKind::SITE, kj::mv(steps));
  });

  auto serving = app.add_subcommand("serve", "serve until stopped");
  serving->add_option("--engine", config.engineSocket, "the container engine's socket")
      ->capture_default_str();
  serving->callback([&] {
    code = serve(data, [&](Host& host, const Transport& transport) -> kj::Own<Service> {
      return kj::heap<SiteService>(host, transport, config);
    });
  });
  auto doctor = addDoctor(app, data, code, [&](Host& host, const Transport& transport) {
    return examineSite(host, transport, config);
  });
  doctor->add_option("--engine", config.engineSocket, "the container engine's socket")
      ->capture_default_str();
  return parseAndRun(app, argc, argv, code);
}
