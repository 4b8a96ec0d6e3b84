#include "shared/cli/declare.h"
#include "shared/cli/table.h"
#include "shared/model/encoded.h"

namespace skerry {

void fillManifests(const std::vector<ParsedManifest>& manifests,
                   capnp::List<schema::Manifest>::Builder into) {
  for (size_t i = 0; i < manifests.size(); ++i) {
    Decoded<schema::Manifest> decoded(manifests[i].message);
    into.setWithCaveats(i, decoded.get());
  }
}

Failures failuresOf(capnp::List<schema::Problem>::Reader problems,
                    const std::vector<ParsedManifest>& manifests) {
  auto failures = failuresOf(problems);
  for (size_t i = 0; i < failures.size(); ++i) {
    auto index = problems[i].getManifest();
    if (index < 0 || size_t(index) >= manifests.size()) continue;
    auto& problem = failures[i].problem;
    problem.file = manifests[index].file;
    problem.line = manifests[index].lineOf(problem.path);
  }
  return failures;
}

std::vector<Outcome> copyOutcomes(capnp::List<schema::ApplyResult>::Reader results) {
  std::vector<Outcome> outcomes;
  for (auto result : results) {
    outcomes.push_back({text(result.getKind()), text(result.getTenant()), text(result.getName()),
                        text(result.getOutcome()), text(result.getWarning())});
  }
  return outcomes;
}

PlainValue valueOf(const std::vector<Outcome>& outcomes) {
  auto list = PlainValue::list();
  for (auto& outcome : outcomes) {
    list.items.push_back(PlainValue::object({{"kind", PlainValue::of(outcome.kind)},
                                             {"tenant", PlainValue::of(outcome.tenant)},
                                             {"name", PlainValue::of(outcome.name)},
                                             {"outcome", PlainValue::of(outcome.outcome)},
                                             {"warning", PlainValue::of(outcome.warning)}}));
  }
  return list;
}

std::string printOutcomes(const Cli& cli, const std::vector<Outcome>& outcomes,
                          const std::string& after) {
  std::string printed;
  bool isBare = cli.options.output == Output::NAME;
  for (auto& outcome : outcomes) {
    auto name = outcome.kind + "/" + outcome.name;
    printed += printable(isBare ? name : name + " " + outcome.outcome + after) + "\n";
  }
  return printed;
}

void noteWarnings(Cli& cli, const std::vector<Outcome>& outcomes) {
  for (auto& outcome : outcomes) {
    if (outcome.warning.empty()) continue;
    cli.note("warning: " + outcome.kind + "/" + outcome.name + ": " + outcome.warning);
  }
}

}  // namespace skerry
