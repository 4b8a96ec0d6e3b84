#include "shared/model/finding.h"
#include "shared/model/utf8.h"
#include <algorithm>
#include <set>

namespace skerry {
namespace {

std::string harmless(std::string text) {
  for (auto& c : text) {
    if (uint8_t(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return repairUtf8(text);
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

}  // namespace

Finding fine(std::string check, std::string text, std::string next) {
  return {std::move(check), Finding::Verdict::OK, std::move(text), std::move(next)};
}
Finding warning(std::string check, std::string text, std::string next) {
  return {std::move(check), Finding::Verdict::WARNING, std::move(text), std::move(next)};
}
Finding problem(std::string check, std::string text, std::string next) {
  return {std::move(check), Finding::Verdict::PROBLEM, std::move(text), std::move(next)};
}

const char* wordOf(Finding::Verdict verdict) {
  switch (verdict) {
    case Finding::Verdict::OK: return "ok";
    case Finding::Verdict::WARNING: return "warning";
    case Finding::Verdict::PROBLEM: break;
  }
  return "problem";
}

bool hasProblem(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.verdict == Finding::Verdict::PROBLEM;
  });
}

Findings unfavourable(const Findings& findings) {
  Findings chosen;
  for (auto& finding : findings) {
    if (finding.verdict != Finding::Verdict::OK) chosen.push_back(finding);
  }
  return chosen;
}

void append(Findings& to, const Findings& more) { to.insert(to.end(), more.begin(), more.end()); }

Findings replaced(Findings findings, const Findings& newer) {
  Findings all;
  std::set<std::string> told;
  auto tell = [&](const std::string& check) {
    for (auto& finding : newer) {
      if (finding.check == check) all.push_back(finding);
    }
    told.insert(check);
  };
  for (auto& finding : findings) {
    if (told.contains(finding.check)) continue;
    bool isSaidAnew = std::any_of(newer.begin(), newer.end(), [&](const Finding& other) {
      return other.check == finding.check;
    });
    if (isSaidAnew) tell(finding.check);
    else all.push_back(std::move(finding));
  }
  for (auto& finding : newer) {
    if (!told.contains(finding.check)) tell(finding.check);
  }
  return all;
}

std::string printFindings(const Findings& findings) {
  constexpr size_t VERDICT_WIDTH = 9, GAP = 2;
  size_t width = 0;
  for (auto& finding : findings) width = std::max(width, finding.check.size() + GAP);
  std::string printed;
  for (auto& finding : findings) {
    printed += padded(wordOf(finding.verdict), VERDICT_WIDTH) +
               padded(harmless(finding.check), width) + harmless(finding.text) + "\n";
    if (!finding.next.empty()) {
      printed += std::string(VERDICT_WIDTH + width, ' ') + "try: " + harmless(finding.next) + "\n";
    }
  }
  return printed;
}

PlainValue plainFindings(const Findings& findings) {
  auto list = PlainValue::list();
  for (auto& finding : findings) {
    list.items.push_back(PlainValue::object({{"check", PlainValue::of(finding.check)},
                                             {"verdict", PlainValue::of(wordOf(finding.verdict))},
                                             {"text", PlainValue::of(finding.text)},
                                             {"next", PlainValue::of(finding.next)}}));
  }
  return PlainValue::object({{"findings", std::move(list)}});
}

}  // namespace skerry
