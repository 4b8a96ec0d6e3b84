// Declaring and removing: apply, plan, delete.
#include "shared/model/application.h"
#include "shared/model/encoded.h"
#include "shared/model/manifest_check.h"
#include "shared/model/name_check.h"
#include "shared/model/selector.h"
#include "tier_central/admin.h"
#include "tier_central/plan_targets.h"
#include <algorithm>

namespace skerry {
namespace {

using Manifest = schema::Manifest;

constexpr size_t MANIFESTS_MAX = 10'000;  // of one apply
constexpr size_t PLAN_ID_DIGITS = 16;

// A request's manifests in the form they are stored in, in the order they must be declared in.
class Request {
public:
  explicit Request(capnp::List<Manifest>::Reader from) {
    KJ_REQUIRE(from.size() <= MANIFESTS_MAX, "too many objects at once; apply fewer per call",
               from.size());
    for (kj::uint i = 0; i < from.size(); ++i) {
      for (auto& problem : manifestProblems(from[i])) {
        problems.push_back({2, problem.reason, problem.message, int(i), problem.path,
                            problem.hint, ""});
      }
    }
    if (!problems.empty()) return;
    for (auto manifest : from) {
      canonical.push_back(std::make_unique<Decoded<Manifest>>(canonicalManifest(manifest)));
    }
    for (auto& manifest : canonical) readers.push_back(manifest->get());
    for (kj::uint i = 0; i < readers.size(); ++i) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return readers[a].which() < readers[b].which(); });
  }
  Declarations::Manifests manifests() const { return {readers.data(), readers.size()}; }

  Refusals problems;
  std::vector<Manifest::Reader> readers;
  std::vector<kj::uint> order;  // tenants before regions before sites before applications

private:
  std::vector<std::unique_ptr<Decoded<Manifest>>> canonical;
};

std::vector<std::string> matching(const CentralCore& core, const std::string& selector) {
  std::vector<std::string> sites;
  auto parsed = parseSelector(selector);
  for (auto& [name, site] : core.registry.sites) {
    if (parsed.selector.matches(site.labels)) sites.push_back(name);
  }
  return sites;
}

void write(const Declared& from, schema::ApplyResult::Builder to) {
  to.setKind(from.kind);
  to.setTenant(from.tenant);
  to.setName(from.name);
  to.setOutcome(from.outcome);
  to.setBefore(from.before);
  to.setAfter(from.after);
}

void write(const ObjectName& pruned, schema::ApplyResult::Builder to) {
  write(Declared{pruned.kind, pruned.name.first, pruned.name.second, "deleted"}, to);
}

void warn(const CentralCore& core, Manifest::Reader manifest, schema::ApplyResult::Builder to) {
  if (manifest.isTenant() && manifest.getTenant().getQuota().getDisk().size() > 0) {
    to.setWarning("quota.disk counts declared volumes, and applications have none in this version");
  }
  if (!manifest.isApplication()) return;
  auto selector = text(manifest.getApplication().getPlacement().getSites());
  if (matching(core, selector).empty()) to.setWarning("matches no site");
}

void writeIntents(const CentralCore& core, const Request& request,
                  schema::Admin::ApplyResults::Builder results) {
  std::vector<TenantAndName> names;
  for (auto manifest : request.readers) {
    if (!manifest.isApplication()) continue;
    names.push_back({text(manifest.getApplication().getTenant()),
                     text(manifest.getApplication().getName())});
  }
  auto intents = results.initIntents(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    auto& app = core.registry.applications.at(names[i]);
    intents[i].setTenant(names[i].first);
    intents[i].setApp(names[i].second);
    intents[i].setEra(app.intentSeq.era);
    intents[i].setSeq(app.intentSeq.n);
  }
}

// A site that somebody joined a host to runs on alone once it is deleted: not by a slip.
Refusals checkHosts(const CentralCore& core, const std::string& site) {
  auto hosts = summarise(registers(core))[site].hosts;
  if (hosts == 0) return {};
  Refusal refusal;
  refusal.code = 6;
  refusal.reason = "in-use";
  refusal.message = "site '" + site + "' still has " + std::to_string(hosts) + " host(s); without "
                    "its region it would run on alone with what it has";
  refusal.hint = "move its applications away first, or delete it all the same with --cascade";
  refusal.next = "skerry delete site " + site + " --cascade --yes";
  return {refusal};
}

