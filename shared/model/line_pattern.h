// What `--grep` finds in lines: extended regular expressions over bytes. Pure.
//
//   a . [a-z] [^a-z] \d \w \s     a byte; any; one of these, none of these; digit, word, blank
//   ^ $   ab   a|b   (a)          both ends of the line; one after the other; either; together
//   a* a+ a?                      any number of them, one at least, one at most
//   \. \[ \\ ...                  the sign itself
//
// A machine of at most a few states for each byte of the pattern, all of them followed at once (K.
// Thompson, 1968): the cost of a line is its length times the pattern's, whatever they are. The
// system's own regcomp takes exponential time for `a+++++++++`. Counts `{}` and back-references are
// not offered.
#pragma once
#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

namespace skerry {

class LinePattern {
public:
  // Finds everything.
  LinePattern() = default;
  // Whether it is somewhere in `line`.
  bool isIn(const std::string& line) const;

  using Bytes = std::bitset<256>;
  struct Step {
    enum class Kind : uint8_t { TAKE, FORK, JUMP, BEGIN, END };
    Kind kind;
    Bytes bytes = {};  // TAKE: one of these
    int to = 1;        // JUMP, FORK: relative to this step
    int orTo = 1;      // FORK
  };

private:
  friend struct ParsedPattern;
  std::vector<Step> steps;  // found at the end of them
};

struct ParsedPattern {
  LinePattern pattern;
  std::string error;  // for a person; empty: it is sound

  // An empty text finds everything. At most PATTERN_BYTES_MAX.
  explicit ParsedPattern(const std::string& text);
};

}  // namespace skerry
