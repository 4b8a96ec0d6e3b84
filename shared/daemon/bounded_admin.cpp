#include "shared/daemon/bounded_admin.h"
#include "shared/daemon/event_answer.h"
#include "shared/daemon/views.h"
#include <memory>

namespace skerry {
namespace {

template <typename Context, typename Request>
kj::Promise<void> pass(Context context, Request request) {
  return request.send().then([context](auto&& answer) mutable { context.setResults(answer); });
}

template <typename Context>
kj::Promise<void> refused(Context context, Refusals refusals) {
  refuse(context.getResults(), refusals);
  return kj::READY_NOW;
}

void copyCounts(const Seen::Counts& counts, schema::TierStatus::Builder to) {
  writeCounts(counts, to.initInstances(counts.size()));
}

// Of a region or a site.
template <typename View>
void countLink(schema::TierStatus::Counts::Builder to, View child) {
  if (child.getOnline()) to.setOnline(to.getOnline() + 1);
  else if (child.getOfflineSince().size() > 0) to.setOffline(to.getOffline() + 1);
  else to.setPending(to.getPending() + 1);
}

// A site of another region is only known to be there.
template <typename Context, typename Request>
kj::Promise<void> passDeclared(Context context, Request request) {
  return request.send().then([context](auto&& answer) mutable {
    context.setResults(answer);
    for (auto problem : context.getResults().getProblems()) {
      if (problem.getReason() != "site-has-region") continue;
      problem.setMessage("a site of this name exists elsewhere");
      problem.setHint("choose another name");
    }
  });
}

// Of those that did not answer, whom the asker knows.
template <typename Results>
void dropUnseen(const Seen& seen, capnp::List<capnp::Text>::Reader missing, Results results) {
  std::vector<std::string> kept;
  for (auto name : missing) {
    if (seen.mayName(text(name))) kept.push_back(text(name));
  }
  auto list = results.initMissing(kept.size());
  for (size_t i = 0; i < kept.size(); ++i) list.set(i, kept[i]);
}

}  // namespace

kj::Promise<void> BoundedAdmin::status(StatusContext context) {
  return look().then([this, context](Seen&& seen) mutable {
    return tier.statusRequest().send().then([this, context, seen = kj::mv(seen)](
                                                auto&& answer) mutable -> kj::Promise<void> {
      context.setResults(answer);
      if (seen.isWholeTier) return kj::READY_NOW;
      auto status = context.getResults().getStatus();
      status.initRegions();
      status.initFindings(0);
      status.initLastHour(0);  // of everybody's
      copyCounts(seen.countStates("", ""), status);
      auto asking = tier.getRequest();
      asking.initQuery().setKind("site");
      auto sites = asking.send().then([context, seen](auto&& found) mutable {
        auto counts = context.getResults().getStatus().initSites();
        for (auto item : found.getItems()) {
          if (seen.sees(item)) countLink(counts, item.getStatus().getSite());
        }
      });
      auto above = tier.getRequest();
      above.initQuery().setKind("region");
      auto regions = sites.then([above = kj::mv(above)]() mutable { return above.send(); })
          .then([this, context, seen](auto&& found) mutable {
        if (!permitsKind(principal.role, Action::SEE, "region")) return;
        auto counts = context.getResults().getStatus().initRegions();
        for (auto item : found.getItems()) {
          if (!item.getStatus().isRegion() || !seen.seesRegion(text(item.getName()))) continue;
          countLink(counts, item.getStatus().getRegion());
        }
      });
      auto again = tier.getRequest();
      again.initQuery().setKind("application");
      return regions.then([again = kj::mv(again)]() mutable { return again.send(); })
          .then([context, seen = kj::mv(seen)](auto&& found) mutable {
        uint32_t applications = 0;
        for (auto item : found.getItems()) applications += seen.sees(item);
        context.getResults().getStatus().setApplications(applications);
      });
    });
  });
}

// Names of other tenants are unknown, whether there are any or not.
Refusals BoundedAdmin::checkManifests(capnp::List<schema::Manifest>::Reader manifests) const {
  Refusals refusals;
  for (kj::uint i = 0; i < manifests.size(); ++i) {
    Object object;
    Refusal refusal;
    if (manifests[i].isApplication()) {
      object = {"application", text(manifests[i].getApplication().getTenant())};
      refusal = notFound("tenant", object.tenant);
    } else if (manifests[i].isSite()) {
      object = {"site", "", text(manifests[i].getSite().getRegion()),
                text(manifests[i].getSite().getName())};
      refusal = notFound("region", object.region);
    } else {
      object.kind = manifests[i].isTenant() ? "tenant" : manifests[i].isRegion() ? "region"
                                                                                 : "object";
    }
    if (permits(principal, Action::DECLARE, object)) continue;
    if (!permitsKind(principal.role, Action::DECLARE, object.kind)) {
      refusal = denied(principal, Action::DECLARE, object.kind);
    }
    refusal.manifest = int(i);
    refusals.push_back(std::move(refusal));
  }
  return refusals;
}

// What came with a set may be anybody's.
Refusals BoundedAdmin::checkSet(capnp::Text::Reader set) const {
  return set.size() == 0 ? Refusals{}
                         : Refusals{denied(principal, Action::ADMINISTER, "apply set")};
}

kj::Promise<void> BoundedAdmin::apply(ApplyContext context) {
  auto refusals = checkManifests(context.getParams().getManifests());
  if (refusals.empty()) refusals = checkSet(context.getParams().getSet());
  if (!refusals.empty()) return refused(context, std::move(refusals));
  auto request = tier.applyRequest();
  request.setManifests(context.getParams().getManifests());
  request.setDryRun(context.getParams().getDryRun());
  request.setPlanId(context.getParams().getPlanId());
  return passDeclared(context, kj::mv(request));
}

kj::Promise<void> BoundedAdmin::plan(PlanContext context) {
  auto refusals = checkManifests(context.getParams().getManifests());
  if (refusals.empty()) refusals = checkSet(context.getParams().getSet());
  if (!refusals.empty()) return refused(context, std::move(refusals));
  auto request = tier.planRequest();
  request.setManifests(context.getParams().getManifests());
  return passDeclared(context, kj::mv(request));
}

kj::Promise<void> BoundedAdmin::get(GetContext context) {
  auto query = context.getParams().getQuery();
  auto kind = text(query.getKind()), tenant = text(query.getTenant());
  if (!permitsKind(principal.role, Action::SEE, kind)) {
    return refused(context, {denied(principal, Action::SEE, kind)});
  }
  auto request = tier.getRequest();
  request.setQuery(query);
  bool isOthers = isOfTenant() && !tenant.empty() && tenant != principal.scope.name;
  if (isOfTenant()) request.getQuery().setTenant(principal.scope.name);
  return look().then([context, request = kj::mv(request), isOthers](Seen&& seen) mutable {
    return request.send().then([context, seen = kj::mv(seen), isOthers](auto&& answer) mutable {
      auto query = context.getParams().getQuery();
      auto results = context.getResults();
      if (answer.getProblems().size() > 0) {
        results.setProblems(answer.getProblems());
        return;
      }
      std::vector<schema::Item::Reader> kept;
      for (auto item : answer.getItems()) {
        if (!isOthers && seen.sees(item)) kept.push_back(item);
      }
      if (kept.empty() && query.getName().size() > 0 && query.getKind() != "instance") {
        return refuse(results, {notFound(text(query.getKind()), text(query.getName()))});
      }
      auto items = results.initItems(kept.size());
      for (size_t i = 0; i < kept.size(); ++i) {
        items.setWithCaveats(i, kept[i]);
        seen.trim(items[i]);
      }
      results.setAsOfMs(answer.getAsOfMs());
    });
  });
}

kj::Promise<void> BoundedAdmin::delete_(DeleteContext context) {
  auto query = context.getParams().getQuery();
  auto kind = text(query.getKind()), name = text(query.getName()), tenant = text(query.getTenant());
  if (!permitsKind(principal.role, Action::REMOVE, kind)) {
    return refused(context, {denied(principal, Action::REMOVE, kind)});
  }
  if (isOfTenant() && !tenant.empty() && tenant != principal.scope.name) {
    return refused(context, {notFound(kind, name)});
  }
  auto request = tier.deleteRequest();
  request.setQuery(query);
  request.setCascade(context.getParams().getCascade());
  if (isOfTenant()) {
    request.getQuery().setTenant(principal.scope.name);
    return pass(context, kj::mv(request));
  }
  return look().then([context, kind, name, request = kj::mv(request)](Seen&& seen) mutable {
    if (!seen.seesSite(name)) return refused(context, {notFound(kind, name)});
    return pass(context, kj::mv(request));
  });
}

Refusals BoundedAdmin::checkReading(const Seen& seen, const std::string& site,
                                    const std::string& app) const {
  if (isOfTenant()) {
    if (app.empty()) return {denied(principal, Action::READ_LOGS, "site")};
    if (!site.empty() && !seen.seesSite(site)) return {notFound("site", site)};
    return {};
  }
  if (!permitsKind(principal.role, Action::READ_LOGS, "site")) {
    return {denied(principal, Action::READ_LOGS, "site")};
  }
  if (seen.isWholeTier) return {};
  if (!site.empty()) return seen.seesSite(site) ? Refusals{} : Refusals{notFound("site", site)};
  if (principal.scope.of == Scope::Of::REGION) return {};  // no more is asked for
  auto refusal = denied(principal, Action::READ_LOGS, "sites of other regions");
  refusal.hint = "name a site of yours with --site, or ask your region itself";
  return {refusal};
}

kj::Promise<void> BoundedAdmin::logs(LogsContext context) {
  context.allowCancellation();
  auto query = context.getParams().getQuery();
  auto tenant = text(query.getTenant());
  if (isOfTenant() && !tenant.empty() && tenant != principal.scope.name) {
    return refused(context, {notFound("application", text(query.getApp()))});
  }
  return look().then([this, context](Seen&& seen) mutable {
    auto query = context.getParams().getQuery();
    auto refusals = checkReading(seen, text(query.getSite()), text(query.getApp()));
    if (!refusals.empty()) return refused(context, std::move(refusals));
    auto request = tier.logsRequest();
    request.setQuery(query);
    narrow(request.getQuery());
    request.setSink(context.getParams().getSink());
    return request.send().then([context, seen = kj::mv(seen)](auto&& answer) mutable {
      context.getResults().setProblems(answer.getProblems());
      dropUnseen(seen, answer.getMissing(), context.getResults());
    });
  });
}

kj::Promise<void> BoundedAdmin::why(WhyContext context) {
  auto params = context.getParams();
  auto tenant = text(params.getTenant());
  if (!permitsKind(principal.role, Action::SEE, "application")) {
    return refused(context, {denied(principal, Action::SEE, "application")});
  }
  if (isOfTenant() && !tenant.empty() && tenant != principal.scope.name) {
    return refused(context, {notFound("application", text(params.getApp()))});
  }
  return look().then([this, context](Seen&& seen) mutable {
    auto params = context.getParams();
    auto site = text(params.getSite());
    if (!site.empty() && !seen.seesSite(site)) return refused(context, {notFound("site", site)});
    auto request = tier.whyRequest();
    request.setTenant(isOfTenant() ? capnp::Text::Reader(principal.scope.name.c_str())
                                   : params.getTenant());
    request.setApp(params.getApp());
    request.setSite(params.getSite());
    return pass(context, kj::mv(request));
  });
}

kj::Promise<void> BoundedAdmin::changed(ChangedContext context) {
  context.allowCancellation();
  auto request = tier.changedRequest();
  request.setSince(context.getParams().getSince());
  return pass(context, kj::mv(request));
}

kj::Promise<void> BoundedAdmin::usage(UsageContext context) {
  context.allowCancellation();
  auto query = context.getParams().getQuery();
  auto tenant = text(query.getTenant());
  bool isOfHosts = query.getOf() == schema::UsageQuery::Subject::SITES;
  if (isOfTenant() && isOfHosts) {
    return refused(context, {denied(principal, Action::SEE, "host")});
  }
  if (isOfTenant() && !tenant.empty() && tenant != principal.scope.name) return kj::READY_NOW;
  return look().then([this, context](Seen&& seen) mutable {
    auto query = context.getParams().getQuery();
    auto site = text(query.getSite());
    Refusals refusals;
    if (!site.empty() && !seen.seesSite(site)) refusals = {notFound("site", site)};
    else if (!isOfTenant()) refusals = checkReading(seen, site, text(query.getApp()));
    if (!refusals.empty()) return refused(context, std::move(refusals));
    auto request = tier.usageRequest();
    request.setQuery(query);
    narrow(request.getQuery());
    return request.send().then([context, seen = kj::mv(seen)](auto&& answer) mutable {
      auto results = context.getResults();
      results.setRows(answer.getRows());
      results.setOmitted(answer.getOmitted());
      results.setProblems(answer.getProblems());
      dropUnseen(seen, answer.getMissing(), results);
    });
  });
}

// The tier is asked for no more than the role sees, so that the newest ones are of those; what it
// tells is looked at all the same.
kj::Promise<void> BoundedAdmin::events(EventsContext context) {
  context.allowCancellation();
  if (!permitsKind(principal.role, Action::SEE, "event")) {
    return refused(context, {denied(principal, Action::SEE, "event")});
  }
  auto tenant = text(context.getParams().getQuery().getTenant());
  if (isOfTenant() && !tenant.empty() && tenant != principal.scope.name) return kj::READY_NOW;
  return look().then([this, context](Seen&& seen) mutable {
    auto query = context.getParams().getQuery();
    auto site = text(query.getSite()), region = text(query.getRegion());
    if (!site.empty() && !seen.seesSite(site)) return refused(context, {notFound("site", site)});
    if (!region.empty() && !seen.seesRegion(region)) {
      return refused(context, {notFound("region", region)});
    }
    auto request = tier.eventsRequest();
    request.setQuery(query);
    auto asked = request.getQuery();
    auto& scope = principal.scope;
    if (scope.of == Scope::Of::TENANT) asked.setTenant(scope.name);
    if (scope.of == Scope::Of::REGION) asked.setRegion(scope.name);
    if (scope.of == Scope::Of::SITE) asked.setSite(scope.name);
    asked.setWithSites(isOfTenant());
    auto known = std::make_shared<const Seen>(kj::mv(seen));
    request.setSink(sinkFor(context.getParams().getSink(),
                            [known](Event& event) { return known->seesEvent(event); },
                            [known](const std::string& who) { return known->mayName(who); }));
    return pass(context, kj::mv(request));
  });
}

kj::Promise<void> BoundedAdmin::addUser(AddUserContext context) {
  auto user = context.getParams().getUser();
  auto tenant = text(user.getTenant());
  auto request = tier.addUserRequest();
  request.setUser(user);
  if (isOfTenant() && tenant.empty()) tenant = principal.scope.name;
  Scope scope{Scope::Of::TENANT, tenant};
  if (user.getRegion().size() > 0) scope = {Scope::Of::REGION, text(user.getRegion())};
  if (user.getSite().size() > 0) scope = {Scope::Of::SITE, text(user.getSite())};
  // Of a reset the role is the one that the person has: in a tenant no role is wider than this.
  auto role = user.getReset() ? Role::TENANT_ADMIN : roleOf(text(user.getRole()));
  if (!role || !mayGrant(principal, *role, scope)) {
    return refused(context, {denied(principal, Action::MANAGE_USERS, "user")});
  }
  request.getUser().setTenant(tenant);
  return pass(context, kj::mv(request));
}

kj::Promise<void> BoundedAdmin::removeUser(RemoveUserContext context) {
  auto params = context.getParams();
  auto tenant = text(params.getTenant());
  if (!permitsKind(principal.role, Action::MANAGE_USERS, "user")) {
    return refused(context, {denied(principal, Action::MANAGE_USERS, "user")});
  }
  if (!tenant.empty() && tenant != principal.scope.name) {
    return refused(context, {notFound("user", text(params.getName()))});
  }
  auto request = tier.removeUserRequest();
  request.setName(params.getName());
  request.setTenant(principal.scope.name);
  return pass(context, kj::mv(request));
}

}  // namespace skerry
