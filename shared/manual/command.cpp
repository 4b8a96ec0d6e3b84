#include "shared/manual/command.h"
#include <CLI/CLI.hpp>

namespace skerry {
namespace {

// `{table,json}`, as a check of the parser says it, or `table|json`, as a type's name does.
std::vector<std::string> choicesIn(const std::string& type) {
  std::string list = type;
  char between = '|';
  auto open = type.find('{'), close = type.rfind('}');
  if (open != type.npos && close != type.npos && open < close) {
    list = type.substr(open + 1, close - open - 1);
    between = ',';
  } else if (type.find('|') == type.npos) {
    return {};
  }
  std::vector<std::string> choices;
  for (size_t at = 0; at <= list.size();) {
    auto end = std::min(list.find(between, at), list.size());
    choices.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return choices;
}

std::string valueOf(const std::vector<std::string>& choices) {
  if (choices.empty()) return "VALUE";
  std::string value;
  for (auto& choice : choices) value += (value.empty() ? "" : "|") + choice;
  return value;
}

OptionWords describeOption(const CLI::Option& option) {
  OptionWords words;
  if (!option.get_lnames().empty()) words.longName = "--" + option.get_lnames()[0];
  if (!option.get_snames().empty()) words.shortName = "-" + option.get_snames()[0];
  words.help = option.get_description();
  if (option.get_items_expected_max() > 0) {
    words.choices = choicesIn(option.get_type_name());
    words.value = valueOf(words.choices);
    words.otherwise = option.get_default_str();
  }
  return words;
}

ArgumentWords describeArgument(const CLI::Option& option) {
  ArgumentWords words;
  words.name = option.get_name(true);
  words.help = option.get_description();
  words.choices = choicesIn(option.get_type_name());
  words.isNeeded = option.get_required();
  words.isList = option.get_items_expected_max() > 1;
  return words;
}

}  // namespace

CommandWords describeCommand(const CLI::App& parser) {
  CommandWords command;
  command.name = parser.get_name();
  command.help = parser.get_description();
  command.aliases = parser.get_aliases();
  for (auto* option : parser.get_options()) {
    if (option->get_group().empty() || option == parser.get_help_ptr()) continue;
    if (option->get_positional()) command.arguments.push_back(describeArgument(*option));
    else command.options.push_back(describeOption(*option));
  }
  for (auto* verb : parser.get_subcommands(nullptr)) {
    if (!verb->get_group().empty()) command.verbs.push_back(describeCommand(*verb));
  }
  return command;
}

}  // namespace skerry
