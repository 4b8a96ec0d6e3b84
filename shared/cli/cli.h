// What every verb of the client has at hand: the options given before it, its way to the daemon,
// and its way to the user.
#pragma once
#include "shared/async/task.h"
#include "shared/cli/contexts.h"
#include "shared/cli/failure.h"
#include "shared/cli/machine.h"
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace skerry {

enum class Output { TABLE, WIDE, JSON, YAML, NAME };

// Options that stand before or after every verb.
struct GlobalOptions {
  std::string socket;
  std::string context;  // the name of one
  std::string tenant;
  bool allTenants = false;
  Output output = Output::TABLE;
  std::optional<int64_t> timeoutMs;
};

class Cli {
public:
  // `machine` outlives it.
  Cli(Machine& machine, GlobalOptions options, ChosenContext target = {})
      : machine(machine), options(std::move(options)), target(std::move(target)) {}
  KJ_DISALLOW_COPY(Cli);

  Machine& machine;
  const GlobalOptions options;
  // Where they lead: nothing, to a socket of this machine.
  const ChosenContext target;

  bool isJson() const { return options.output == Output::JSON; }
  int64_t timeoutMs(int64_t otherwise) const { return options.timeoutMs.value_or(otherwise); }

  // Prints in the form asked for and gives the exit code of the first.
  int fail(const Failures& failures);
  int fail(Failure only) { return fail(Failures{std::move(only)}); }
  // A sentence on standard error; with JSON only errors go there.
  void note(const std::string& sentence);
  // The value as JSON or YAML, or `otherwise` for people.
  void print(const PlainValue& value, const std::string& otherwise);
  // On a terminal asks; elsewhere `--yes` must have been given. Nothing: go on.
  std::optional<Failure> confirm(const std::string& question, bool yes);

  // Ends the verb as timed out when it takes longer than --timeout, or ANSWER_MS. The Cli outlives
  // the promise.
  kj::Promise<int> bounded(kj::Promise<int> verb);
};

// The exit code and the words for an exception that ended a command.
Failure failureOf(const kj::Exception& exception);

}  // namespace skerry
