#include "shared/daemon/problems.h"
#include "shared/model/line_pattern.h"

namespace skerry {

Refusal notHere(std::string tier, std::string verb) {
  Refusal refusal;
  refusal.code = 4;
  refusal.reason = "not-here";
  refusal.message = verb + " is central's: a " + tier +
                    " cannot sign what applications are, and what it changed would be undone";
  refusal.hint = "ask central, there or with a context of it";
  refusal.next = "skerry --context NAME " + verb;
  return refusal;
}

Refusal notFound(std::string kind, std::string name) {
  Refusal refusal;
  refusal.code = 3;
  refusal.reason = "not-found";
  refusal.message = "there is no " + kind + " '" + name + "'";
  refusal.next = "skerry get " + kind + "s";
  return refusal;
}

namespace {

const char* verbOf(Action action) {
  switch (action) {
    case Action::SEE: return "see";
    case Action::READ_LOGS: return "read logs of";
    case Action::DECLARE: return "declare";
    case Action::REMOVE: return "delete";
    case Action::ADMIT: return "admit a";
    case Action::OPERATE: return "operate";
    case Action::MANAGE_USERS: return "make, reset or remove such a";
    case Action::AUDIT: return "read the audit log: every";
    case Action::ADMINISTER: return "administer a";
  }
  return "";
}

}  // namespace

Refusal denied(const Principal& principal, Action action, const std::string& kind) {
  Refusal refusal;
  refusal.code = 4;
  refusal.reason = DENIED;
  refusal.message = principal.name + " is " + describe(principal) + ", who may not " +
                    verbOf(action) + " " + kind;
  std::string roles;
  for (auto role : rolesFor(action, kind)) roles += (roles.empty() ? "" : " or ") +
                                                    std::string(wordOf(role));
  refusal.hint = "ask somebody who is " + roles + " for it";
  refusal.next = "skerry role list";
  return refusal;
}

Refusal ambiguous(const std::string& app, const std::vector<std::string>& tenants) {
  Refusal refusal;
  refusal.reason = "name-ambiguous";
  refusal.message = "there are several '" + app + "': of tenants ";
  for (auto& tenant : tenants) {
    refusal.message += (tenant == tenants.front() ? "" : ", ") + tenant;
  }
  refusal.hint = "say which one with -t TENANT";
  return refusal;
}

Refusal badSelector(const SelectorError& error) {
  Refusal refusal;
  refusal.reason = "bad-selector";
  refusal.message = "-l: in column " + std::to_string(error.column) + ": " + error.message;
  refusal.hint = "an example: -l 'customer = acme and size in (medium, large)'";
  return refusal;
}

Refusals badPattern(const std::string& pattern) {
  ParsedPattern parsed(pattern);
  if (parsed.error.empty()) return {};
  Refusal refusal;
  refusal.reason = "bad-pattern";
  refusal.message = "--grep: " + parsed.error;
  refusal.hint = "an example: --grep 'error|timed? ?out'";
  return {refusal};
}

void writeProblem(const Refusal& refusal, schema::Problem::Builder to) {
  to.setCode(refusal.code);
  to.setReason(refusal.reason);
  to.setMessage(refusal.message);
  to.setManifest(refusal.manifest);
  to.setPath(refusal.path);
  to.setHint(refusal.hint);
  to.setNext(refusal.next);
}

}  // namespace skerry
