#include "shared/model/line_pattern.h"
#include "shared/model/model_limits.h"

namespace skerry {
namespace {

using Step = LinePattern::Step;
using Steps = std::vector<Step>;
using Bytes = LinePattern::Bytes;

Bytes range(char first, char last) {
  Bytes bytes;
  for (int c = uint8_t(first); c <= uint8_t(last); ++c) bytes.set(size_t(c));
  return bytes;
}
Bytes one(char c) { return range(c, c); }
Bytes digits() { return range('0', '9'); }
Bytes word() { return digits() | range('a', 'z') | range('A', 'Z') | one('_'); }
Bytes blank() { return range('\t', '\r') | one(' '); }

// Everything is relative, so that pieces may be moved about while they are put together.
void append(Steps& to, const Steps& more) { to.insert(to.end(), more.begin(), more.end()); }
Step fork(int to, int orTo) { return {Step::Kind::FORK, {}, to, orTo}; }
Step jump(int to) { return {Step::Kind::JUMP, {}, to}; }

// Recursive descent; a pattern's length bounds its depth. The first error ends it.
class PatternParser {
public:
  explicit PatternParser(const std::string& text) : text(text) {}

  Steps parse() {
    auto steps = either();
    if (at < text.size()) fail("a ) without its (");
    return steps;
  }
  std::string error;

private:
  bool goesOn() const { return error.empty() && at < text.size(); }
  bool isNext(char c) const { return goesOn() && text[at] == c; }
  Steps fail(std::string why) {
    if (error.empty()) error = std::move(why);
    return {};
  }

  Steps either() {
    auto left = sequence();
    while (isNext('|')) {
      ++at;
      auto right = sequence();
      Steps both{fork(1, int(left.size()) + 2)};
      append(both, left);
      both.push_back(jump(int(right.size()) + 1));
      append(both, right);
      left = std::move(both);
    }
    return left;
  }
  Steps sequence() {
    Steps all;
    while (goesOn() && text[at] != '|' && text[at] != ')') append(all, repeated());
    return all;
  }
  Steps repeated() {
    auto part = single();
    while (isNext('*') || isNext('+') || isNext('?')) {
      char how = text[at++];
      int size = int(part.size());
      Steps whole;
      if (how == '*') whole.push_back(fork(1, size + 2));
      if (how == '?') whole.push_back(fork(1, size + 1));
      append(whole, part);
      if (how == '*') whole.push_back(jump(-size - 1));
      if (how == '+') whole.push_back(fork(-size, 1));
      part = std::move(whole);
    }
    return part;
  }
  Steps single() {
    char c = text[at++];
    switch (c) {
      case '(': return group();
      case '[': return {{Step::Kind::TAKE, set()}};
      case '.': return {{Step::Kind::TAKE, Bytes().set()}};
      case '^': return {{Step::Kind::BEGIN}};
      case '$': return {{Step::Kind::END}};
      case '\\': return {{Step::Kind::TAKE, escaped()}};
      case '*':
      case '+':
      case '?': return fail(std::string("nothing to repeat before ") + c);
      case '{': return fail("counts in {} are not offered; a brace itself is \\{");
      default: return {{Step::Kind::TAKE, one(c)}};
    }
  }
  Steps group() {
    auto inside = either();
    if (!isNext(')')) return fail("a ( without its )");
    ++at;
    return inside;
  }
  // Behind the backslash.
  Bytes escaped() {
    if (at == text.size()) return fail("nothing behind the last \\"), Bytes();
    char c = text[at++];
    if (c == 'd') return digits();
    if (c == 'w') return word();
    if (c == 's') return blank();
    if (c == 't') return one('\t');
    if (word().test(uint8_t(c))) fail(std::string("\\") + c + " has no meaning");
    return one(c);
  }
  // Behind the bracket; one that closes may come first.
  Bytes set() {
    Bytes bytes;
    bool isNegated = isNext('^');
    if (isNegated) ++at;
    for (bool isFirst = true; goesOn() && (isFirst || text[at] != ']'); isFirst = false) {
      char first = text[at++];
      if (first == '[' && isNext(':')) fail("classes by name are not offered; \\d, \\w, \\s are");
      auto part = first == '\\' ? escaped() : one(first);
      bool isRange = at + 1 < text.size() && text[at] == '-' && text[at + 1] != ']';
      if (isRange && part.count() == 1 && first != '\\') {
        char last = text[at + 1];
        at += 2;
        part = range(first, last);
        if (part.none()) fail("a range that ends before it begins");
      }
      bytes |= part;
    }
    if (!isNext(']')) return fail("a [ without its ]"), Bytes();
    ++at;
    return isNegated ? ~bytes : bytes;
  }

  const std::string& text;
  size_t at = 0;
};

// The steps that are being followed, each once.
class Followed {
public:
  Followed(const Steps& steps, size_t lineSize)
      : steps(steps), lineSize(lineSize), seen(steps.size() + 1, 0) {}

  void begin() {
    ++round;
    taking.clear();
  }
  // Follows what costs no byte. True: found.
  bool follow(size_t from, size_t position) {
    pending.assign(1, from);
    while (!pending.empty()) {
      auto at = pending.back();
      pending.pop_back();
      if (seen[at] == round) continue;
      seen[at] = round;
      if (at == steps.size()) return true;
      auto& step = steps[at];
      switch (step.kind) {
        case Step::Kind::TAKE: taking.push_back(at); break;
        case Step::Kind::FORK: pending.push_back(size_t(int(at) + step.orTo)); [[fallthrough]];
        case Step::Kind::JUMP: pending.push_back(size_t(int(at) + step.to)); break;
        case Step::Kind::BEGIN: if (position == 0) pending.push_back(at + 1); break;
        case Step::Kind::END: if (position == lineSize) pending.push_back(at + 1); break;
      }
    }
    return false;
  }
  std::vector<size_t> taking;

private:
  const Steps& steps;
  const size_t lineSize;
  std::vector<size_t> seen, pending;
  size_t round = 0;
};

}  // namespace

bool LinePattern::isIn(const std::string& line) const {
  if (steps.empty()) return true;
  Followed now(steps, line.size());
  std::vector<size_t> before;
  for (size_t position = 0; position <= line.size(); ++position) {
    before.swap(now.taking);
    now.begin();
    for (auto at : before) {
      bool isTaken = steps[at].bytes.test(uint8_t(line[position - 1]));
      if (isTaken && now.follow(at + 1, position)) return true;
    }
    if (now.follow(0, position)) return true;  // it may begin anywhere
  }
  return false;
}

ParsedPattern::ParsedPattern(const std::string& text) {
  if (text.size() > PATTERN_BYTES_MAX) {
    error = "it is longer than " + std::to_string(PATTERN_BYTES_MAX) + " bytes";
    return;
  }
  PatternParser parser(text);
  auto steps = parser.parse();
  error = parser.error;
  if (error.empty()) pattern.steps = std::move(steps);
}

}  // namespace skerry
