// Label expressions: which sites (or other labelled things) are meant.
//
//   customer = acme and size in (medium, large) and not closed exists
//
//   or-expression   := and-expression { "or" and-expression }
//   and-expression  := not-expression { "and" not-expression }
//   not-expression  := "not" not-expression | "(" or-expression ")" | test
//   test            := LABEL ( "exists" | ["not"] "in" "(" VALUE { "," VALUE } ")"
//                            | ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) VALUE )
//
// A VALUE is a word or a quoted text. Unquoted values compare by their form: numbers (2, 0.5,
// 500m), sizes (128Mi, 2G: powers of 1,024), versions (1.4.2, v1.5), durations (90s, 1h30m, 7d); a
// number stands for a version where the other side is one. Everything else (0012, with its zeros),
// and what is quoted, compares as text. `<` and its kin need a number, a size, a version or a
// duration. On an absent label `!=` and `not in` are true, every other test is false. At most
// SELECTOR_BYTES_MAX bytes, nested at most SELECTOR_DEPTH_MAX deep.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skerry {

using Labels = std::map<std::string, std::string>;

struct SelectorError {
  size_t column = 0;    // from 1, in bytes
  std::string message;  // what was found and what was expected
  bool operator==(const SelectorError&) const = default;
};

class Selector {
public:
  struct Value {
    std::string text;
    bool quoted = false;
    bool operator==(const Value&) const = default;
  };
  enum class Operator { ALL, OR, AND, NOT, EXISTS, IN, NOT_IN, EQ, NE, LT, LE, GT, GE };
  struct Node {
    Operator is = Operator::ALL;
    std::string label;            // of a test
    std::vector<Value> values;    // of a test
    std::vector<Node> operands;   // of OR, AND (two or more), NOT (one)
    bool operator==(const Node&) const = default;
  };

  // Matches everything, as an empty text does.
  Selector() = default;
  explicit Selector(Node root) : root(std::move(root)) {}

  bool matches(const Labels& labels) const;
  // A text with the same meaning; parsing it gives an equal selector.
  std::string print() const;
  const Node& node() const { return root; }
  bool operator==(const Selector&) const = default;

private:
  Node root;
};

struct ParsedSelector {
  Selector selector;
  std::vector<SelectorError> errors;  // at most one; empty: `selector` is what the text says
  bool ok() const { return errors.empty(); }
};
ParsedSelector parseSelector(std::string_view text);

}  // namespace skerry
