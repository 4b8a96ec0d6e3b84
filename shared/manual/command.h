// A program's command line as plain values, read from its parser's own definitions: the one source
// of manual pages and completions.
#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace skerry {

struct OptionWords {
  std::string longName, shortName;   // `--output`, `-o`; empty: none
  std::string help;
  std::string value;                 // what stands for its value; empty: a flag
  std::vector<std::string> choices;  // every value it may have; empty: not one of a few
  std::string otherwise;             // its value when it is not given; empty: none

  const std::string& name() const { return longName.empty() ? shortName : longName; }
  bool operator==(const OptionWords&) const = default;
};

struct ArgumentWords {
  std::string name, help;
  std::vector<std::string> choices;
  bool isNeeded = false, isList = false;
  bool operator==(const ArgumentWords&) const = default;
};

struct CommandWords {
  std::string name, help;
  std::vector<std::string> aliases;
  std::vector<OptionWords> options;
  std::vector<ArgumentWords> arguments;
  std::vector<CommandWords> verbs;
};

// Without what is hidden from `--help`.
CommandWords describeCommand(const CLI::App& parser);

}  // namespace skerry
