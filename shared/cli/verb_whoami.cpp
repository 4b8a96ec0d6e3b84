#include "shared/cli/connection.h"
#include "shared/cli/verb.h"
#include "shared/crypto/bytes.h"
#include "shared/model/plain_manifest.h"

namespace skerry {
namespace {

Task<int> whoami(Cli& cli) {
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto sent = connected.connection->admin.whoamiRequest().send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  auto person = response.getPerson();
  auto words = text(person.getName()) + ": " + text(person.getRole());
  if (person.getScope().size() > 0) {
    words += " of " + text(person.getScope()) + " " + text(person.getScopeName());
  }
  words += ", at " + text(person.getTier()) + " " + text(person.getTierName()) + "\n";
  if (person.getCertificateEnds().size() > 0) {
    words += "certificate until " + text(person.getCertificateEnds()) + "\n";
  }
  cli.print(structValue(person, Unset::PRINT), words);
  co_return int(ExitCode::DONE);
}

}  // namespace

Run defineWhoami(CLI::App&) {
  return [](Cli& cli) -> kj::Promise<int> { return cli.bounded(whoami(cli)); };
}

}  // namespace skerry
