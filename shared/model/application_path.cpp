// Reading and changing an application at a PATH.
#include "shared/model/application.h"
#include "shared/model/encoded.h"
#include "shared/model/field_rules.h"
#include "shared/model/manifest_check.h"
#include "shared/model/manifest_decoder.h"
#include "shared/model/model_limits.h"
#include "shared/model/plain_manifest.h"
#include "shared/model/yaml_tree.h"
#include <algorithm>

namespace skerry {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (true) {
    auto dot = path.find('.');
    parts.emplace_back(path.substr(0, dot));
    if (dot == path.npos) return parts;
    path.remove_prefix(dot + 1);
  }
}

// What an intent says, or what makes it this application: no part of what can be overridden.
bool belongsElsewhere(const std::string& field) {
  return field == "name" || field == "tenant" || field == "placement" || field == "priority";
}

// Why no application has anything at this path; empty when one may.
std::string pathProblem(std::string_view path) {
  if (path.empty() || path.size() > PATH_BYTES_MAX) return "the path is empty or too long";
  auto parts = split(path);
  if (belongsElsewhere(parts[0])) return "`" + parts[0] + "` is not part of a revision";
  capnp::StructSchema schema = capnp::Schema::from<schema::Application>();
  for (size_t i = 0; i < parts.size(); ++i) {
    auto field = fieldNamed(schema, parts[i]);
    if (!field) {
      auto meant = nearest(parts[i], namesOf(schema, {}));
      return "there is no `" + parts[i] + "`" +
             (meant.empty() ? "" : "; did you mean `" + meant + "`?");
    }
    auto rules = rulesOf(*field);
    bool isLast = i + 1 == parts.size();
    auto type = field->getType();
    if (isLast) return "";
    if (type.isStruct()) {
      schema = type.asStruct();
      continue;
    }
    if (rules.keyedBy.empty()) return "`" + parts[i] + "` has no parts; name it as a whole";
    schema = type.asList().getStructElementType();
    if (++i + 1 == parts.size()) return parts[i].empty() ? "a name is missing at the end" : "";
    if (onlyOther(schema, rules.keyedBy)) return "`" + parts[i] + "` has no parts";
  }
  return "";
}

YamlNode nodeOf(const PlainValue& value) {
  YamlNode node;
  switch (value.kind) {
    case PlainValue::Kind::NOTHING: break;
    case PlainValue::Kind::BOOLEAN:
    case PlainValue::Kind::NUMBER:
      node.kind = YamlNode::Kind::SCALAR;
      node.text = compactJson(value);
      break;
    case PlainValue::Kind::TEXT:
      node.kind = YamlNode::Kind::SCALAR;
      node.text = value.text;
      node.quoted = true;
      break;
    case PlainValue::Kind::LIST:
      node.kind = YamlNode::Kind::SEQUENCE;
      for (auto& item : value.items) node.items.push_back(nodeOf(item));
      break;
    case PlainValue::Kind::OBJECT:
      node.kind = YamlNode::Kind::MAPPING;
      for (auto& [name, member] : value.members) node.members.push_back({name, 0, nodeOf(member)});
      break;
  }
  return node;
}

void put(YamlNode& node, const std::vector<std::string>& parts, size_t depth, YamlNode value) {
  node.kind = YamlNode::Kind::MAPPING;
  auto* child = const_cast<YamlNode*>(node.find(parts[depth]));
  if (child == nullptr) child = &node.members.emplace_back(YamlMember{parts[depth], 0, {}}).value;
  if (depth + 1 == parts.size()) *child = std::move(value);
  else put(*child, parts, depth + 1, std::move(value));
}

void erase(YamlNode& node, const std::vector<std::string>& parts, size_t depth) {
  if (depth + 1 == parts.size()) {
    std::erase_if(node.members,
                  [&](const YamlMember& member) { return member.key == parts[depth]; });
  } else if (auto* child = const_cast<YamlNode*>(node.find(parts[depth]))) {
    erase(*child, parts, depth + 1);
  }
}

PlainValue valueOf(BytesView application) {
  Decoded<schema::Application> decoded(application);
  return structValue(capnp::toDynamic(decoded.get()), Unset::OMIT);
}

}  // namespace

std::optional<Bytes> valueAt(BytesView application, std::string_view path) {
  auto root = valueOf(application);
  if (!pathProblem(path).empty()) return std::nullopt;
  const PlainValue* value = &root;
  for (auto& part : split(path)) {
    value = value->find(part);
    if (value == nullptr) return std::nullopt;
  }
  return copy(view(compactJson(sorted(*value))));
}

std::optional<Bytes> setAt(BytesView application, std::string_view path,
                           std::optional<BytesView> value, Problems& problems) {
  auto known = problems.size();
  auto refuse = [&](std::string message, const char* hint) {
    problems.push_back({"", 0, std::string(path), "bad-value", std::move(message), hint});
    return std::nullopt;
  };
  if (auto problem = pathProblem(path); !problem.empty()) {
    return refuse(problem, "a path looks like `services.web.environment.PRINTER`");
  }
  auto root = nodeOf(valueOf(application));
  if (value) {
    YamlNode node;
    auto text = skerry::text(*value);
    bool found =
        text.size() <= MANIFEST_FILE_BYTES_MAX && parseYamlDocument(text, 1, node, problems);
    if (problems.size() > known) return std::nullopt;
    if (!found)
      return refuse("there is no value", "write JSON, such as \"text\" or [\"a\", \"b\"]");
    put(root, split(path), 0, std::move(node));
  } else {
    erase(root, split(path), 0);
  }
  capnp::MallocMessageBuilder message;
  auto changed = message.initRoot<schema::Application>();
  std::map<std::string, int> lines;
  ManifestDecoder decoder(ManifestDecoder::Dollars::LITERAL, problems, lines);
  decoder.decode(root, capnp::toDynamic(changed), "", {});
  if (problems.size() == known) {
    for (auto& problem : applicationProblems(changed)) problems.push_back(problem);
  }
  for (auto i = known; i < problems.size(); ++i) problems[i].line = 0;
  if (problems.size() > known) return std::nullopt;
  return canonicalApplication(changed);
}

}  // namespace skerry
