// PlainValue as JSON and YAML.
#include "shared/model/plain_value.h"
#include "shared/model/utf8.h"
#include <algorithm>
#include <array>
#include <cstdio>

namespace skerry {
namespace {

using Kind = PlainValue::Kind;

constexpr int INDENT = 2;

void quote(std::string& out, const std::string& text) {
  out += '"';
  for (char c : repairUtf8(text)) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (uint8_t(c) < 0x20 || c == 0x7f) {
          char escaped[8];
          snprintf(escaped, sizeof(escaped), "\\u%04x", unsigned(c));
          out += escaped;
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void newline(std::string& out, int depth) {
  out += '\n';
  out.append(size_t(depth) * INDENT, ' ');
}

// `depth` < 0: on one line.
void json(std::string& out, const PlainValue& value, int depth) {
  int inner = depth < 0 ? -1 : depth + 1;
  bool first = true;
  auto next = [&] {
    if (!first) out += ',';
    first = false;
    if (inner >= 0) newline(out, inner);
  };
  auto end = [&](char closing) {
    if (!first && depth >= 0) newline(out, depth);
    out += closing;
  };
  switch (value.kind) {
    case Kind::NOTHING: out += "null"; return;
    case Kind::BOOLEAN: out += value.boolean ? "true" : "false"; return;
    case Kind::NUMBER: out += std::to_string(value.number); return;
    case Kind::TEXT: quote(out, value.text); return;
    case Kind::LIST:
      out += '[';
      for (auto& item : value.items) {
        next();
        json(out, item, inner);
      }
      return end(']');
    case Kind::OBJECT:
      out += '{';
      for (auto& [name, member] : value.members) {
        next();
        quote(out, name);
        out += depth < 0 ? ":" : ": ";
        json(out, member, inner);
      }
      return end('}');
  }
}

// Words that some reader of YAML 1.1 or 1.2 takes for something else than text.
bool isReserved(std::string text) {
  static constexpr std::array<const char*, 9> WORDS{"true", "false", "yes", "no", "on",
                                                    "off",  "null",  "y",   "n"};
  for (auto& c : text) c = char(tolower(c));
  return std::find(WORDS.begin(), WORDS.end(), text) != WORDS.end();
}

bool isPlain(const std::string& text) {
  auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || (!isLetter(text[0]) && text[0] != '/' && text[0] != '_')) return false;
  if (text.back() == ':') return false;
  for (char c : text) {
    if (!isLetter(c) && !(c >= '0' && c <= '9') &&
        std::string_view("-_./:@+").find(c) == std::string_view::npos)
      return false;
  }
  return !isReserved(text);
}

void scalar(std::string& out, const std::string& text) {
  if (isPlain(text)) out += text;
  else quote(out, text);
}

// `startsLine`: nothing stands before it in its line but the indentation of `depth`.
void yaml(std::string& out, const PlainValue& value, int depth, bool startsLine) {
  bool first = startsLine;
  auto begin = [&] {
    if (!first) newline(out, depth);
    first = false;
  };
  auto attach = [&](const PlainValue& inner, int innerDepth) {
    bool block = (inner.kind == Kind::OBJECT || inner.kind == Kind::LIST) && !inner.empty();
    if (!block) out += ' ';
    yaml(out, inner, innerDepth, false);
  };
  switch (value.kind) {
    case Kind::TEXT: return scalar(out, value.text);
    case Kind::OBJECT:
      if (value.empty()) break;
      for (auto& [name, member] : value.members) {
        begin();
        scalar(out, name);
        out += ':';
        attach(member, depth + 1);
      }
      return;
    case Kind::LIST:
      if (value.empty()) break;
      for (auto& item : value.items) {
        begin();
        out += "- ";
        yaml(out, item, depth + 1, true);
      }
      return;
    default: break;
  }
  json(out, value, -1);
}

}  // namespace

std::string compactJson(const PlainValue& value) {
  std::string out;
  json(out, value, -1);
  return out;
}

std::string prettyJson(const PlainValue& value) {
  std::string out;
  json(out, value, 0);
  return out + "\n";
}

std::string blockYaml(const PlainValue& value) {
  std::string out;
  yaml(out, value, 0, true);
  return out + "\n";
}

}  // namespace skerry
