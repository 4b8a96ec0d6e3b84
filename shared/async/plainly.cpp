#include "shared/async/plainly.h"
#include <algorithm>
#include <vector>

namespace skerry {
namespace {

constexpr std::string_view EXPECTED = "expected ", BREAK = "; ", EQUALS = " = ", CALL = "): ";

// A name in our source, as operands have it: no word of prose.
bool isExpression(std::string_view text) {
  auto isPart = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.:()[]<>-&*'\"").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), isPart);
}

// Takes the last operand off; false when there is none.
bool takeOperand(std::string& what, std::string& value) {
  auto at = what.rfind(BREAK);
  if (at == what.npos) return false;
  auto operand = what.substr(at + BREAK.size());
  auto equals = operand.find(EQUALS);
  if (equals == operand.npos || !isExpression(operand.substr(0, equals))) return false;
  value = operand.substr(equals + EQUALS.size());
  what.resize(at);
  return true;
}

// Without the expression that was expected, and the system call that KJ made:
// "::connect(fd, ...): Connection refused".
std::string withoutSource(std::string what) {
  auto message = what.find(BREAK);
  if (what.starts_with(EXPECTED) && message != what.npos) what.erase(0, message + BREAK.size());
  auto call = what.find(CALL);
  bool isCall = what.find('(') != what.npos && what.find(' ') > what.find('(') &&
                call != what.npos;
  if (isCall) what.erase(0, call + CALL.size());
  return what;
}

}  // namespace

std::string plainly(std::string description) {
  auto what = withoutSource(std::move(description));
  std::vector<std::string> values;
  for (std::string value; takeOperand(what, value);) values.push_back(value);
  std::string list;
  for (auto i = values.rbegin(); i != values.rend(); ++i) {
    auto value = withoutSource(*i);
    bool isNew = !value.empty() && (what + list).find(value) == what.npos;
    if (isNew) list += (list.empty() ? "" : ", ") + value;
  }
  return list.empty() ? what : what + " (" + list + ")";
}

std::string plainly(const kj::Exception& reason) {
  return plainly(std::string(reason.getDescription().cStr()));
}

std::string briefly(const kj::Exception& reason) {
  auto what = withoutSource(reason.getDescription().cStr());
  return what.substr(0, what.find(BREAK));
}

}  // namespace skerry