// Targets that a region says it has no quota for.
LeftOutTargets leftOutTargets(const CentralCore& core) {
  LeftOutTargets targets;
  for (auto& [site, apps] : appsAtSites(registers(core))) {
    for (auto& [key, there] : apps) {
      auto slash = key.find('/');
      if (there.verdict != "blocked" || there.instances > 0) continue;
      targets.insert({site, {key.substr(0, slash), key.substr(slash + 1)}});
    }
  }
  return targets;
}

std::vector<PlannedTarget> targetsOf(const CentralCore& core, const Request& request) {
  return plannedTargets(core.registry, request.manifests(), leftOutTargets(core));
}

// Names the manifests and everything they would do: whatever changes it makes a plan stale.
std::string planId(const CentralCore& core, const Request& request, const std::string& set) {
  Sha256 hash;
  auto add = [&](const std::string& part) {
    hash.add(std::to_string(part.size()) + ":").add(part);
  };
  for (auto manifest : request.readers) {
    auto outcome = core.declarations->compare(manifest);
    for (auto& part : {outcome.kind, outcome.tenant, outcome.name, outcome.outcome}) add(part);
    hash.add(view(encode<Manifest>(manifest)));
  }
  for (auto& target : targetsOf(core, request)) {
    for (auto& part : {target.app.first, target.app.second, target.site, target.action}) add(part);
  }
  add(set);
  for (auto& object : prunedBy(core.registry, set, request.manifests())) {
    for (auto& part : {object.kind, object.name.first, object.name.second}) add(part);
  }
  return hash.finish().hex().substr(0, PLAN_ID_DIGITS);
}

Refusals checkSet(const std::string& set, bool isPruning) {
  Refusal refusal;
  refusal.reason = "usage";
  if (set.empty() && isPruning) {
    refusal.message = "--prune needs a set: what it removes is what came with that";
    refusal.hint = "add --set NAME";
    return {refusal};
  }
  if (set.empty() || isName(set)) return {};
  refusal.message = "--set: " + nameProblem(set);
  refusal.hint = NAME_HINT;
  return {refusal};
}

void writeTargets(const CentralCore& core, const std::vector<PlannedTarget>& targets,
                  schema::Admin::PlanResults::Builder results) {
  auto sites = summarise(registers(core));
  auto to = results.initTargets(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) {
    to[i].setTenant(targets[i].app.first);
    to[i].setApp(targets[i].app.second);
    to[i].setSite(targets[i].site);
    to[i].setRegion(targets[i].region);
    to[i].setAction(targets[i].action);
    to[i].setReason(targets[i].reason);
    to[i].setOnline(sites[targets[i].site].online);
  }
}

void writeQuotas(const std::vector<QuotaChange>& changes,
                 schema::Admin::PlanResults::Builder results) {
  std::vector<std::pair<const QuotaChange*, Resource>> bounded;
  for (auto& change : changes) {
    for (auto resource : RESOURCES) {
      if (change.quota[resource]) bounded.push_back({&change, resource});
    }
  }
  auto list = results.initQuotas(bounded.size());
  for (size_t i = 0; i < bounded.size(); ++i) {
    auto& change = *bounded[i].first;
    auto resource = bounded[i].second;
    list[i].setTenant(change.tenant);
    list[i].setResource(nameOf(resource));
    list[i].setUsed(printAmount(resource, change.before[resource]));
    list[i].setAfter(printAmount(resource, change.after[resource]));
    list[i].setQuota(printAmount(resource, *change.quota[resource]));
  }
}

Refusal stalePlan() {
  Refusal refusal;
  refusal.code = 6;
  refusal.reason = "plan-stale";
  refusal.message = "this would not do what the plan said: the files, or what is declared, or "
                    "which sites match, changed since";
  refusal.hint = "look at a new plan, then apply that";
  return refusal;
}

}  // namespace

