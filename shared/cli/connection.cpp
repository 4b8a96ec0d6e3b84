#include "shared/cli/connection.h"
#include "shared/async/plainly.h"
#include "shared/cli/remote.h"
#include "shared/cli/socket_search.h"
#include "shared/crypto/bytes.h"
#include <cstring>

namespace skerry {
namespace {

Failure cannotConnect(const std::string& path, const kj::Exception& exception) {
  auto why = text(exception.getDescription());
  auto says = [&](int error) { return why.find(strerror(error)) != std::string::npos; };
  if (says(EACCES) || says(EPERM)) {
    return failure(ExitCode::DENIED, "denied", "you may not open " + path,
                   "become a member of the group skerry, or use sudo");
  }
  if (says(ENOENT)) {
    return failure(ExitCode::UNREACHABLE, "no-daemon", "there is no " + path,
                   "the daemon does not run, or keeps its data elsewhere");
  }
  if (says(ECONNREFUSED)) {
    return failure(ExitCode::UNREACHABLE, "no-daemon", "nobody answers at " + path,
                   "the daemon that made it does not run any more; start it again");
  }
  return failure(ExitCode::UNREACHABLE, "no-daemon",
                 "cannot connect to " + path + ": " + plainly(why),
                 "name the socket of a daemon that runs: --socket PATH");
}

}  // namespace

Task<Connected> connect(Cli& cli) {
  Connected connected;
  connected.failure = cli.target.failure;
  if (connected.failure) co_return connected;
  if (cli.target.context) {
    auto dialling = connectRemotely(cli, *cli.target.context);
    connected = co_await dialling;
    co_return connected;
  }
  auto socket = findSocket(cli.machine, cli.options.socket);
  if (socket.failure) {
    connected.failure = socket.failure;
    co_return connected;
  }
  kj::Maybe<kj::Exception> error;
  try {
    auto name = kj::str("unix:", socket.path.c_str());
    auto parsing = cli.machine.network().parseAddress(name);
    auto address = co_await parsing;
    auto connecting = address->connect();
    auto stream = co_await connecting;
    connected.connection = kj::heap<Connection>(kj::mv(stream));
  } catch (kj::Exception& caught) {
    error = kj::mv(caught);
  }
  KJ_IF_MAYBE(caught, error) connected.failure = cannotConnect(socket.path, *caught);
  co_return connected;
}

Failures failuresOf(capnp::List<schema::Problem>::Reader problems) {
  Failures failures;
  for (auto problem : problems) {
    auto known = problem.getCode() >= 1 && problem.getCode() <= int(ExitCode::CHANGES);
    auto made = failure(known ? ExitCode(problem.getCode()) : ExitCode::FAILED,
                        text(problem.getReason()), text(problem.getMessage()),
                        text(problem.getHint()), text(problem.getNext()));
    made.problem.path = text(problem.getPath());
    failures.push_back(std::move(made));
  }
  return failures;
}

}  // namespace skerry
