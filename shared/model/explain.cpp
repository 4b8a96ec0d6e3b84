#include "shared/model/explain.h"
#include "capnp/manifest.capnp.h"
#include "shared/crypto/bytes.h"
#include "shared/model/field_rules.h"
#include "shared/model/schema_comments.h"
#include <algorithm>
#include <sstream>

namespace skerry {
namespace {

using capnp::StructSchema;
using Which = capnp::schema::Type::Which;

const std::map<std::string, std::string>& comments() {
  static const auto read = readSchemaComments(manifestSchemaText());
  return read;
}

std::string commentOn(const std::string& what) {
  auto found = comments().find(what);
  return found == comments().end() ? "" : found->second;
}

std::string shortName(StructSchema schema) {
  auto full = text(schema.getShortDisplayName());
  return full.substr(full.rfind('.') + 1);
}

// The struct inside a field: of a mapping, or of what a list holds.
std::optional<StructSchema> structOf(capnp::Type type) {
  if (type.isStruct()) return type.asStruct();
  if (type.isList()) return structOf(type.asList().getElementType());
  return std::nullopt;
}

std::string typeOf(StructSchema::Field field) {
  auto type = field.getType();
  auto rules = rulesOf(field);
  switch (type.which()) {
    case Which::TEXT: return "text";
    case Which::BOOL: return "true or false";
    case Which::STRUCT: return "mapping";
    case Which::LIST:
      if (rules.mapOrList) return "mapping by " + rules.keyedBy + ", or list of KEY=VALUE";
      if (!rules.keyedBy.empty()) return "mapping by " + rules.keyedBy;
      if (rules.listOrText) return "list of texts, or one text";
      return type.asList().getElementType().isText() ? "list of texts" : "list";
    default: return "number";
  }
}

std::string helpOf(StructSchema owner, StructSchema::Field field) {
  auto own = commentOn(shortName(owner) + "." + text(field.getProto().getName()));
  if (!own.empty()) return own;
  auto inner = structOf(field.getType());
  if (inner) return commentOn(shortName(*inner));
  auto name = rulesOf(field).name;
  return name == "name" ? "What it is called." : name == "value" ? "What it is set to." : "";
}

std::vector<ExplainedField> fieldsOf(StructSchema schema, const std::string& keyedBy) {
  std::vector<ExplainedField> fields;
  for (auto field : schema.getFields()) {
    auto rules = rulesOf(field);
    if (rules.name == keyedBy) continue;
    fields.push_back({rules.name, typeOf(field), helpOf(schema, field), rules.required});
  }
  return fields;
}

std::vector<std::string> kinds() {
  std::vector<std::string> names;
  for (auto field : capnp::Schema::from<schema::Manifest>().getUnionFields()) {
    if (field.getType().isStruct()) names.push_back(text(field.getProto().getName()));
  }
  return names;
}

std::string listed(const std::vector<std::string>& words) {
  std::string all;
  for (auto& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

std::vector<std::string> partsOf(const std::string& path) {
  std::vector<std::string> parts;
  std::istringstream words(path);
  for (std::string part; std::getline(words, part, '.');) parts.push_back(part);
  return parts;
}

// One step down a path at a time.
class Walk {
public:
  Walk(std::string kind, StructSchema schema) : at(schema) {
    result.path = std::move(kind);
    result.type = "object";
    result.help = commentOn(shortName(schema));
    result.fields = fieldsOf(schema, "");
  }

  bool step(const std::string& part) {
    auto field = at ? fieldNamed(*at, part) : std::nullopt;
    if (!field) {
      // The key of a mapping, such as the name of a service.
      bool isKey = !keyedBy.empty();
      keyedBy.clear();
      return isKey;
    }
    auto rules = rulesOf(*field);
    result.path += "." + rules.name;
    result.type = typeOf(*field);
    result.help = helpOf(*at, *field);
    keyedBy = rules.keyedBy;
    at = structOf(field->getType());
    result.fields = at ? fieldsOf(*at, keyedBy) : std::vector<ExplainedField>();
    return true;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (auto& field : result.fields) all.push_back(field.name);
    return all;
  }
  Explained result;

private:
  std::optional<StructSchema> at;
  std::string keyedBy;
};

}  // namespace

std::optional<Explained> explainField(const std::string& path, std::string& problem,
                                      std::string& hint) {
  auto parts = partsOf(path);
  auto known = kinds();
  auto kind = parts.empty() ? std::string() : fieldOfKind(parts[0]);
  if (std::find(known.begin(), known.end(), kind) == known.end()) {
    auto meant = nearest(kind, known);
    problem = "there is no kind `" + kind + "` in a manifest";
    hint = meant.empty() ? "the kinds are " + listed(known) : "did you mean `" + meant + "`?";
    return std::nullopt;
  }
  auto field = capnp::Schema::from<schema::Manifest>().getFieldByName(kind.c_str());
  Walk walk(kind, field.getType().asStruct());
  for (size_t i = 1; i < parts.size(); ++i) {
    auto names = walk.names();
    if (walk.step(parts[i])) continue;
    auto meant = nearest(parts[i], names);
    problem = walk.result.path + " has no field `" + parts[i] + "`";
    hint = !meant.empty() ? "did you mean `" + meant + "`?"
           : names.empty() ? walk.result.path + " is a " + walk.result.type
                           : "its fields are " + listed(names);
    return std::nullopt;
  }
  return walk.result;
}

}  // namespace skerry
