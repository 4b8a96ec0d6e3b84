#include "shared/manual/completion.h"

namespace skerry {
namespace {

struct Word {
  std::string text, help;
};

// What may stand after some verbs.
struct Level {
  std::string path;  // ` token create`; empty: no verb yet
  std::vector<Word> verbs;  // and the values of an argument that has only a few
  std::vector<Word> options;
};

// An option and its few values, wherever it stands.
using Choices = std::vector<std::pair<OptionWords, std::string>>;

void collect(const CommandWords& command, const std::string& path, std::vector<Word> options,
             std::vector<Level>& levels, Choices& choices) {
  for (auto& option : command.options) {
    for (auto& name : {option.longName, option.shortName}) {
      if (!name.empty()) options.push_back({name, option.help});
    }
    if (!option.choices.empty()) {
      std::string list;
      for (auto& choice : option.choices) list += (list.empty() ? "" : " ") + choice;
      choices.push_back({option, list});
    }
  }
  Level level{path, {}, options};
  for (auto& verb : command.verbs) {
    level.verbs.push_back({verb.name, verb.help});
    for (auto& alias : verb.aliases) level.verbs.push_back({alias, verb.help});
  }
  for (auto& argument : command.arguments) {
    for (auto& choice : argument.choices) level.verbs.push_back({choice, argument.help});
  }
  levels.push_back(std::move(level));
  for (auto& verb : command.verbs) {
    collect(verb, path + " " + verb.name, options, levels, choices);
    for (auto& alias : verb.aliases) {
      collect(verb, path + " " + alias, options, levels, choices);
    }
  }
}

// In single quotes, for all three shells; `quote` is how a single quote in it is written.
std::string quoted(const std::string& text, const char* quote = "'\\''") {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += quote;
    else out += c;
  }
  return out + "'";
}

std::string texts(const std::vector<Word>& words) {
  std::string list;
  for (auto& word : words) list += (list.empty() ? "" : " ") + word.text;
  return list;
}

// The verbs that lead on, as the patterns of a `case`.
std::string paths(const std::vector<Level>& levels, const char* between) {
  std::string list;
  for (auto& level : levels) {
    if (!level.path.empty()) list += (list.empty() ? "" : between) + quoted(level.path);
  }
  return list;
}

std::string names(const OptionWords& option, const char* between) {
  if (option.longName.empty() || option.shortName.empty()) return option.name();
  return option.longName + between + option.shortName;
}

std::string functionName(const std::string& program) {
  std::string name = "_";
  for (char c : program) name += c == '-' ? '_' : c;
  return name;
}

std::string forBash(const std::string& program, const std::vector<Level>& levels,
                    const Choices& choices) {
  auto function = functionName(program);
  auto script = function + "() {\n  local word=${COMP_WORDS[COMP_CWORD]} at= i\n"
                "  for ((i = 1; i < COMP_CWORD; i++)); do\n    case \"$at ${COMP_WORDS[i]}\" in\n"
                "      " + paths(levels, " | ") + ") at=\"$at ${COMP_WORDS[i]}\" ;;\n"
                "    esac\n  done\n  case ${COMP_WORDS[COMP_CWORD - 1]} in\n";
  for (auto& [option, list] : choices) {
    script += "    " + names(option, " | ") + ") COMPREPLY=($(compgen -W " + quoted(list) +
              " -- \"$word\")); return ;;\n";
  }
  script += "  esac\n  local verbs= options=\n  case $at in\n";
  for (auto& level : levels) {
    script += "    " + quoted(level.path) + ")\n      verbs=" + quoted(texts(level.verbs)) +
              "\n      options=" + quoted(texts(level.options) + " --help") + " ;;\n";
  }
  return script + "  esac\n  case $word in\n    -*) verbs=$options ;;\n  esac\n"
         "  COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n}\ncomplete -o bashdefault -o "
         "default -F " + function + " " + program + "\n";
}

// `word:help`, as _describe takes it.
std::string described(const std::vector<Word>& words) {
  std::string list;
  for (auto& word : words) {
    std::string text;
    for (char c : word.text) text += c == ':' ? std::string("\\:") : std::string(1, c);
    list += " " + quoted(text + ":" + word.help);
  }
  return list;
}

std::string forZsh(const std::string& program, const std::vector<Level>& levels,
                   const Choices& choices) {
  auto function = functionName(program);
  auto script = "#compdef " + program + "\n" + function + "() {\n  local word at=\n"
                "  local -a verbs options\n  for word in ${words[2,CURRENT-1]}; do\n"
                "    case \"$at $word\" in\n      " + paths(levels, " | ") +
                ") at=\"$at $word\" ;;\n    esac\n  done\n  case ${words[CURRENT-1]} in\n";
  for (auto& [option, list] : choices) {
    script += "    " + names(option, " | ") + ") compadd " + list + "; return ;;\n";
  }
  script += "  esac\n  case $at in\n";
  for (auto& level : levels) {
    auto options = level.options;
    options.push_back({"--help", "print this and end"});
    script += "    " + quoted(level.path) + ")\n      verbs=(" + described(level.verbs) +
              " )\n      options=(" + described(options) + " ) ;;\n";
  }
  return script + "  esac\n  if [[ $PREFIX == -* ]]; then _describe option options\n"
         "  elif (( $#verbs )); then _describe verb verbs\n  else _files\n  fi\n}\n"
         "compdef " + function + " " + program + "\n";
}

std::string forFish(const std::string& program, const std::vector<Level>& levels,
                    const Choices& choices) {
  constexpr const char* QUOTE = "\\'";
  auto function = "_" + functionName(program) + "_at";
  auto script = "function " + function + "\n  set -l at ''\n"
                "  for word in (commandline -opc)[2..-1]\n    switch \"$at $word\"\n      case " +
                paths(levels, " ") + "\n        set at \"$at $word\"\n    end\n  end\n"
                "  test \"$at\" = \"$argv[1]\"\nend\n";
  for (auto& level : levels) {
    auto line = "complete -c " + program + " -n \"" + function + " '" + level.path + "'\" ";
    for (auto& verb : level.verbs) {
      script += line + "-f -a " + quoted(verb.text, QUOTE) + " -d " + quoted(verb.help, QUOTE) +
                "\n";
    }
    for (auto& option : level.options) {
      bool isLong = option.text.starts_with("--");
      auto name = option.text.substr(isLong ? 2 : 1);
      script += line + (isLong ? "-l " : "-s ") + name + " -d " + quoted(option.help, QUOTE);
      for (auto& [known, list] : choices) {
        if (known.longName == option.text || known.shortName == option.text) {
          script += " -x -a " + quoted(list, QUOTE);
          break;
        }
      }
      script += "\n";
    }
  }
  return script;
}

}  // namespace

std::optional<Shell> shellNamed(const std::string& name) {
  if (name == "bash") return Shell::BASH;
  if (name == "zsh") return Shell::ZSH;
  if (name == "fish") return Shell::FISH;
  return std::nullopt;
}

std::string completionScript(const CommandWords& program, Shell shell) {
  std::vector<Level> levels;
  Choices choices;
  collect(program, "", {}, levels, choices);
  switch (shell) {
    case Shell::BASH: return forBash(program.name, levels, choices);
    case Shell::ZSH: return forZsh(program.name, levels, choices);
    case Shell::FISH: return forFish(program.name, levels, choices);
  }
  return "";
}

}  // namespace skerry
