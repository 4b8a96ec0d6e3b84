#include "shared/daemon/seen.h"
#include "shared/async/task.h"
#include "shared/crypto/bytes.h"
#include "shared/daemon/item_labels.h"
#include "shared/daemon/views.h"
#include <capnp/message.h>

namespace skerry {
namespace {

bool isSiteOf(const std::string& token, const std::set<std::string>& sites) {
  constexpr std::string_view SITE = "site/";
  return token.starts_with(SITE) && sites.contains(token.substr(SITE.size()));
}

Task<void> addInstances(schema::Admin::Client tier, Seen& seen) {
  auto request = tier.getRequest();
  request.initQuery().setKind("instance");
  if (seen.scope.of == Scope::Of::TENANT) request.getQuery().setTenant(seen.scope.name);
  auto sent = request.send();
  auto answer = co_await sent;
  for (auto item : answer.getItems()) {
    auto status = item.getStatus().getInstance();
    if (!seen.sees(item)) continue;
    seen.instances.push_back({text(item.getTenant()), text(status.getApp()),
                              text(status.getSite()), text(status.getState())});
  }
}

Task<void> addSitesOfTenant(schema::Admin::Client tier, Seen& seen) {
  auto request = tier.getRequest();
  request.initQuery().setKind("application");
  request.getQuery().setTenant(seen.scope.name);
  auto sent = request.send();
  auto answer = co_await sent;
  for (auto item : answer.getItems()) {
    if (item.getTenant() != seen.scope.name) continue;
    for (auto target : item.getStatus().getApplication().getTargets()) {
      seen.sites.insert(text(target.getSite()));
    }
  }
}

// A site has no list of sites; it knows itself.
Task<void> addSites(schema::Admin::Client tier, Seen& seen) {
  auto request = tier.getRequest();
  request.initQuery().setKind("site");
  auto sent = request.send();
  auto answer = co_await sent;
  for (auto item : answer.getItems()) {
    auto name = text(item.getName()), region = text(item.getStatus().getSite().getRegion());
    bool isRegions = seen.scope.of == Scope::Of::REGION && region == seen.scope.name;
    if (isRegions) seen.sites.insert(name);
    if (seen.sites.contains(name)) seen.regions.insert(region);
  }
}

Task<Seen> look(schema::Admin::Client tier, AdminPlace place, Principal principal) {
  Seen seen;
  seen.scope = principal.scope;
  auto& scope = seen.scope;
  if (scope.of == Scope::Of::REGION) {
    seen.isWholeTier = place.region == scope.name && !scope.name.empty();
    seen.regions.insert(scope.name);
  }
  if (scope.of == Scope::Of::SITE) {
    seen.isWholeTier = place.tier == "site" && place.name == scope.name;
    seen.sites.insert(scope.name);
  }
  if (seen.isWholeTier) co_return seen;
  if (scope.of == Scope::Of::TENANT) {
    auto adding = addSitesOfTenant(tier, seen);
    co_await adding;
  }
  if (place.tier == "site") {
    seen.regions.insert(place.region);
  } else {
    auto adding = addSites(tier, seen);
    co_await adding;
  }
  auto adding = addInstances(tier, seen);
  co_await adding;
  co_return seen;
}

}  // namespace

bool Seen::sees(schema::Item::Reader item) const {
  auto kind = text(item.getKind()), tenant = text(item.getTenant()), name = text(item.getName());
  if (kind == "role") return true;
  if (kind == "tenant") return scope.of == Scope::Of::TENANT && name == scope.name;
  if (kind == "user") return scope.of == Scope::Of::TENANT && tenant == scope.name;
  if (kind == "region") return scope.of == Scope::Of::REGION && name == scope.name;
  if (kind == "application") {
    if (!seesTenant(tenant)) return false;
    if (scope.of == Scope::Of::TENANT || isWholeTier) return true;
    for (auto target : item.getStatus().getApplication().getTargets()) {
      if (seesSite(text(target.getSite()))) return true;
    }
    return false;
  }
  if (kind == "pending") {
    return scope.of == Scope::Of::REGION &&
           text(item.getStatus().getPending().getRegion()) == scope.name;
  }
  if (kind == "token") {
    return scope.of != Scope::Of::TENANT &&
           (isWholeTier || isSiteOf(text(item.getStatus().getToken().getTarget()), sites));
  }
  if (kind == "instance") return seesTenant(tenant) && seesSite(siteOf(item));
  if (kind == "host") return scope.of != Scope::Of::TENANT && seesSite(siteOf(item));
  return kind == "site" && seesSite(name);
}

bool Seen::seesEvent(const Event& event) const {
  switch (scope.of) {
    case Scope::Of::EVERYTHING: return true;
    case Scope::Of::TENANT:
      return event.tenant == scope.name ||
             (isOfSites(event) && !event.site.empty() && seesSite(event.site));
    case Scope::Of::REGION: return event.region == scope.name;
    case Scope::Of::SITE: return event.site == scope.name;
  }
  return false;
}

bool Seen::mayName(const std::string& who) const {
  constexpr std::string_view REGION = "region ";
  return who.starts_with(REGION) ? seesRegion(who.substr(REGION.size())) : seesSite(who);
}

Seen::Counts Seen::countStates(std::string_view tenant, std::string_view app) const {
  Counts counts;
  for (auto& instance : instances) {
    if ((tenant.empty() || instance.tenant == tenant) && (app.empty() || instance.app == app)) {
      ++counts[instance.state];
    }
  }
  return counts;
}

void Seen::trim(schema::Item::Builder item) const {
  if (isWholeTier) return;
  if (item.getStatus().isSite()) {
    auto site = item.getStatus().getSite();
    uint32_t all = 0, running = 0;
    for (auto& instance : instances) {
      if (instance.site != text(item.getName().asReader())) continue;
      ++all;
      running += instance.state == "running";
    }
    site.setInstances(all);
    site.setRunning(running);
  }
  if (!item.getStatus().isApplication() || scope.of == Scope::Of::TENANT) return;
  auto application = item.getStatus().getApplication();
  capnp::MallocMessageBuilder kept;
  kept.setRoot(application.asReader());
  auto before = kept.getRoot<schema::ApplicationView>();
  std::vector<schema::ApplicationView::Target::Reader> targets;
  for (auto target : before.asReader().getTargets()) {
    if (seesSite(text(target.getSite()))) targets.push_back(target);
  }
  auto list = application.initTargets(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) list.setWithCaveats(i, targets[i]);
  application.setSites(targets.size());
  auto counts = countStates(text(item.getTenant().asReader()), text(item.getName().asReader()));
  writeCounts(counts, application.initCounts(counts.size()));
}

kj::Promise<Seen> lookAround(schema::Admin::Client tier, const AdminPlace& place,
                             const Principal& principal) {
  return look(kj::mv(tier), place, principal);
}

}  // namespace skerry
