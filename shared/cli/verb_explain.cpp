#include "shared/cli/kind.h"
#include "shared/cli/verb.h"
#include "shared/model/explain.h"
#include "shared/model/plain_value.h"

namespace skerry {
namespace {

constexpr size_t HELP_COLUMNS = 92;

// In lines of at most HELP_COLUMNS, each indented.
std::string wrapped(const std::string& help, const std::string& indent) {
  std::string printed, line;
  size_t at = 0;
  while (at < help.size()) {
    auto end = std::min(help.find(' ', at), help.size());
    auto word = help.substr(at, end - at);
    if (!line.empty() && line.size() + 1 + word.size() > HELP_COLUMNS) {
      printed += indent + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    at = end + 1;
  }
  return line.empty() ? printed : printed + indent + line + "\n";
}

std::string print(const Explained& explained) {
  auto printed = explained.path + ": " + explained.type + "\n" + wrapped(explained.help, "  ");
  for (auto& field : explained.fields) {
    printed += "\n" + field.name + ": " + field.type + (field.isRequired ? ", required" : "") +
               "\n" + wrapped(field.help, "    ");
  }
  return printed;
}

PlainValue valueOf(const Explained& explained) {
  auto fields = PlainValue::list();
  for (auto& field : explained.fields) {
    fields.items.push_back(PlainValue::object({{"name", PlainValue::of(field.name)},
                                               {"type", PlainValue::of(field.type)},
                                               {"required", PlainValue::of(field.isRequired)},
                                               {"help", PlainValue::of(field.help)}}));
  }
  return PlainValue::object({{"path", PlainValue::of(explained.path)},
                             {"type", PlainValue::of(explained.type)},
                             {"help", PlainValue::of(explained.help)},
                             {"fields", fields}});
}

// Kinds may be plural or short here as everywhere.
std::string inFull(const std::string& path) {
  auto dot = path.find('.');
  auto parsed = parseNamed({path.substr(0, dot)});
  if (parsed.failure) return path;
  return parsed.named.kind + (dot == std::string::npos ? "" : path.substr(dot));
}

}  // namespace

Run defineExplain(CLI::App& parser) {
  auto path = std::make_shared<std::string>();
  parser.add_option("KIND", *path, "a kind, or one of its fields: KIND.FIELD")->required();
  return [path](Cli& cli) -> kj::Promise<int> {
    std::string problem, hint;
    auto explained = explainField(inFull(*path), problem, hint);
    if (!explained) return cli.fail(failure(ExitCode::USAGE, "unknown-field", problem, hint));
    cli.print(valueOf(*explained), print(*explained));
    return int(ExitCode::DONE);
  };
}

}  // namespace skerry
