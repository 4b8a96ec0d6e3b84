// The words of label expressions, for their parser and their printer.
#pragma once
#include "shared/model/selector.h"
#include <array>

namespace skerry {

constexpr std::array<std::string_view, 5> SELECTOR_KEYWORDS{"and", "or", "not", "in", "exists"};

inline bool isSelectorKeyword(std::string_view text) {
  for (auto keyword : SELECTOR_KEYWORDS) {
    if (text == keyword) return true;
  }
  return false;
}

// What an unquoted label or value is made of.
inline bool isSelectorCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '/';
}

// Whether `text` can stand without quotes.
inline bool isSelectorWord(std::string_view text) {
  for (char c : text) {
    if (!isSelectorCharacter(c)) return false;
  }
  return !text.empty() && !isSelectorKeyword(text);
}

inline std::string_view selectorWordOf(Selector::Operator is) {
  switch (is) {
    case Selector::Operator::ALL: return "";
    case Selector::Operator::OR: return "or";
    case Selector::Operator::AND: return "and";
    case Selector::Operator::NOT: return "not";
    case Selector::Operator::EXISTS: return "exists";
    case Selector::Operator::IN: return "in";
    case Selector::Operator::NOT_IN: return "not in";
    case Selector::Operator::EQ: return "=";
    case Selector::Operator::NE: return "!=";
    case Selector::Operator::LT: return "<";
    case Selector::Operator::LE: return "<=";
    case Selector::Operator::GT: return ">";
    case Selector::Operator::GE: return ">=";
  }
  return "";
}

}  // namespace skerry
