// Splits a command line into words as a POSIX shell does (quotes, backslashes), and nothing more:
// no variables, no patterns.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace skerry {

struct ShellWords {
  std::vector<std::string> words;
  std::string problem;  // empty: none
  bool ok() const { return problem.empty(); }
};
ShellWords splitShellWords(std::string_view text);

}  // namespace skerry
