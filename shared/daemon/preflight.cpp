#include "shared/daemon/preflight.h"
#include "shared/doctor/probe.h"
#include <iostream>

namespace skerry {
namespace {

constexpr int EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_UNREACHABLE = 5, EXIT_CONFLICT = 6;
constexpr std::string_view IDENTITY = "identity", PARENT = "parent";

}  // namespace

Findings lookBeforeBeginning(Host& host, const Subject& subject) {
  auto findings = examineMachine(host, subject);
  auto identity = lookAtIdentity(host);
  if (identity.state == IdentityFacts::State::PRESENT) {
    findings.push_back(problem(std::string(IDENTITY), "this folder is " + identity.name +
                               " already; use another --data folder, go on serving it" +
                               (subject.leaving.empty() ? "" : ", or give it up: " +
                                subject.withData(subject.leaving)), subject.serve()));
  } else if (identity.state != IdentityFacts::State::ABSENT) {
    findings.push_back(judgeIdentity(subject, identity));
  }
  return findings;
}

kj::Promise<Findings> lookBeforeJoining(Host& host, const Transport& transport, Subject subject,
                                        std::string parent, const Token& token) {
  auto findings = lookBeforeBeginning(host, subject);
  if (hasProblem(findings)) return findings;
  return reach(host, transport, token.addresses, token.rootKey)
      .then([findings = kj::mv(findings), parent = kj::mv(parent)](
                std::vector<Reached>&& reached) mutable {
    findings.push_back(judgeReach(parent, reached));
    return kj::mv(findings);
  });
}

int exitCodeOf(const Findings& findings) {
  for (auto& finding : findings) {
    if (finding.verdict != Finding::Verdict::PROBLEM) continue;
    if (finding.check == IDENTITY) return EXIT_CONFLICT;
    if (finding.check == PARENT) return EXIT_UNREACHABLE;
    return EXIT_FAILED;
  }
  return EXIT_DONE;
}

int tell(const Findings& findings) {
  for (auto& finding : unfavourable(findings)) {
    bool isProblem = finding.verdict == Finding::Verdict::PROBLEM;
    std::cerr << (isProblem ? "error: " : "warning: ") << finding.text << " (" << finding.check
              << ")\n  try: " << finding.next << std::endl;
  }
  return exitCodeOf(findings);
}

}  // namespace skerry
