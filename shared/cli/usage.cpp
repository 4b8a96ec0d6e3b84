#include "shared/cli/usage.h"
#include "shared/model/field_rules.h"
#include <algorithm>
#include <array>

namespace skerry {
namespace {

// Verbs of the command surface that this version has not got.
constexpr std::array LATER{
    "explain",  "label",   "rollout", "restart", "pause",     "unpause", "hold",
    "release",  "pin",     "unpin",   "override", "conflicts", "run",     "events",
    "alerts",   "top",     "exec",    "host",    "site",      "block",   "unblock",
    "login",    "secret",  "convert", "image",   "upgrade",   "restore", "drill",
    "support-bundle"};

// The verb a command line got to, and the words that lead there.
const CLI::App& deepest(const CLI::App& parser, std::string& words) {
  words += (words.empty() ? "" : " ") + parser.get_name();
  auto chosen = parser.get_subcommands();
  return chosen.empty() ? parser : deepest(*chosen[0], words);
}

std::vector<std::string> verbsOf(const CLI::App& parser) {
  std::vector<std::string> names;
  for (auto* sub : parser.get_subcommands(nullptr)) {
    if (sub->get_group().empty()) continue;  // hidden
    names.push_back(sub->get_name());
    for (auto& alias : sub->get_aliases()) names.push_back(alias);
  }
  return names;
}

std::vector<std::string> optionsOf(const CLI::App& verb) {
  std::vector<std::string> names;
  for (auto* app = &verb; app != nullptr; app = app->get_parent()) {
    for (auto* option : app->get_options()) {
      for (auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

Failure unknownVerb(const CLI::App& at, const std::string& words, const std::string& word) {
  auto verbs = verbsOf(at);
  if (word.empty()) {
    return usage("`" + words + "` and what? a verb is missing", "the verbs are " + listed(verbs),
                 words + " --help");
  }
  bool isTop = at.get_parent() == nullptr;
  if (isTop && std::find(LATER.begin(), LATER.end(), word) != LATER.end()) {
    return failure(ExitCode::USAGE, "not-supported-yet", "`" + word + "` is not supported yet",
                   "the verbs are " + listed(verbs), words + " --help");
  }
  auto meant = nearest(word, verbs);
  return failure(ExitCode::USAGE, "unknown-verb", "`" + words + "` has no verb `" + word + "`",
                 meant.empty() ? "the verbs are " + listed(verbs) : "did you mean `" + meant + "`?",
                 words + " --help");
}

}  // namespace

Failure usage(std::string message, std::string hint, std::string next) {
  return failure(ExitCode::USAGE, "usage", std::move(message), std::move(hint), std::move(next));
}

Failure usageFailure(const CLI::App& parser, const CLI::ParseError& error,
                     const std::vector<std::string>& arguments) {
  std::string words;
  auto& verb = deepest(parser, words);
  auto unread = parser.remaining(true);
  auto isOption = [](const std::string& word) { return word.size() > 1 && word[0] == '-'; };
  auto stray = std::find_if_not(unread.begin(), unread.end(), isOption);
  auto chosen = parser.get_subcommands();
  if (stray != unread.end() && !chosen.empty()) {
    // `rollout status`: what stands where the verb should, though a verb follows.
    auto at = [&](const std::string& word) {
      return std::find(arguments.begin(), arguments.end(), word);
    };
    if (at(*stray) < at(chosen[0]->get_name())) return unknownVerb(parser, "skerry", *stray);
  }
  if (!verb.get_subcommands(nullptr).empty()) {
    return unknownVerb(verb, words, stray == unread.end() ? "" : *stray);
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || unread.empty()) {
    return usage(error.what(), "see what there is", words + " --help");
  }
  auto option = std::find_if(unread.begin(), unread.end(), isOption);
  if (option == unread.end()) {
    return usage("`" + words + "` has no use for `" + unread[0] + "`", "see what there is",
                 words + " --help");
  }
  auto name = option->substr(0, option->find('='));
  auto meant = nearest(name, optionsOf(verb));
  return usage("`" + words + "` has no option `" + name + "`",
               meant.empty() ? "see what there is" : "did you mean `" + meant + "`?",
               words + " --help");
}

}  // namespace skerry
