// What is said of objects beside their manifests: block, label.
#include "shared/model/encoded.h"
#include "shared/model/manifest_check.h"
#include "tier_central/admin.h"

namespace skerry {
namespace {

constexpr size_t BLOCK_REASON_BYTES_MAX = 256;

// A host may be blocked before it was ever heard of; that it may be a slip is said.
bool isHeardOf(const CentralCore& core, const std::string& host) {
  bool heard = false;
  auto site = host.substr(0, host.find('/'));
  registers(core)([&](const std::string& of, const std::string& key, const Bytes& value) {
    if (of != site || key != "host") return;
    Decoded<schema::HostStatus> status(value);
    heard |= site + "/" + text(status.get().getName()) == host;
  });
  return heard;
}

Refusals tooLong(const std::string& reason) {
  if (reason.size() <= BLOCK_REASON_BYTES_MAX) return {};
  Refusal refusal;
  refusal.reason = "too-large";
  refusal.message = "the reason has " + std::to_string(reason.size()) + " bytes; it may have " +
                    std::to_string(BLOCK_REASON_BYTES_MAX);
  refusal.hint = "shorten it";
  return {refusal};
}

Refusal labelsOfSitesOnly(const std::string& kind) {
  Refusal refusal;
  refusal.reason = "not-supported-yet";
  refusal.message = "labels of a " + kind + " are not supported yet";
  refusal.hint = "sites have labels";
  return refusal;
}

// As if they were declared.
Refusals badLabels(const std::string& site, const LabelChange& change,
                   const std::map<std::string, std::string>& before) {
  capnp::MallocMessageBuilder message;
  auto manifest = message.initRoot<schema::Manifest>();
  auto declared = manifest.initSite();
  declared.setName(site);
  declared.setRegion("any");
  auto all = before;
  for (auto& [key, value] : change.set) all[key] = value;
  for (auto& key : change.remove) all.erase(key);
  auto labels = declared.initLabels(all.size());
  size_t i = 0;
  for (auto& [key, value] : all) {
    labels[i].setName(key);
    labels[i++].setValue(value);
  }
  Refusals refusals;
  for (auto& problem : manifestProblems(manifest)) {
    refusals.push_back({2, problem.reason, problem.message, -1, "", problem.hint, ""});
  }
  return refusals;
}

void write(const Declared& from, const std::string& warning, schema::ApplyResult::Builder to) {
  to.setKind(from.kind);
  to.setTenant(from.tenant);
  to.setName(from.name);
  to.setOutcome(from.outcome);
  to.setWarning(warning);
}

}  // namespace

kj::Promise<void> CentralAdmin::block(BlockContext context) {
  auto& core = this->core();
  auto params = context.getParams();
  auto kind = text(params.getKind()), name = text(params.getName());
  auto reason = text(params.getReason());
  auto results = context.getResults();
  auto refusals = whileRecovering(core);
  if (refusals.empty()) refusals = core.declarations->checkBlock(kind, name);
  if (refusals.empty()) refusals = tooLong(reason);
  if (!refusals.empty()) {
    refuse(results, refusals);
    return kj::READY_NOW;
  }
  std::optional<BlockWord> word;
  if (params.getBlocked()) word = BlockWord{reason, host.clock.wallMs()};
  Batch rows;
  Touched touched;
  auto done = core.declarations->block(kind, name, word, rows, touched);
  bool isUnknown = word && kind == "host" && !isHeardOf(core, name);
  write(done, isUnknown ? "no host of this name was heard of yet" : "", results.initResults(1)[0]);
  return rows.empty() ? kj::Promise<void>(kj::READY_NOW) : core.commit(kj::mv(rows), touched);
}

kj::Promise<void> CentralAdmin::label(LabelContext context) {
  auto& core = this->core();
  auto params = context.getParams();
  auto kind = text(params.getKind()), name = text(params.getName());
  LabelChange change;
  for (auto label : params.getSet()) change.set[text(label.getName())] = text(label.getValue());
  for (auto key : params.getRemove()) change.remove.insert(text(key));
  auto results = context.getResults();
  auto refusals = whileRecovering(core);
  if (refusals.empty() && kind != "site") refusals = {labelsOfSitesOnly(kind)};
  if (refusals.empty()) refusals = core.declarations->checkLabels(name, change);
  if (refusals.empty()) refusals = badLabels(name, change, core.registry.sites.at(name).labels);
  if (!refusals.empty()) {
    refuse(results, refusals);
    return kj::READY_NOW;
  }
  Batch rows;
  Touched touched;
  auto done = core.declarations->label(name, change, rows, touched);
  core.declarations->settle(rows, touched);
  write(done, "", results.initResults(1)[0]);
  return rows.empty() ? kj::Promise<void>(kj::READY_NOW) : core.commit(kj::mv(rows), touched);
}

}  // namespace skerry
