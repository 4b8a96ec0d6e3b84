#include "shared/cli/query.h"
#include "shared/crypto/bytes.h"

namespace skerry {
namespace {

struct Options {
  std::string id, site, name;
};

Task<int> approve(Cli& cli, Options options) {
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.approveHostRequest();
  request.setId(options.id.c_str());
  request.setSite(options.site.c_str());
  request.setName(options.name.c_str());
  auto sent = request.send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  cli.print(PlainValue::object({{"approved", PlainValue::of(options.id)},
                                {"site", PlainValue::of(options.site)}}),
            "host " + options.id + " becomes a host of site " + options.site +
                " when it calls next\n");
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineHost(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.require_subcommand(1);
  auto* approving = parser.add_subcommand("approve", "lets in a host that calls home, or will");
  approving->add_option("ID", options->id, "as `skerry-site id` prints it there")->required();
  approving->add_option("--site", options->site, "whose host it becomes")->required();
  approving->add_option("--name", options->name, "of the host; otherwise the host says");
  approving->fallthrough();
  return [options](Cli& cli) -> kj::Promise<int> { return cli.bounded(approve(cli, *options)); };
}

}  // namespace skerry
