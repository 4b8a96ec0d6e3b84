// One verb of the client: a file each, in the table of program.cpp.
#pragma once
#include "shared/cli/cli.h"
#include <CLI/App.hpp>
#include <functional>

namespace skerry {

// Runs the verb with the options it was parsed with. The Cli outlives the promise.
using Run = std::function<kj::Promise<int>(Cli& cli)>;

struct Verb {
  const char* name;
  const char* alias;  // null: none
  const char* help;
  // Adds the verb's own options to its parser, which then fills them in.
  Run (*define)(CLI::App& parser);
};

Run defineApply(CLI::App& parser);
Run definePlan(CLI::App& parser);
Run defineValidate(CLI::App& parser);
Run defineGet(CLI::App& parser);
Run defineDescribe(CLI::App& parser);
Run defineDelete(CLI::App& parser);
Run defineStatus(CLI::App& parser);
Run defineLogs(CLI::App& parser);
Run defineEvents(CLI::App& parser);
Run defineTop(CLI::App& parser);
Run defineWhy(CLI::App& parser);
Run defineDoctor(CLI::App& parser);
Run defineWait(CLI::App& parser);
Run defineToken(CLI::App& parser);
Run defineHost(CLI::App& parser);
Run defineUser(CLI::App& parser);
Run defineRole(CLI::App& parser);
Run defineWhoami(CLI::App& parser);
Run defineContext(CLI::App& parser);
Run defineAudit(CLI::App& parser);
Run defineRestore(CLI::App& parser);
Run defineUp(CLI::App& parser);
Run defineBlock(CLI::App& parser);
Run defineUnblock(CLI::App& parser);
Run defineLabel(CLI::App& parser);
Run defineExplain(CLI::App& parser);
Run defineVersion(CLI::App& parser);
Run defineCompletion(CLI::App& parser);
Run defineManual(CLI::App& parser);  // hidden: for what installs the program

// Options that narrow a list.
struct Narrowing {
  std::string selector, region, site, host, app;
};
void addNarrowing(CLI::App& parser, Narrowing& narrowing);

// What is wrong with a label expression; nothing when it is sound.
std::optional<Failure> checkSelector(const std::string& text);

// Of a duration option. Nothing, and a failure, when it is none.
struct ParsedDuration {
  int64_t ms = 0;
  std::optional<Failure> failure;
};
ParsedDuration parseDuration(const std::string& option, const std::string& text);

}  // namespace skerry
