// What a look at a machine or at a tier found: for people as lines, for scripts as JSON. Pure.
#pragma once
#include "shared/model/plain_value.h"
#include <cstdint>
#include <string>
#include <vector>

namespace skerry {

struct Finding {
  enum class Verdict : uint8_t {
    OK,
    WARNING,  // it works, and may not when it matters
    PROBLEM,  // it does not work
  };
  std::string check;  // what was looked at: a stable camelCase word, `disk`, `certificate`
  Verdict verdict = Verdict::OK;
  std::string text;   // what is so
  std::string next;   // the command that helps; never empty unless OK
  bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

Finding fine(std::string check, std::string text, std::string next = "");
Finding warning(std::string check, std::string text, std::string next);
Finding problem(std::string check, std::string text, std::string next);

const char* wordOf(Finding::Verdict verdict);
bool hasProblem(const Findings& findings);
// Warnings and problems only.
Findings unfavourable(const Findings& findings);
void append(Findings& to, const Findings& more);
// `newer` takes the place of what `findings` says of the same checks; the rest of it follows.
Findings replaced(Findings findings, const Findings& newer);

// One line each, the command below it. Ends with a newline, or is empty. No control characters
// reach a terminal, since findings quote what other machines said.
std::string printFindings(const Findings& findings);
// {"findings":[{"check","verdict","text","next"}]}
PlainValue plainFindings(const Findings& findings);

}  // namespace skerry
