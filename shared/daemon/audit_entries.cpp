#include "shared/daemon/audit_entries.h"
#include "capnp/admin.capnp.h"
#include "shared/daemon/problems.h"
#include <string_view>

namespace skerry {
namespace {

// Told as they are, besides what has a field of its own.
constexpr std::string_view TOLD[] = {"site", "host", "region", "role", "reason", "cascade", "reset",
                                     "selector", "service", "path"};

std::string textOf(capnp::DynamicStruct::Reader from, const char* name) {
  KJ_IF_MAYBE(field, from.getSchema().findFieldByName(name)) {
    if (!field->getType().isText() || !from.has(*field)) return "";
    return text(from.get(*field).as<capnp::Text>());
  }
  return "";
}

void tell(capnp::DynamicStruct::Reader from, AuditEntry& entry) {
  auto set = [](std::string& to, std::string value) { if (to.empty()) to = std::move(value); };
  set(entry.kind, textOf(from, "kind"));
  set(entry.tenant, textOf(from, "tenant"));
  set(entry.name, textOf(from, "name"));
  auto app = textOf(from, "app");
  if (!app.empty() && entry.name.empty()) {
    set(entry.kind, "application");
    entry.name = app;
  }
  for (auto name : TOLD) {
    KJ_IF_MAYBE(field, from.getSchema().findFieldByName(name.data())) {
      std::string value;
      if (field->getType().isText()) value = textOf(from, name.data());
      if (field->getType().isBool() && from.get(*field).as<bool>()) value = "yes";
      if (value.empty()) continue;
      entry.text += (entry.text.empty() ? "" : " ") + std::string(name) + "=" + value;
    }
  }
}

void countObjects(capnp::List<schema::Manifest>::Reader manifests, AuditEntry& entry) {
  entry.text = std::to_string(manifests.size()) + " objects";
}

}  // namespace

AuditEntry entryOf(const Caller& caller, std::string_view action) {
  AuditEntry entry;
  entry.who = caller.principal.name;
  entry.role = describe(caller.principal);
  entry.from = caller.from;
  entry.action = action;
  return entry;
}

void describeCall(capnp::DynamicStruct::Reader params, AuditEntry& entry) {
  tell(params, entry);
  for (auto field : params.getSchema().getFields()) {
    if (field.getType().isStruct() && params.has(field)) {
      tell(params.get(field).as<capnp::DynamicStruct>(), entry);
    }
  }
  KJ_IF_MAYBE(field, params.getSchema().findFieldByName("manifests")) {
    countObjects(params.get(*field).as<capnp::List<schema::Manifest>>(), entry);
  }
}

bool describeProblem(capnp::DynamicStruct::Reader results, AuditEntry& entry) {
  KJ_IF_MAYBE(field, results.getSchema().findFieldByName("problems")) {
    for (auto problem : results.get(*field).as<capnp::List<schema::Problem>>()) {
      entry.outcome = problem.getReason() == DENIED ? "denied" : "refused";
      entry.text = text(problem.getReason()) + ": " + text(problem.getMessage());
      return true;
    }
  }
  return false;
}

std::vector<AuditEntry> describeOutcome(capnp::DynamicStruct::Reader results,
                                        const AuditEntry& asked) {
  std::vector<AuditEntry> all;
  KJ_IF_MAYBE(field, results.getSchema().findFieldByName("results")) {
    if (field->getType().isList()) {
      for (auto result : results.get(*field).as<capnp::List<schema::ApplyResult>>()) {
        if (result.getOutcome() == "unchanged") continue;
        auto entry = asked;
        entry.kind = text(result.getKind());
        entry.tenant = text(result.getTenant());
        entry.name = text(result.getName());
        entry.outcome = text(result.getOutcome());
        entry.before = text(result.getBefore());
        entry.after = text(result.getAfter());
        entry.text.clear();
        all.push_back(std::move(entry));
      }
    }
  }
  if (all.empty()) {
    all.push_back(asked);
    all.back().outcome = "done";
  }
  return all;
}

}  // namespace skerry
