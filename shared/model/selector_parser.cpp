#include "shared/model/label_value.h"
#include "shared/model/model_limits.h"
#include "shared/model/selector_words.h"
#include "shared/model/utf8.h"

namespace skerry {
namespace {

using Node = Selector::Node;
using Operator = Selector::Operator;

struct Token {
  enum class Is { END, WORD, QUOTED, SIGN, UNCLOSED };
  Is is = Is::END;
  std::string text;
  size_t column = 1;
};

std::string describe(const Token& token) {
  switch (token.is) {
    case Token::Is::END: return "the end";
    case Token::Is::QUOTED: return "\"" + token.text + "\"";
    case Token::Is::UNCLOSED: return "a quote that is never closed";
    default: return "`" + token.text + "`";
  }
}

class Scanner {
public:
  explicit Scanner(std::string_view text) : text(text) {}

  Token next() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t')) ++at;
    Token token;
    token.column = at + 1;
    if (at == text.size()) return token;
    if (text[at] == '"' || text[at] == '\'') return quoted(token);
    if (isSelectorCharacter(text[at])) {
      token.is = Token::Is::WORD;
      while (at < text.size() && isSelectorCharacter(text[at])) token.text += text[at++];
      return token;
    }
    token.is = Token::Is::SIGN;
    token.text = text[at++];
    bool mayHaveEqual = std::string_view("!<>=").find(token.text[0]) != std::string_view::npos;
    if (mayHaveEqual && at < text.size() && text[at] == '=') token.text += text[at++];
    while (at < text.size() && (text[at] & 0xc0) == 0x80) token.text += text[at++];
    return token;
  }

private:
  Token quoted(Token token) {
    char quote = text[at++];
    while (at < text.size() && text[at] != quote) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      token.text += text[at++];
    }
    token.is = at < text.size() ? Token::Is::QUOTED : Token::Is::UNCLOSED;
    if (at < text.size()) ++at;
    return token;
  }

  std::string_view text;
  size_t at = 0;
};

// Recursive descent, one function per rule of selector.h. The first error ends it: `error` is set
// and everything returns.
class Parser {
public:
  explicit Parser(std::string_view text) : scanner(text), token(scanner.next()) {}

  ParsedSelector parse() {
    ParsedSelector parsed;
    if (token.is == Token::Is::END) return parsed;
    auto root = orExpression(0);
    if (error.message.empty() && token.is != Token::Is::END) expected("`and`, `or` or the end");
    if (!error.message.empty()) parsed.errors.push_back(error);
    else parsed.selector = Selector(std::move(root));
    return parsed;
  }

private:
  bool failed() const { return !error.message.empty(); }
  void fail(const Token& where, std::string message) {
    if (!failed()) error = {where.column, std::move(message)};
  }
  void expected(const std::string& what) {
    auto message = "found " + describe(token) + ", expected " + what;
    if (token.text == "==") message += "; equality is one `=`";
    if (token.text == "&&" || token.text == "&") message += "; write `and`";
    if (token.text == "|") message += "; write `or`";
    for (auto keyword : SELECTOR_KEYWORDS) {
      if (token.is == Token::Is::WORD && isLike(token.text, keyword)) {
        message += "; `" + std::string(keyword) + "` is written in small letters";
      }
    }
    fail(token, message);
  }
  static bool isLike(const std::string& text, std::string_view keyword) {
    if (text.size() != keyword.size() || text == keyword) return false;
    for (size_t i = 0; i < text.size(); ++i) {
      if ((text[i] | 0x20) != keyword[i]) return false;
    }
    return true;
  }
  bool isWord(std::string_view text) const {
    return token.is == Token::Is::WORD && token.text == text;
  }
  bool isSign(std::string_view text) const {
    return token.is == Token::Is::SIGN && token.text == text;
  }
  void advance() { token = scanner.next(); }

