#include "shared/http/exposition.h"
#include <charconv>

namespace skerry {
namespace {

std::string escaped(std::string_view value) {
  std::string out;
  for (char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out;
}

// The shortest that reads back the same; whole numbers without an exponent.
std::string printed(double value) {
  constexpr double WHOLE_MAX = 1e15;
  if (value >= -WHOLE_MAX && value <= WHOLE_MAX && value == double(int64_t(value))) {
    return std::to_string(int64_t(value));
  }
  char digits[32];
  auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  return {digits, end};
}

}  // namespace

void Exposition::family(std::string_view name, Type type, std::string_view help) {
  current = name;
  written += "# HELP " + current + " ";
  written += help;
  written += "\n# TYPE " + current + (type == Type::COUNTER ? " counter\n" : " gauge\n");
}

void Exposition::sample(const Labels& labels, double value) {
  written += current;
  const char* before = "{";
  for (auto& [name, text] : labels) {
    written += before;
    written += name;
    written += "=\"" + escaped(text) + "\"";
    before = ",";
  }
  written += labels.empty() ? " " : "} ";
  written += printed(value) + "\n";
}

void Exposition::gauge(std::string_view name, std::string_view help, double value) {
  family(name, Type::GAUGE, help);
  sample(value);
}

}  // namespace skerry
