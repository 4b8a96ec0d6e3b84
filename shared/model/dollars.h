// The Compose specification's `${VAR}`, which a fleet has no environment for: refused, with the
// template to write instead. `$$` stands for one `$`.
#pragma once
#include <string>
#include <string_view>

namespace skerry {

struct ReadDollars {
  std::string text;     // with each `$$` made one
  std::string problem;  // empty: none
  std::string hint;
  bool ok() const { return problem.empty(); }
};
ReadDollars readDollars(std::string_view text);
// The way back.
std::string writeDollars(std::string_view text);

}  // namespace skerry