  Node chain(Operator is, size_t depth) {
    auto operand = [&] {
      return is == Operator::OR ? chain(Operator::AND, depth) : notExpression(depth);
    };
    Node node;
    node.is = is;
    node.operands.push_back(operand());
    while (!failed() && isWord(selectorWordOf(is))) {
      advance();
      node.operands.push_back(operand());
    }
    if (node.operands.size() > 1) return node;
    Node only = std::move(node.operands[0]);
    return only;
  }
  Node orExpression(size_t depth) { return chain(Operator::OR, depth); }

  Node notExpression(size_t depth) {
    if (depth >= SELECTOR_DEPTH_MAX) {
      fail(token, "nested deeper than " + std::to_string(SELECTOR_DEPTH_MAX) + " levels");
      return {};
    }
    if (isWord("not")) {
      advance();
      Node node;
      node.is = Operator::NOT;
      node.operands.push_back(notExpression(depth + 1));
      return node;
    }
    if (!isSign("(")) return test();
    advance();
    auto inner = orExpression(depth + 1);
    if (failed()) return inner;
    if (isSign(")")) advance();
    else expected("`and`, `or` or `)`");
    return inner;
  }

  Node test() {
    Node node;
    bool named = token.is == Token::Is::QUOTED ||
                 (token.is == Token::Is::WORD && !isSelectorKeyword(token.text));
    if (!named || token.text.empty()) {
      expected("a label, `not` or `(`");
      return node;
    }
    node.label = token.text;
    advance();
    if (isWord("exists")) {
      node.is = Operator::EXISTS;
      advance();
      return node;
    }
    if (isWord("in") || isWord("not")) return membership(std::move(node));
    return comparison(std::move(node));
  }

  Node membership(Node node) {
    node.is = isWord("in") ? Operator::IN : Operator::NOT_IN;
    if (isWord("not")) {
      advance();
      if (!isWord("in")) {
        expected("`in`");
        return node;
      }
    }
    advance();
    if (!isSign("(")) expected("`(`");
    while (!failed()) {
      advance();
      value(node);
      if (failed() || isSign(",")) continue;
      if (isSign(")")) break;
      expected("`,` or `)`");
    }
    if (!failed()) advance();
    return node;
  }

  Node comparison(Node node) {
    static constexpr std::array<Operator, 6> OPERATORS{Operator::EQ, Operator::NE, Operator::LT,
                                                       Operator::LE, Operator::GT, Operator::GE};
    for (auto is : OPERATORS) {
      if (isSign(selectorWordOf(is))) node.is = is;
    }
    if (node.is == Operator::ALL) {
      expected("`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in` or `exists`");
      return node;
    }
    advance();
    auto operand = token;
    value(node);
    bool ordered = node.is != Operator::EQ && node.is != Operator::NE;
    if (!failed() && ordered && (node.values[0].quoted || !isComparable(node.values[0].text))) {
      fail(operand, "`" + std::string(selectorWordOf(node.is)) + "` compares numbers, sizes, " +
                        "versions and durations, and " + describe(operand) + " is none");
    }
    return node;
  }

  void value(Node& node) {
    bool quoted = token.is == Token::Is::QUOTED;
    if (!quoted && (token.is != Token::Is::WORD || isSelectorKeyword(token.text))) {
      return expected("a value");
    }
    node.values.push_back({token.text, quoted});
    advance();
  }

  Scanner scanner;
  Token token;
  SelectorError error;
};

}  // namespace

ParsedSelector parseSelector(std::string_view text) {
  ParsedSelector parsed;
  if (text.size() > SELECTOR_BYTES_MAX) {
    parsed.errors.push_back({SELECTOR_BYTES_MAX + 1, "longer than " +
                                                         std::to_string(SELECTOR_BYTES_MAX) +
                                                         " bytes"});
    return parsed;
  }
  if (auto bad = firstNotUtf8(text); bad < text.size()) {
    parsed.errors.push_back({bad + 1, "found a byte that is no UTF-8"});
    return parsed;
  }
  return Parser(text).parse();
}

}  // namespace skerry
