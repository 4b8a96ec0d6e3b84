#include "shared/daemon/description_verbs.h"
#include "shared/doctor/service_unit.h"
#include "shared/manual/completion.h"
#include "shared/manual/manual_page.h"
#include <iostream>

namespace skerry {
namespace {

constexpr int EXIT_USAGE = 2, MANUAL_SECTION = 8;

CLI::App* hidden(CLI::App& app, const char* name, const char* help) {
  auto verb = app.add_subcommand(name, help);
  verb->group("");
  return verb;
}

}  // namespace

void addDescriptionVerbs(CLI::App& app, const std::string& data, int& code, SubjectOf subjectOf) {
  hidden(app, "manual", "print the manual page")->callback([&app] {
    std::cout << manualPage(describeCommand(app), MANUAL_SECTION, SKERRY_VERSION) << std::flush;
  });

  auto completion = hidden(app, "completion", "print a script for a shell");
  auto name = std::make_shared<std::string>();
  completion->add_option("SHELL", *name)->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&app, &code, name] {
    auto shell = shellNamed(*name);
    if (shell) std::cout << completionScript(describeCommand(app), *shell) << std::flush;
    else code = EXIT_USAGE;
  });

  auto unit = hidden(app, "unit", "print the service for systemd");
  auto program = std::make_shared<std::string>();
  unit->add_option("--program", *program, "where this program will lie");
  auto shared = std::make_shared<SubjectOf>(kj::mv(subjectOf));
  unit->callback([&data, &code, program, shared] {
    code = runOnce(data, [&](Host& host, const Transport&) -> kj::Promise<int> {
      auto subject = (*shared)(host);
      if (!program->empty()) subject.path = *program;
      std::cout << serviceUnit(subject) << std::flush;
      return 0;
    }, DataFolder::LEAVE);
  });
}

}  // namespace skerry
