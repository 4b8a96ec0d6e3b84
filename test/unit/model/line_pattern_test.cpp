#include "shared/model/line_pattern.h"
#include "shared/model/model_limits.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

bool finds(const std::string& pattern, const std::string& line) {
  ParsedPattern parsed(pattern);
  CAPTURE(parsed.error);
  REQUIRE(parsed.error.empty());
  return parsed.pattern.isIn(line);
}

TEST_CASE("a pattern finds lines as an extended regular expression does") {
  CHECK(finds("", "anything"));
  CHECK(finds("error|timed? ?out", "connection timed out"));
  CHECK(!finds("error|timed? ?out", "all is well"));
  CHECK(finds("^GET /[a-z]+ 5[0-9][0-9]$", "GET /pay 503"));
  CHECK(!finds("^pay", "GET /pay"));
  CHECK(finds("\\{\"level\"", "{\"level\":1}"));
  CHECK(finds("a.c", std::string("a\0c", 3)));
  CHECK(finds("b$", std::string("a\0b", 3)));
  CHECK(!finds("b$", std::string("b\0a", 3)));
  CHECK(finds("^$", ""));
  CHECK(!finds("^$", "x"));
  CHECK(finds("a(b|c)*d", "xabcbcdx"));
  CHECK(!finds("^a(b|c)+d$", "ad"));
  CHECK(finds("^(a|)b?$", "a"));
  CHECK(finds("\\d+\\s\\w", "took 12 ms"));
  CHECK(!finds("\\d\\.\\d", "1x2"));
  CHECK(finds("(a*)*b", "aab"));
}

TEST_CASE("brackets hold bytes, ranges, their opposite, and a bracket that comes first") {
  CHECK(finds("^[]x]+$", "]x]"));
  CHECK(!finds("[^]x]", "]x]"));
  CHECK(finds("^[a-c-]+$", "a-c"));
  CHECK(finds("^[\\d\\]]+$", "1]2"));
  CHECK(finds("[^ -~]", "caf\xc3\xa9"));
  CHECK(!finds("[^ -~]", "cafe"));
}

TEST_CASE("a pattern that is none, or that could cost without bound, is refused with the reason") {
  for (std::string pattern : {"(", ")", "a)b", "[a", "[]", "*a", "(|+)", "a{1,2000}", "(a)\\1",
                              "\\", "[z-a]", "[[:space:]]", "\\q"}) {
    CAPTURE(pattern);
    CHECK(!ParsedPattern(pattern).error.empty());
  }
  CHECK(ParsedPattern(std::string(PATTERN_BYTES_MAX, 'a')).error.empty());
  CHECK(!ParsedPattern(std::string(PATTERN_BYTES_MAX + 1, 'a')).error.empty());
}

TEST_CASE("patterns that ruin other matchers cost little") {
  std::string line(16 << 10, 'a');
  CHECK(!finds("(a*)*b", line));
  CHECK(!finds("(a|aa)+$b", line));
  CHECK(!finds("(.*)(.*)(.*)(.*)x", line));
  CHECK(finds("a" + std::string(PATTERN_BYTES_MAX - 1, '+'), line));
  std::string nested;
  for (int i = 0; i < 64; ++i) nested = "(" + nested + "a)+";
  CHECK(nested.size() <= PATTERN_BYTES_MAX);
  CHECK(finds(nested, line));
}

}  // namespace
}  // namespace skerry
