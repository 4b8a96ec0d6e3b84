// Expected refusals of an Admin call, as answers.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/model/principal.h"
#include "shared/model/selector.h"
#include <string>
#include <vector>

namespace skerry {

struct Refusal {
  uint8_t code = 2;      // the client's exit code
  std::string reason;    // a stable word
  std::string message;
  int manifest = -1;     // index into the request; -1: none in particular
  std::string path, hint, next;
};
using Refusals = std::vector<Refusal>;

// What only central may do, asked of another tier.
Refusal notHere(std::string tier, std::string verb);
Refusal notFound(std::string kind, std::string name);
// The role may not do this with such an object; says whose would.
constexpr const char* DENIED = "denied";
Refusal denied(const Principal& principal, Action action, const std::string& kind);
// Several tenants have an application of this name.
Refusal ambiguous(const std::string& app, const std::vector<std::string>& tenants);
// A label expression in `-l` that is none.
Refusal badSelector(const SelectorError& error);
// Why lines cannot be matched with `--grep`; nothing when they can.
Refusals badPattern(const std::string& pattern);

void writeProblem(const Refusal& refusal, schema::Problem::Builder to);

template <typename Results>
void refuse(Results results, const Refusals& refusals) {
  auto list = results.initProblems(refusals.size());
  for (size_t i = 0; i < refusals.size(); ++i) writeProblem(refusals[i], list[i]);
}

}  // namespace skerry
