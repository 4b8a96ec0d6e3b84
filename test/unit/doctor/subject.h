// A daemon to be judged, and what holds of every judgement.
#pragma once
#include "shared/doctor/subject.h"
#include "shared/model/finding.h"
#include <doctest/doctest.h>

namespace skerry::test {

inline Subject aSite() {
  Subject subject;
  subject.program = "skerry-site";
  subject.path = "/opt/skerry/skerry-site";
  subject.folder = "/data/site";
  subject.database = "site.db";
  subject.beginning = "skerry-site join TOKEN";
  subject.descriptors = 1024;
  return subject;
}

inline bool says(const Finding& finding, std::string_view what) {
  return finding.text.find(what) != std::string::npos;
}

// Nobody is left with a complaint and no way out.
inline void checkFinding(const Finding& finding, Finding::Verdict verdict, std::string_view what,
                         std::string_view next = "") {
  CAPTURE(finding.text);
  CAPTURE(finding.next);
  CHECK(finding.verdict == verdict);
  CHECK(says(finding, what));
  CHECK(finding.next.find(next) != std::string::npos);
  if (finding.verdict != Finding::Verdict::OK) CHECK(!finding.next.empty());
  CHECK(!finding.check.empty());
}

constexpr auto OK = Finding::Verdict::OK;
constexpr auto WARNING = Finding::Verdict::WARNING;
constexpr auto PROBLEM = Finding::Verdict::PROBLEM;

}  // namespace skerry::test
