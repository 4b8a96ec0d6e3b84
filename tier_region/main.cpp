// skerry-region: schedules the sites near it, relays central's orders, issues certificates.
#include "shared/daemon/backup_verbs.h"
#include "shared/daemon/description_verbs.h"
#include "shared/daemon/join_verb.h"
#include "shared/daemon/preflight.h"
#include "shared/daemon/service_start.h"
#include "tier_region/backup_tier.h"
#include "tier_region/doctor.h"
#include "tier_region/join.h"
#include "tier_region/service.h"

using namespace skerry;

int main(int argc, char** argv) {
  CLI::App app("Skerry's regional tier: schedules the sites near it.");
  std::string data = "/var/lib/skerry/region", http;
  JoinWords words;
  int code = 0;
  addCommonOptions(app, data, "skerry-region");

  auto join = app.add_subcommand("join", "join central with a one-time token");
  join->add_option("token", words.token, "the token, @FILE, or - for standard input")->required();
  join->add_option("--proxy", words.proxy, PROXY_OPTION);
  join->callback([&] {
    JoinSteps steps;
    steps.database = REGION_DATABASE;
    steps.before = [](Host& host, const Transport& transport, const Token& parsed) {
      return lookBeforeJoining(host, transport, regionSubject(host), "central", parsed);
    };
    steps.join = [](Host& host, const Transport& transport, Token parsed, std::string proxy) {
      return joinRegion(host, transport, std::move(parsed), std::move(proxy));
    };
    // Nobody but a person knows where its sites reach it.
    steps.start = [](Host& host) { return tellHowToStart(host, regionSubject(host)); };
    steps.after = [](Host& host) { return readinessOfRegion(host); };
    code = runJoin(data, words, TokenKind::REGION, kj::mv(steps));
  });

  RegionConfig config;
  auto serving = app.add_subcommand("serve", "serve until stopped");
  serving->add_option("--listen", config.listen, "ADDRESS:PORT; port 0: any free one")
      ->capture_default_str();
  serving->add_option("--advertise", config.advertise, "HOST:PORT under which sites dial it");
  serving->add_option("--http", http, HTTP_OPTION);
  serving->callback([&] {
    code = serve(data, http, [&](Host& host, const Transport& transport) -> kj::Own<Service> {
      return kj::heap<RegionService>(host, transport, config);
    });
  });
  auto doctor = addDoctor(app, data, code, [&](Host& host, const Transport& transport) {
    return examineRegion(host, transport, config.listen);
  });
  doctor->add_option("--listen", config.listen, "where it is to serve")->capture_default_str();
  addBackupVerbs(app, data, code, regionBackup());
  addDescriptionVerbs(app, data, code, regionSubject);
  return parseAndRun(app, argc, argv, code);
}
