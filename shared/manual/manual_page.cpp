#include "shared/manual/manual_page.h"

namespace skerry {
namespace {

// A line of text: nothing in it is taken for an instruction.
std::string escaped(const std::string& text) {
  std::string line;
  if (!text.empty() && (text[0] == '.' || text[0] == '\'')) line = "\\&";
  for (char c : text) {
    if (c == '\\') line += "\\e";
    else if (c == '-') line += "\\-";
    else line += c == '\n' ? ' ' : c;
  }
  return line;
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + escaped(text) + "\\fR"; }

std::string printOption(const OptionWords& option) {
  std::string page = ".TP\n";
  if (!option.shortName.empty()) page += bold(option.shortName);
  if (!option.shortName.empty() && !option.longName.empty()) page += ", ";
  if (!option.longName.empty()) page += bold(option.longName);
  if (!option.value.empty()) page += " " + italic(option.value);
  page += "\n" + escaped(option.help);
  if (!option.otherwise.empty()) page += " (" + escaped(option.otherwise) + " unless said)";
  return page + "\n";
}

std::string printUsage(const CommandWords& command, const std::string& words) {
  std::string line = bold(words);
  if (!command.options.empty()) line += " [" + italic("OPTION") + " ...]";
  for (auto& argument : command.arguments) {
    std::string name;
    for (auto& choice : argument.choices) name += (name.empty() ? "" : "|") + bold(choice);
    if (name.empty()) name = italic(argument.name);
    if (argument.isList) name += " ...";
    line += argument.isNeeded ? " " + name : " [" + name + "]";
  }
  return line;
}

// A verb with what is special to it, and the verbs below it.
std::string printVerb(const CommandWords& verb, const std::string& before) {
  auto words = before + " " + verb.name;
  std::string page;
  if (verb.verbs.empty()) {
    page = ".SS " + printUsage(verb, words) + "\n" + escaped(verb.help) + ".\n";
    for (auto& alias : verb.aliases) page += "Also: " + bold(before + " " + alias) + ".\n";
    for (auto& argument : verb.arguments) {
      page += ".TP\n" + italic(argument.name) + "\n" + escaped(argument.help) + "\n";
    }
    for (auto& option : verb.options) page += printOption(option);
  }
  for (auto& below : verb.verbs) page += printVerb(below, words);
  return page;
}

}  // namespace

std::string manualPage(const CommandWords& program, int section, const std::string& version) {
  std::string title;
  for (char c : program.name) title += char(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  auto page = ".TH " + escaped(title) + " " + std::to_string(section) + " \"\" \"Skerry " +
              escaped(version) + "\"\n.SH NAME\n" + escaped(program.name) + " \\- " +
              escaped(program.help) + "\n.SH SYNOPSIS\n" + bold(program.name) + " [" +
              italic("OPTION") + " ...] " + italic("VERB") + " ...\n.SH OPTIONS\n" +
              "Before or after every verb. " + bold("--help") + " after a verb prints its own.\n";
  for (auto& option : program.options) page += printOption(option);
  page += ".SH VERBS\n";
  for (auto& verb : program.verbs) page += printVerb(verb, program.name);
  return page + ".SH SEE ALSO\n.BR skerry (1),\n.BR skerry\\-central (8),\n.BR skerry\\-region "
         "(8),\n.BR skerry\\-site (8).\nGuides and examples: /usr/share/doc/skerry\n";
}

}  // namespace skerry
