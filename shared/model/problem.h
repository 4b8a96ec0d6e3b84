// What is wrong with something a person wrote, told so that they can mend it: where, what, and what
// to do. Problems are collected, never thrown: all of a file are shown at once.
#pragma once
#include <string>
#include <vector>

namespace skerry {

struct Problem {
  std::string file;  // empty: not from a file
  int line = 0;      // from 1; 0: not known
  std::string path;  // of the field: `services.web.ports[0]`; empty: the document
  std::string reason;  // a stable word for scripts: `unknown-key`, `wrong-type`, `bad-value` ...
  std::string message;  // one sentence without a full stop
  std::string hint;     // what to do about it; may be empty
  bool operator==(const Problem&) const = default;
};

using Problems = std::vector<Problem>;

// `FILE:LINE: PATH: MESSAGE; HINT`, without the parts that are not known.
std::string print(const Problem& problem);

}  // namespace skerry
