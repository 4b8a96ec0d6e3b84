// skerry-central: owns policy, tenancy, application revisions and the root of trust.
#include "shared/daemon/backup_verbs.h"
#include "shared/daemon/description_verbs.h"
#include "shared/daemon/preflight.h"
#include "shared/daemon/program.h"
#include "tier_central/backup_tier.h"
#include "tier_central/doctor.h"
#include "tier_central/init.h"
#include "tier_central/service.h"
#include <iostream>

using namespace skerry;

int main(int argc, char** argv) {
  CLI::App app("Skerry's central tier: policy, tenancy, applications, the root of trust.");
  std::string data = "/var/lib/skerry/central", http;
  int code = 0;
  addCommonOptions(app, data, "skerry-central");

  InitOptions options;
  auto init = app.add_subcommand("init", "make the root of trust, once");
  init->add_option("--name", options.name, "the fleet's name")->capture_default_str();
  init->add_option("--advertise", options.advertise, "HOST:PORT that regions dial");
  init->callback([&] {
    code = runOnce(data, [&](Host& host, const Transport&) -> kj::Promise<int> {
      auto before = lookBeforeBeginning(host, centralSubject(host));
      auto refused = tell(before);
      if (refused != 0) return refused;
      return initCentral(host, options).then([&] {
        std::cout << "central '" << options.name << "' is ready in " << data << "\n"
                  << "next: skerry-central serve --data " << data << "\n"
                  << "from elsewhere: skerry context add admin.context (" << data
                  << "/admin.context; whoever has that file is a global administrator)"
                  << std::endl;
        return 0;
      });
    });
  });

  CentralConfig config;
  auto serving = app.add_subcommand("serve", "serve until stopped");
  serving->add_option("--listen", config.listen, "ADDRESS:PORT; port 0: any free one")
      ->capture_default_str();
  serving->add_option("--http", http, HTTP_OPTION);
  serving->callback([&] {
    code = serve(data, http, [&](Host& host, const Transport& transport) -> kj::Own<Service> {
      return kj::heap<CentralService>(host, transport, config);
    });
  });
  auto doctor = addDoctor(app, data, code, [&](Host& host, const Transport& transport) {
    return examineCentral(host, transport, config.listen);
  });
  doctor->add_option("--listen", config.listen, "where it is to serve")->capture_default_str();
  addBackupVerbs(app, data, code, centralBackup());
  addDescriptionVerbs(app, data, code, centralSubject);
  return parseAndRun(app, argc, argv, code);
}
