#include "shared/cli/contexts.h"
#include "shared/cli/cli_limits.h"
#include "shared/model/name_check.h"

namespace skerry {
namespace {

constexpr const char* CURRENT = "current";
constexpr size_t NAME_FILE_BYTES_MAX = 4096;

std::string firstLine(std::string text) {
  auto end = text.find_first_of("\r\n");
  return end == std::string::npos ? text : text.substr(0, end);
}

std::string folderOf(Machine& machine) {
  auto variable = [&](const char* name) { return machine.environment(name).value_or(""); };
  if (auto given = variable(CONFIG_VARIABLE); !given.empty()) return given;
  if (auto shared = variable("XDG_CONFIG_HOME"); !shared.empty()) return shared + "/skerry";
  if (auto home = variable("HOME"); !home.empty()) return home + "/.config/skerry";
  return "";
}

}  // namespace

Contexts::Contexts(Machine& machine) : machine(machine), folder(folderOf(machine)) {}

std::string Contexts::pathOf(const std::string& name) const {
  return folder + "/" + name + CONTEXT_EXTENSION;
}

std::vector<std::string> Contexts::names() const {
  std::vector<std::string> names;
  if (folder.empty()) return names;
  const std::string ending = CONTEXT_EXTENSION;
  for (auto& file : machine.list(folder).value_or(std::vector<std::string>())) {
    if (file.size() > ending.size() && file.ends_with(ending)) {
      names.push_back(file.substr(0, file.size() - ending.size()));
    }
  }
  return names;
}

std::string Contexts::current() const {
  if (folder.empty()) return "";
  return firstLine(machine.read(folder + "/" + CURRENT, NAME_FILE_BYTES_MAX).text);
}

Contexts::Loaded Contexts::load(const std::string& name) const {
  bool isThere = false;
  for (auto& known : names()) isThere |= known == name;
  if (isThere) return readContextFile(machine, pathOf(name));
  return {{}, failure(ExitCode::USAGE, "no-context", "there is no context `" + name + "` here",
                      "add its file first, or choose another one",
                      "skerry context list")};
}

std::optional<Failure> Contexts::save(const Context& context, Machine::Existing existing) const {
  if (folder.empty()) {
    return failure(ExitCode::FAILED, "no-config", "there is no folder for contexts: neither "
                   "$SKERRY_CONFIG nor $HOME is set", "set SKERRY_CONFIG to a folder of yours");
  }
  if (!isName(context.name)) {
    return failure(ExitCode::USAGE, "bad-name", "a context cannot be called `" + context.name +
                   "`: " + nameProblem(context.name), "give it a name with --name NAME");
  }
  auto wrong = machine.write(pathOf(context.name), printContext(context), existing);
  if (wrong.empty()) return std::nullopt;
  return failure(ExitCode::CONFLICT, "context-exists",
                 "cannot write " + pathOf(context.name) + ": " + wrong,
                 "give it another name with --name NAME, or remove that file first");
}

std::optional<Failure> Contexts::add(const Context& context) const {
  auto failed = save(context, Machine::Existing::KEEP);
  if (failed || !current().empty()) return failed;
  return use(context.name);
}

std::optional<Failure> Contexts::replace(const Context& context) const {
  return save(context, Machine::Existing::REPLACE);
}

std::optional<Failure> Contexts::use(const std::string& name) const {
  auto loaded = load(name);
  if (loaded.failure) return loaded.failure;
  auto wrong = machine.write(folder + "/" + CURRENT, name + "\n", Machine::Existing::REPLACE);
  if (wrong.empty()) return std::nullopt;
  return failure(ExitCode::FAILED, "unwritable", "cannot write " + folder + ": " + wrong);
}

Contexts::Loaded readContextFile(Machine& machine, const std::string& path) {
  auto file = machine.read(path, CONTEXT_BYTES_MAX);
  if (!file.error.empty()) {
    return {{}, failure(ExitCode::USAGE, "unreadable", "cannot read " + path + ": " + file.error)};
  }
  if (file.text.size() > CONTEXT_BYTES_MAX) {
    return {{}, failure(ExitCode::USAGE, "bad-context", path + " is too large for a context")};
  }
  Problems problems;
  auto context = parseContext(path, file.text, problems);
  if (context) return {*context, std::nullopt};
  return {{}, failuresOf(problems)[0]};
}

ChosenContext chooseContext(Machine& machine, const std::string& socket, const std::string& name) {
  auto set = [&](const char* variable) {
    auto value = machine.environment(variable);
    return value && !value->empty() ? *value : std::string();
  };
  if (!socket.empty()) return {};
  Contexts contexts(machine);
  auto chosen = name;
  if (chosen.empty() && !set(SOCKET_VARIABLE).empty()) return {};
  if (chosen.empty()) chosen = set(CONTEXT_VARIABLE);
  if (chosen.empty()) chosen = contexts.current();
  if (chosen.empty()) return {};
  auto loaded = contexts.load(chosen);
  if (loaded.failure) return {std::nullopt, loaded.failure};
  return {loaded.context, std::nullopt};
}

}  // namespace skerry
