#include "shared/model/field_rules.h"
#include "shared/crypto/bytes.h"
#include <algorithm>
#include <sstream>

namespace skerry {
namespace {

// The ids in manifest.capnp and, of the last, in capnp/compat/json.capnp: no header has them.
constexpr uint64_t KEYED = 0xb7c1d8e2f3a45602;
constexpr uint64_t LIST_OR_TEXT = 0xe4c1d8e2f3a45603;
constexpr uint64_t MAP_OR_LIST = 0xc5c1d8e2f3a45604;
constexpr uint64_t REQUIRED = 0xa6c1d8e2f3a45605;
constexpr uint64_t LATER = 0xf7c1d8e2f3a45606;
constexpr uint64_t JSON_NAME = 0xfa5b1fd61c2e7c3d;

// Longer words are not worth comparing letter by letter.
constexpr size_t WORD_BYTES_MAX = 64;

// Damerau-Levenshtein distance, neighbours swapped counting once.
size_t distance(const std::string& a, const std::string& b) {
  std::vector<size_t> beforeLast(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.size()];
}

std::string lower(std::string text) {
  for (auto& c : text) c = char(tolower(c));
  return text;
}

}  // namespace

FieldRules rulesOf(capnp::StructSchema::Field field) {
  FieldRules rules;
  auto proto = field.getProto();
  rules.name = text(proto.getName());
  for (auto annotation : proto.getAnnotations()) {
    switch (annotation.getId()) {
      case KEYED: rules.keyedBy = text(annotation.getValue().getText()); break;
      case LIST_OR_TEXT: rules.listOrText = true; break;
      case MAP_OR_LIST: rules.mapOrList = true; break;
      case REQUIRED: rules.required = true; break;
      case JSON_NAME: rules.name = text(annotation.getValue().getText()); break;
      default: break;
    }
  }
  return rules;
}

std::optional<capnp::StructSchema::Field> fieldNamed(capnp::StructSchema schema,
                                                     const std::string& name) {
  for (auto field : schema.getFields()) {
    if (rulesOf(field).name == name) return field;
  }
  return std::nullopt;
}

std::vector<std::string> namesOf(capnp::StructSchema schema,
                                 const std::vector<std::string>& except) {
  std::vector<std::string> names;
  for (auto field : schema.getFields()) {
    auto name = rulesOf(field).name;
    if (std::find(except.begin(), except.end(), name) == except.end()) names.push_back(name);
  }
  return names;
}

std::vector<std::string> laterKeys(capnp::StructSchema schema) {
  std::vector<std::string> keys;
  for (auto annotation : schema.getProto().getAnnotations()) {
    if (annotation.getId() != LATER) continue;
    std::istringstream words(text(annotation.getValue().getText()));
    for (std::string word; words >> word;) keys.push_back(word);
  }
  return keys;
}

std::optional<capnp::StructSchema::Field> onlyOther(capnp::StructSchema schema,
                                                    const std::string& keyedBy) {
  if (schema.getFields().size() != 2) return std::nullopt;
  auto first = schema.getFields()[0];
  return rulesOf(first).name == keyedBy ? schema.getFields()[1] : first;
}

std::string kindOfField(const std::string& fieldName) {
  auto kind = fieldName;
  if (!kind.empty()) kind[0] = char(toupper(kind[0]));
  return kind;
}

std::string fieldOfKind(const std::string& kind) {
  auto name = kind;
  if (!name.empty()) name[0] = char(tolower(name[0]));
  return name;
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  if (word.size() > WORD_BYTES_MAX) return "";
  std::string best;
  size_t bestDistance = std::max<size_t>(1, std::min<size_t>(2, word.size() / 2)) + 1;
  for (auto& candidate : candidates) {
    auto found = distance(lower(word), lower(candidate));
    if (found < bestDistance) {
      bestDistance = found;
      best = candidate;
    }
  }
  return best;
}

}  // namespace skerry
