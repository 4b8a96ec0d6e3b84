#include "shared/cli/connection.h"
#include "shared/cli/verb.h"
#include "shared/crypto/bytes.h"
#include "shared/model/finding.h"

namespace skerry {
namespace {

// A word of a newer daemon counts as a problem: it is shown, and not taken for well.
Finding::Verdict verdictOf(schema::Finding::Verdict verdict) {
  switch (verdict) {
    case schema::Finding::Verdict::OK: return Finding::Verdict::OK;
    case schema::Finding::Verdict::WARNING: return Finding::Verdict::WARNING;
    default: return Finding::Verdict::PROBLEM;
  }
}

Task<int> doctor(Cli& cli) {
  auto connecting = connect(cli);
  auto connected = co_await connecting;
  if (connected.failure) co_return cli.fail(*connected.failure);
  auto request = connected.connection->admin.doctorRequest();
  auto sent = request.send();
  auto response = co_await sent;
  auto failures = failuresOf(response.getProblems());
  if (!failures.empty()) co_return cli.fail(failures);
  Findings findings;
  for (auto from : response.getFindings()) {
    findings.push_back({text(from.getCheck()), verdictOf(from.getVerdict()), text(from.getText()),
                        text(from.getNext())});
  }
  cli.print(plainFindings(findings), printFindings(findings));
  co_return int(hasProblem(findings) ? ExitCode::FAILED : ExitCode::DONE);
}

}  // namespace

Run defineDoctor(CLI::App&) {
  return [](Cli& cli) { return cli.bounded(doctor(cli)); };
}

}  // namespace skerry
