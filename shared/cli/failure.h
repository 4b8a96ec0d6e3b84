// What a command ends with when it does not succeed: exit codes and the error object, both fixed
// for scripts.
#pragma once
#include "shared/model/plain_value.h"
#include "shared/model/problem.h"
#include <string>
#include <vector>

namespace skerry {

enum class ExitCode {
  DONE = 0,
  FAILED = 1,
  USAGE = 2,         // bad usage or invalid input
  NOT_FOUND = 3,
  DENIED = 4,
  UNREACHABLE = 5,
  CONFLICT = 6,
  TIMED_OUT = 7,
  ONLY_OFFLINE = 8,  // `--wait=all`, and only offline sites are missing
  CHANGES = 9,       // `plan --exit-code`
};

struct Failure {
  ExitCode code = ExitCode::FAILED;
  Problem problem;   // where, the stable word, the sentence, the hint
  std::string next;  // a command to paste; may be empty
};

using Failures = std::vector<Failure>;

Failure failure(ExitCode code, std::string reason, std::string message, std::string hint = "",
                std::string next = "");
Failures failuresOf(const Problems& problems);

// For people: one line each, the command to paste below it.
std::string printText(const Failures& failures);
// For scripts: `{"error": the first, "errors": all of them}`.
std::string printJson(const Failures& failures);

}  // namespace skerry
