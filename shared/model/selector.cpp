#include "shared/model/selector.h"
#include "shared/model/label_value.h"
#include "shared/model/selector_words.h"
#include <algorithm>

namespace skerry {
namespace {

using Node = Selector::Node;
using Operator = Selector::Operator;
using Value = Selector::Value;

bool equal(const std::string& label, const Value& value) {
  if (label == value.text) return true;
  if (value.quoted) return false;
  auto order = compareValues(label, value.text);
  return order && *order == 0;
}

bool matchesTest(const Node& test, const std::string& label) {
  auto isAnyOf = [&] {
    return std::any_of(test.values.begin(), test.values.end(),
                       [&](const Value& value) { return equal(label, value); });
  };
  auto order = [&] { return compareValues(label, test.values.at(0).text); };
  switch (test.is) {
    case Operator::EXISTS: return true;
    case Operator::EQ:
    case Operator::IN: return isAnyOf();
    case Operator::NE:
    case Operator::NOT_IN: return !isAnyOf();
    case Operator::LT: return order() && *order() < 0;
    case Operator::LE: return order() && *order() <= 0;
    case Operator::GT: return order() && *order() > 0;
    case Operator::GE: return order() && *order() >= 0;
    default: return false;
  }
}

bool matchesNode(const Node& node, const Labels& labels) {
  auto operand = [&](const Node& inner) { return matchesNode(inner, labels); };
  switch (node.is) {
    case Operator::ALL: return true;
    case Operator::OR: return std::any_of(node.operands.begin(), node.operands.end(), operand);
    case Operator::AND: return std::all_of(node.operands.begin(), node.operands.end(), operand);
    case Operator::NOT: return !operand(node.operands.at(0));
    default: {
      auto found = labels.find(node.label);
      if (found == labels.end()) return node.is == Operator::NE || node.is == Operator::NOT_IN;
      return matchesTest(node, found->second);
    }
  }
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string printValue(const Value& value) {
  return value.quoted || !isSelectorWord(value.text) ? quoted(value.text) : value.text;
}

std::string printTest(const Node& test) {
  auto text = isSelectorWord(test.label) ? test.label : quoted(test.label);
  text += " " + std::string(selectorWordOf(test.is));
  if (test.is == Operator::EXISTS) return text;
  if (test.is != Operator::IN && test.is != Operator::NOT_IN) {
    return text + " " + printValue(test.values.at(0));
  }
  text += " (";
  for (auto& value : test.values)
    text += (&value == &test.values[0] ? "" : ", ") + printValue(value);
  return text + ")";
}

// OR binds least, then AND, then NOT.
int bindingOf(Operator is) {
  return is == Operator::OR ? 0 : is == Operator::AND ? 1 : is == Operator::NOT ? 2 : 3;
}

std::string printNode(const Node& node, int outer) {
  std::string text;
  auto binding = bindingOf(node.is);
  switch (node.is) {
    case Operator::ALL: return "";
    case Operator::NOT: text = "not " + printNode(node.operands.at(0), binding); break;
    case Operator::OR:
    case Operator::AND:
      for (auto& operand : node.operands) {
        if (!text.empty()) text += " " + std::string(selectorWordOf(node.is)) + " ";
        text += printNode(operand, binding + 1);
      }
      break;
    default: return printTest(node);
  }
  return binding < outer ? "(" + text + ")" : text;
}

}  // namespace

bool Selector::matches(const Labels& labels) const { return matchesNode(root, labels); }
std::string Selector::print() const { return printNode(root, 0); }

}  // namespace skerry
