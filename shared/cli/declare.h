// What `apply`, `plan` and `delete -f` share: sending manifests, and telling what became of them.
// Heavy: include from .cpp files only.
#pragma once
#include "shared/cli/connection.h"
#include "shared/cli/manifest_files.h"

namespace skerry {

void fillManifests(const std::vector<ParsedManifest>& manifests,
                   capnp::List<schema::Manifest>::Builder into);

// Like failuresOf(), pointing into the files that the manifests came from.
Failures failuresOf(capnp::List<schema::Problem>::Reader problems,
                    const std::vector<ParsedManifest>& manifests);

// A copy of one result.
struct Outcome {
  std::string kind, tenant, name, outcome, warning;
};
std::vector<Outcome> copyOutcomes(capnp::List<schema::ApplyResult>::Reader results);
PlainValue valueOf(const std::vector<Outcome>& outcomes);
// `application/pos created`, a line each; with `-o name` the name alone.
std::string printOutcomes(const Cli& cli, const std::vector<Outcome>& outcomes,
                          const std::string& after);
// Warnings, on standard error.
void noteWarnings(Cli& cli, const std::vector<Outcome>& outcomes);

}  // namespace skerry
