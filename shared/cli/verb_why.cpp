#include "shared/cli/connection.h"
#include "shared/cli/table.h"
#include "shared/cli/verb.h"
#include "shared/crypto/bytes.h"

namespace skerry {
namespace {

struct Options {
  std::string app, site;
};

Task<int> why(Cli& cli, Options options) {
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.whyRequest();
  request.setTenant(cli.options.tenant.c_str());
  request.setApp(options.app.c_str());
  request.setSite(options.site.c_str());
  auto sent = request.send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  auto findings = PlainValue::list();
  std::string printed;
  for (auto finding : response.getFindings()) {
    findings.items.push_back(
        PlainValue::object({{"good", PlainValue::of(finding.getGood())},
                            {"text", PlainValue::of(text(finding.getText()))},
                            {"next", PlainValue::of(text(finding.getNext()))}}));
    printed += (finding.getGood() ? "yes  " : "NO   ") + printable(text(finding.getText())) + "\n";
    if (finding.getNext().size() > 0)
      printed += "     try: " + printable(text(finding.getNext())) + "\n";
  }
  cli.print(PlainValue::object({{"findings", findings}}), printed);
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineWhy(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("APP", options->app, "the application")->required();
  parser.add_option("--site", options->site, "the site")->required();
  return [options](Cli& cli) { return cli.bounded(why(cli, *options)); };
}

}  // namespace skerry
