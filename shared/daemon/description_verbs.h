// Hidden verbs with which a daemon's program describes itself to whatever installs it: `manual`,
// `completion SHELL`, `unit`. What is installed cannot differ from the program so.
#pragma once
#include "shared/daemon/program.h"
#include "shared/doctor/subject.h"

namespace skerry {

using SubjectOf = kj::Function<Subject(Host& host)>;

// `app`, `data` and `code` outlive the parsing.
void addDescriptionVerbs(CLI::App& app, const std::string& data, int& code, SubjectOf subjectOf);

}  // namespace skerry
