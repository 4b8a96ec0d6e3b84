#include "shared/model/context.h"
#include "shared/model/plain_value.h"
#include "shared/model/yaml_reader.h"
#include <utility>

namespace skerry {
namespace {

constexpr std::pair<const char*, std::string Context::*> FIELDS[] = {
    {"name", &Context::name},     {"server", &Context::server},
    {"pin", &Context::pin},       {"tenant", &Context::tenant},
    {"peer", &Context::peer},     {"certificate", &Context::certificate},
    {"key", &Context::key}};

bool mayBeEmpty(std::string_view field) { return field == "tenant" || field == "peer"; }

}  // namespace

std::string printContext(const Context& context) {
  auto value = PlainValue::object();
  for (auto& [name, field] : FIELDS) {
    if (!(context.*field).empty()) value.set(name, PlainValue::of(context.*field));
  }
  return blockYaml(value);
}

std::optional<Context> parseContext(const std::string& fileName, const std::string& text,
                                    Problems& problems) {
  auto documents = readYaml(fileName, text, problems);
  if (!problems.empty()) return std::nullopt;
  auto wrong = [&](std::string message) {
    Problem problem;
    problem.file = fileName;
    problem.reason = "bad-context";
    problem.message = std::move(message);
    problem.hint = "get another from: skerry user reset NAME --out FILE";
    problems.push_back(std::move(problem));
    return std::nullopt;
  };
  if (documents.size() != 1 || documents[0].root.kind != YamlNode::Kind::MAPPING) {
    return wrong("this is no context");
  }
  Context context;
  for (auto& [name, field] : FIELDS) {
    auto value = documents[0].root.find(name);
    if (value != nullptr && value->kind == YamlNode::Kind::SCALAR) context.*field = value->text;
    if ((context.*field).empty() && !mayBeEmpty(name)) {
      return wrong("this is no context: it has no " + std::string(name));
    }
  }
  return context;
}

}  // namespace skerry
