#include "shared/model/manifest_decoder.h"
#include "shared/model/dollars.h"
#include "shared/model/field_rules.h"
#include "shared/model/shell_words.h"
#include <kj/debug.h>
#include <algorithm>
#include <charconv>

namespace skerry {
namespace {

using Type = capnp::schema::Type;

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}
std::string at(const std::string& path, size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

const char* describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::NOTHING: return "nothing";
    case YamlNode::Kind::SCALAR: return "a single value";
    case YamlNode::Kind::SEQUENCE: return "a list";
    case YamlNode::Kind::MAPPING: return "a mapping";
  }
  return "";
}

std::string expectedBut(const char* expected, const YamlNode& node) {
  return std::string("expected ") + expected + ", found " + describe(node);
}

}  // namespace

void ManifestDecoder::refuse(int line, const std::string& path, const char* reason,
                             std::string message, std::string hint) {
  problems.push_back({"", line, path, reason, std::move(message), std::move(hint)});
}

void ManifestDecoder::decode(const YamlNode& node, capnp::DynamicStruct::Builder into,
                             const std::string& path, const std::vector<std::string>& given) {
  auto schema = into.getSchema();
  if (node.kind != YamlNode::Kind::MAPPING) {
    auto names = namesOf(schema, given);
    auto hint =
        names.empty() ? "write `{}`" : "write keys such as `" + names[0] + ": ...` below it";
    return refuse(node.line, path, "wrong-type", expectedBut("a mapping", node), hint);
  }
  for (auto& member : node.members) {
    auto inner = join(path, member.key);
    bool isGiven = std::find(given.begin(), given.end(), member.key) != given.end();
    auto field = isGiven ? std::nullopt : fieldNamed(schema, member.key);
    if (field) {
      lines[inner] = member.line;
      decodeField(member.value, *field, into, inner);
    } else if (!isGiven || !path.empty()) {
      unknownKey(member, schema, inner, given);
    }
  }
  for (auto field : schema.getFields()) {
    auto rules = rulesOf(field);
    bool isGiven = std::find(given.begin(), given.end(), rules.name) != given.end();
    if (!rules.required || isGiven || node.find(rules.name) != nullptr) continue;
    refuse(node.line, join(path, rules.name), "missing-key", "`" + rules.name + "` is missing",
           "add `" + rules.name + ": ...`");
  }
}

void ManifestDecoder::unknownKey(const YamlMember& member, capnp::StructSchema schema,
                                 const std::string& path, const std::vector<std::string>& given) {
  auto later = laterKeys(schema);
  if (std::find(later.begin(), later.end(), member.key) != later.end()) {
    return refuse(member.line, path, "not-supported-yet",
                  "`" + member.key + "` is not supported yet", "remove it");
  }
  auto names = namesOf(schema, given);
  auto meant = nearest(member.key, names);
  std::string hint = "did you mean `" + meant + "`?";
  if (meant.empty()) {
    hint = "the keys here are";
    for (auto& name : names) hint += (&name == &names[0] ? " " : ", ") + name;
  }
  refuse(member.line, path, "unknown-key", "there is no key `" + member.key + "` here", hint);
}

void ManifestDecoder::decodeField(const YamlNode& node, capnp::StructSchema::Field field,
                                  capnp::DynamicStruct::Builder into, const std::string& path) {
  auto type = field.getType();
  switch (type.which()) {
    case Type::TEXT:
      if (isLater(node, field, path)) return;
      into.set(field, decodeText(node, path).c_str());
      return;
    case Type::INT32:
    case Type::UINT32: return decodeNumber(node, field, into, path);
    case Type::STRUCT: return decode(node, into.init(field).as<capnp::DynamicStruct>(), path, {});
    case Type::LIST:
      if (type.asList().getElementType().which() == Type::TEXT) {
        return decodeTexts(node, field, into, path);
      }
      return decodeKeyed(node, field, into, path);
    default: KJ_FAIL_ASSERT("a field of the manifest has a type without a YAML form", path.c_str());
  }
}

// A form of a field that Compose knows and we do not yet: `$later` names it as `field.key`.
bool ManifestDecoder::isLater(const YamlNode& node, capnp::StructSchema::Field field,
                              const std::string& path) {
  if (node.kind != YamlNode::Kind::MAPPING) return false;
  auto later = laterKeys(field.getContainingStruct());
  for (auto& member : node.members) {
    auto key = rulesOf(field).name + "." + member.key;
    if (std::find(later.begin(), later.end(), key) == later.end()) continue;
    refuse(member.line, path, "not-supported-yet", "the long form of `" + rulesOf(field).name +
           "` with `" + member.key + "` is not supported yet", "write it as one text");
    return true;
  }
  return false;
}

std::string ManifestDecoder::decodeText(const YamlNode& node, const std::string& path) {
  if (node.kind == YamlNode::Kind::NOTHING) {
    refuse(node.line, path, "wrong-type", "there is no value",
           "write one, `\"\"` for an empty text, or remove the key");
    return "";
  }
  if (node.kind != YamlNode::Kind::SCALAR) {
    refuse(node.line, path, "wrong-type", expectedBut("a text", node), "write one value");
    return "";
  }
  if (dollars == Dollars::LITERAL) return node.text;
  auto read = readDollars(node.text);
  if (!read.ok()) refuse(node.line, path, "interpolation", read.problem, read.hint);
  return read.text;
}

