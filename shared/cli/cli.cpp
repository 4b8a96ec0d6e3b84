#include "shared/cli/cli.h"
#include "shared/async/plainly.h"
#include "shared/cli/cli_limits.h"
#include "shared/crypto/bytes.h"
#include "shared/model/time_text.h"

namespace skerry {

int Cli::fail(const Failures& failures) {
  machine.err(isJson() ? printJson(failures) : printText(failures));
  return failures.empty() ? int(ExitCode::FAILED) : int(failures[0].code);
}

void Cli::note(const std::string& sentence) {
  if (!isJson()) machine.err(sentence + "\n");
}

void Cli::print(const PlainValue& value, const std::string& otherwise) {
  switch (options.output) {
    case Output::JSON: return machine.out(prettyJson(value));
    case Output::YAML: return machine.out(blockYaml(value));
    default: return machine.out(otherwise);
  }
}

std::optional<Failure> Cli::confirm(const std::string& question, bool yes) {
  if (yes) return std::nullopt;
  if (!machine.inIsTerminal()) {
    return failure(ExitCode::USAGE, "needs-yes", question + " Nobody is there to answer",
                   "add --yes to go on without being asked");
  }
  machine.err(question + " [y/N] ");
  auto answer = machine.readLine().value_or("");
  if (answer == "y" || answer == "Y" || answer == "yes") return std::nullopt;
  return failure(ExitCode::FAILED, "declined", "nothing was changed");
}

kj::Promise<int> Cli::bounded(kj::Promise<int> verb) {
  auto ms = timeoutMs(ANSWER_MS);
  auto late = machine.timer().afterDelay(ms * kj::MILLISECONDS).then([this, ms] {
    return fail(failure(ExitCode::TIMED_OUT, "timed-out", "no answer within " + printDuration(ms),
                        "the daemon is busy or stuck; wait longer with --timeout"));
  });
  return verb.exclusiveJoin(kj::mv(late));
}

Failure failureOf(const kj::Exception& exception) {
  auto what = text(exception.getDescription());
  constexpr std::string_view REMOTE = "remote exception: ";
  bool isRemote = what.rfind(REMOTE, 0) == 0;
  if (isRemote) what.erase(0, REMOTE.size());
  what = plainly(what);
  switch (exception.getType()) {
    case kj::Exception::Type::DISCONNECTED:
      return failure(ExitCode::UNREACHABLE, "disconnected", "the daemon went away: " + what,
                     "see whether it runs, then try again");
    case kj::Exception::Type::OVERLOADED:
      return failure(ExitCode::UNREACHABLE, "busy", "the daemon is busy: " + what,
                     "try again in a while");
    case kj::Exception::Type::UNIMPLEMENTED:
      return failure(ExitCode::FAILED, "old-daemon",
                     "the daemon does not know this request: " + what,
                     "it is older than this client; upgrade it");
    default:
      return failure(ExitCode::FAILED, "failed", what,
                     isRemote ? "this is a fault of the daemon; its log says more" : "");
  }
}

}  // namespace skerry