kj::Promise<void> CentralAdmin::apply(ApplyContext context) {
  auto& core = this->core();
  auto params = context.getParams();
  auto set = text(params.getSet());
  Request request(params.getManifests());
  if (request.problems.empty()) request.problems = whileRecovering(core);
  std::vector<ObjectName> pruned;
  if (request.problems.empty()) request.problems = checkSet(set, params.getPrune());
  if (request.problems.empty()) {
    if (params.getPrune()) pruned = prunedBy(core.registry, set, request.manifests());
    request.problems = core.declarations->check(request.manifests(), pruned);
  }
  for (auto& object : pruned) {
    if (object.kind != "site") continue;
    auto hosts = checkHosts(core, object.name.second);
    request.problems.insert(request.problems.end(), hosts.begin(), hosts.end());
  }
  auto wanted = text(params.getPlanId());
  bool isStale =
      request.problems.empty() && !wanted.empty() && wanted != planId(core, request, set);
  if (isStale) request.problems.push_back(stalePlan());
  auto results = context.getResults();
  if (!request.problems.empty()) {
    refuse(results, request.problems);
    return kj::READY_NOW;
  }
  Batch rows;
  Touched touched;
  bool dry = params.getDryRun();
  auto list = results.initResults(request.readers.size() + pruned.size());
  for (auto i : request.order) {
    auto manifest = request.readers[i];
    write(dry ? core.declarations->compare(manifest)
              : core.declarations->declare(manifest, rows, touched), list[i]);
    if (!dry && !set.empty()) core.declarations->remember(nameOf(manifest), set, rows);
  }
  for (kj::uint i = 0; i < request.readers.size(); ++i) warn(core, request.readers[i], list[i]);
  for (size_t i = 0; i < pruned.size(); ++i) {
    write(pruned[i], list[request.readers.size() + i]);
    if (dry) continue;
    core.declarations->remove(pruned[i].kind, pruned[i].name, rows, touched);
    if (pruned[i].kind == "region") core.removeRegion(pruned[i].name.second, rows);
  }
  if (dry) return kj::READY_NOW;
  core.declarations->settle(rows, touched);
  writeIntents(core, request, results);
  return rows.empty() ? kj::Promise<void>(kj::READY_NOW) : core.commit(kj::mv(rows), touched);
}

kj::Promise<void> CentralAdmin::plan(PlanContext context) {
  auto& core = this->core();
  auto set = text(context.getParams().getSet());
  Request request(context.getParams().getManifests());
  auto pruned = prunedBy(core.registry, set, request.manifests());
  if (request.problems.empty()) request.problems = core.declarations->check(request.manifests());
  auto results = context.getResults();
  if (!request.problems.empty()) {
    refuse(results, request.problems);
    return kj::READY_NOW;
  }
  auto list = results.initResults(request.readers.size());
  for (kj::uint i = 0; i < request.readers.size(); ++i) {
    write(core.declarations->compare(request.readers[i]), list[i]);
    warn(core, request.readers[i], list[i]);
  }
  writeTargets(core, targetsOf(core, request), results);
  auto gone = results.initPruned(pruned.size());
  for (size_t i = 0; i < pruned.size(); ++i) write(pruned[i], gone[i]);
  writeQuotas(quotaChanges(core.registry, request.manifests(), {}), results);
  results.setId(planId(core, request, set));
  return kj::READY_NOW;
}

kj::Promise<void> CentralAdmin::delete_(DeleteContext context) {
  auto& core = this->core();
  auto query = context.getParams().getQuery();
  auto kind = text(query.getKind());
  TenantAndName name{text(query.getTenant()), text(query.getName())};
  auto results = context.getResults();
  if (kind == "application" && name.first.empty()) {
    auto refusals = resolveTenant(core, name);
    if (!refusals.empty()) {
      refuse(results, refusals);
      return kj::READY_NOW;
    }
  }
  bool cascade = context.getParams().getCascade();
  auto refusals = whileRecovering(core);
  if (refusals.empty()) refusals = core.declarations->checkRemoval(kind, name, cascade);
  if (kind == "site" && !cascade && refusals.empty()) refusals = checkHosts(core, name.second);
  if (!refusals.empty()) {
    refuse(results, refusals);
    return kj::READY_NOW;
  }
  Batch rows;
  Touched touched;
  auto removed = core.declarations->remove(kind, name, rows, touched);
  core.declarations->settle(rows, touched);
  if (kind == "region") core.removeRegion(name.second, rows);
  auto list = results.initResults(removed.size());
  for (size_t i = 0; i < removed.size(); ++i) write(removed[i], list[i]);
  return core.commit(kj::mv(rows), touched);
}

}  // namespace skerry