void ManifestDecoder::decodeNumber(const YamlNode& node, capnp::StructSchema::Field field,
                                   capnp::DynamicStruct::Builder into, const std::string& path) {
  int64_t number = 0;
  auto& text = node.text;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool isNumber = node.kind == YamlNode::Kind::SCALAR && !node.quoted && error == std::errc() &&
                  end == text.data() + text.size();
  if (!isNumber) {
    auto found = node.kind == YamlNode::Kind::SCALAR
                     ? "expected a whole number, found " +
                           std::string(node.quoted ? "the text " : "") + "`" + text + "`"
                     : expectedBut("a whole number", node);
    return refuse(node.line, path, "wrong-type", found, "write digits without quotes");
  }
  bool isSigned = field.getType().which() == Type::INT32;
  int64_t low = isSigned ? INT32_MIN : 0, high = isSigned ? INT32_MAX : UINT32_MAX;
  if (number < low || number > high) {
    return refuse(node.line, path, "bad-value", text + " is out of range",
                  "write a number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  into.set(field, number);
}

void ManifestDecoder::decodeTexts(const YamlNode& node, capnp::StructSchema::Field field,
                                  capnp::DynamicStruct::Builder into, const std::string& path) {
  auto rules = rulesOf(field);
  std::vector<std::string> texts;
  if (node.kind == YamlNode::Kind::SCALAR && rules.listOrText) {
    auto split = splitShellWords(decodeText(node, path));
    if (!split.ok())
      refuse(node.line, path, "bad-value", split.problem, "close it, or write a list");
    texts = split.words;
  } else if (node.kind == YamlNode::Kind::SEQUENCE) {
    for (auto& item : node.items) {
      auto inner = at(path, texts.size());
      lines[inner] = item.line;
      bool later = isLater(item, field, inner);
      texts.push_back(later ? "" : decodeText(item, inner));
    }
  } else {
    refuse(node.line, path, "wrong-type",
           expectedBut(rules.listOrText ? "a list or a text" : "a list", node),
           "write `[\"...\", \"...\"]`, or one `- ...` per line");
  }
  auto list = into.init(field, texts.size()).as<capnp::DynamicList>();
  for (size_t i = 0; i < texts.size(); ++i) list.set(i, texts[i].c_str());
}

// The entries of a mapping, or of a list of KEY=VALUE, whose values are put into `storage`.
std::vector<ManifestDecoder::Entry> ManifestDecoder::entriesOf(const YamlNode& node, bool mayBeList,
                                                               const std::string& path,
                                                               std::vector<YamlNode>& storage) {
  std::vector<Entry> entries;
  if (node.kind == YamlNode::Kind::MAPPING) {
    for (auto& member : node.members) {
      entries.push_back({member.key, join(path, member.key), member.line, &member.value});
    }
    return entries;
  }
  if (node.kind != YamlNode::Kind::SEQUENCE || !mayBeList) {
    refuse(node.line, path, "wrong-type", expectedBut("a mapping", node),
           "write one `name: ...` per line below it");
    return entries;
  }
  storage.reserve(node.items.size());
  std::map<std::string, int> known;
  for (size_t i = 0; i < node.items.size(); ++i) {
    auto& item = node.items[i];
    auto equals = item.text.find('=');
    if (item.kind != YamlNode::Kind::SCALAR || equals == 0 || equals == std::string::npos) {
      refuse(item.line, at(path, i), "wrong-type", "expected a text `KEY=VALUE`",
             "a value is not taken from the client's environment; write it");
      continue;
    }
    auto key = item.text.substr(0, equals);
    auto [earlier, isNew] = known.emplace(key, item.line);
    if (!isNew) {
      refuse(item.line, at(path, i), "duplicate-key", "`" + key + "` is here a second time, first "
             "in line " + std::to_string(earlier->second), "keep one of them");
      continue;
    }
    storage.push_back(item);
    storage.back().text = item.text.substr(equals + 1);
    entries.push_back({key, join(path, key), item.line, &storage.back()});
  }
  return entries;
}

void ManifestDecoder::decodeKeyed(const YamlNode& node, capnp::StructSchema::Field field,
                                  capnp::DynamicStruct::Builder into, const std::string& path) {
  auto rules = rulesOf(field);
  std::vector<YamlNode> storage;
  auto entries = entriesOf(node, rules.mapOrList, path, storage);
  std::sort(entries.begin(), entries.end(), [](auto& a, auto& b) { return a.key < b.key; });
  auto list = into.init(field, entries.size()).as<capnp::DynamicList>();
  auto schema = field.getType().asList().getStructElementType();
  auto other = onlyOther(schema, rules.keyedBy);
  for (size_t i = 0; i < entries.size(); ++i) {
    auto& entry = entries[i];
    auto element = list[i].as<capnp::DynamicStruct>();
    lines[entry.path] = entry.line;
    element.set(rules.keyedBy.c_str(), entry.key.c_str());
    if (other) decodeField(*entry.value, *other, element, entry.path);
    else decode(*entry.value, element, entry.path, {rules.keyedBy});
  }
}

}  // namespace skerry
