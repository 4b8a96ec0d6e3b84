#include "tier_region/assign.h"
#include "capnp/authority.capnp.h"
#include "shared/model/encoded.h"
#include "shared/model/head.h"
#include "shared/model/quota_reader.h"
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr std::string_view POLICY = "policy/", SITE = "site/", APP = "app/";

std::string str(capnp::Text::Reader from) { return std::string(from.begin(), from.size()); }

std::string tenantOf(const std::string& appKey) {
  auto rest = appKey.substr(APP.size());
  return rest.substr(0, rest.find('/'));
}

// The body of an envelope; our parent's version signature covers all of it.
template <typename T>
class Body {
public:
  explicit Body(schema::Signed::Reader from) : decoded(from.getBody()) {}
  typename T::Reader get() { return decoded.get(); }

private:
  Decoded<T> decoded;
};

AuthoritySeq seqOf(schema::Signed::Reader envelope) {
  Decoded<schema::Statement> statement(envelope.getStatement());
  return {statement.get().getEra(), statement.get().getSeq()};
}

// An entry below with the life and origin of the one above.
Bytes derive(const OrderEntry& above, Bytes value, std::vector<Hash> blobs) {
  OrderEntry below;
  below.gen = above.gen;
  below.origin = above.origin;
  below.value = std::move(value);
  below.blobs = std::move(blobs);
  return encodeOrderEntry(below);
}

}  // namespace

Assigner::Assigner(const Orders& orders, Bytes documentKey)
    : orders(orders), documentKey(std::move(documentKey)) {
  std::set<std::string> all;
  for (auto& [key, stored] : orders.entries()) all.insert(key);
  update(all);
}

Assigner::TouchedKeys Assigner::update(const std::set<std::string>& keys) {
  TouchedKeys touched;
  for (auto& key : keys) {
    if (key.starts_with(SITE)) updateSite(key.substr(SITE.size()), touched);
  }
  std::set<std::string> tenants;  // whose share is to be looked at
  bool sitesMoved = false;
  for (auto& key : keys) {
    if (key.starts_with(USER_ORDER)) updateUser(key, touched);
    sitesMoved |= key.starts_with(SITE);
    if (key.starts_with(APP)) {
      updateApp(key, touched);
      tenants.insert(tenantOf(key));
    }
    if (key.starts_with(POLICY)) {
      auto tenant = key.substr(POLICY.size());
      tenants.insert(tenant);
      updateShare(tenant, touched);
      for (auto& [site, plan] : sitePlans) {
        if (hasTenant(site, tenant)) touched[site].insert(key);
      }
    }
  }
  for (auto& [tenant, share] : shares) {
    if (sitesMoved || tenants.contains(tenant)) choose(tenant, touched);
  }
  return touched;
}

void Assigner::updateShare(const std::string& tenant, TouchedKeys& touched) {
  auto entry = orders.find(std::string(POLICY) + tenant);
  if (entry) {
    Decoded<schema::Signed> envelope(entry->value);
    Body<schema::Policy> policy(envelope.get());
    if (policy.get().hasShare()) {
      shares[tenant].bounds = readBounds(policy.get().getShare());
      return;
    }
  }
  auto before = shares.find(tenant);
  if (before == shares.end()) return;
  for (auto& [target, resource] : before->second.missing) {
    touched[target.first].insert(target.second);
  }
  shares.erase(before);
}

void Assigner::choose(const std::string& tenant, TouchedKeys& touched) {
  auto& share = shares.at(tenant);
  std::vector<QuotaTarget> targets;
  for (auto i = appPlans.lower_bound(std::string(APP) + tenant + "/");
       i != appPlans.end() && i->second.tenant == tenant; ++i) {
    for (auto& [site, plan] : sitePlans) {
      if (!i->second.selector.matches(plan.labels)) continue;
      targets.push_back({i->first, site, i->second.priority, i->second.demand,
                         share.assigned.contains({site, i->first})});
    }
  }
  auto missing = admit(share.bounds, targets);
  auto before = std::move(share.missing);
  share.missing.clear();
  share.assigned.clear();
  for (size_t i = 0; i < targets.size(); ++i) {
    std::pair at{targets[i].site, targets[i].app};
    if (missing[i]) share.missing[at] = *missing[i];
    else share.assigned.insert(at);
    if (missing[i].has_value() != before.contains(at)) touched[at.first].insert(at.second);
  }
}

void Assigner::remember(const Targets& held) {
  TouchedKeys touched;
  for (auto& [tenant, share] : shares) {
    share.assigned.clear();
    for (auto& target : held) {
      if (tenantOf(target.second) == tenant) share.assigned.insert(target);
    }
    choose(tenant, touched);
  }
}

void Assigner::updateSite(const std::string& site, TouchedKeys& touched) {
  sitePlans.erase(site);
  auto entry = orders.find(std::string(SITE) + site);
  auto& keys = touched[site];
  keys.insert("home");
  keys.insert("site");
  for (auto& [key, app] : appPlans) touchApp(site, key, app.tenant, touched);
  if (!entry) return;
  Decoded<schema::SiteOrder> order(entry->value);
  Body<schema::Home> home(order.get().getHome());
  if (home.get().getDocumentKey() != view(documentKey)) return;
  SitePlan plan;
  plan.gen = entry->gen;
  Body<schema::SiteRecord> record(order.get().getRecord());
  for (auto pair : record.get().getLabels()) {
    plan.labels[str(pair.getName())] = str(pair.getValue());
  }
  plan.homeGen = home.get().getHomeGen();
  plan.block = readBlock(record.get());
  plan.blockedHosts = readBlockedHosts(record.get());
  plan.recordEntry = derive(*entry, encode<schema::Signed>(order.get().getRecord()), {});
  plan.homeEntry = derive(*entry, encode<schema::Signed>(order.get().getHome()), {});
  sitePlans[site] = std::move(plan);
}

void Assigner::updateApp(const std::string& key, TouchedKeys& touched) {
  auto tenant = tenantOf(key);
  // Sites that had it and sites that get it.
  auto touchMatching = [&] {
    auto plan = appPlans.find(key);
    if (plan == appPlans.end()) return;
    for (auto& [site, sitePlan] : sitePlans) {
      if (plan->second.selector.matches(sitePlan.labels)) touchApp(site, key, tenant, touched);
    }
  };
  touchMatching();
  appPlans.erase(key);
  auto entry = orders.find(key);
  if (!entry) return;
  Decoded<schema::AppOrder> order(entry->value);
  Body<schema::Intent> intent(order.get().getIntent());
  auto selector = parseSelector(str(intent.get().getSelector()));
  auto wanted = Hash::from(intent.get().getRevision());
  for (auto revision : order.get().getRevisions()) {
    Decoded<schema::Statement> statement(revision.getStatement());
    if (Hash::from(statement.get().getBodyHash()) != wanted || !selector.ok()) continue;
    capnp::MallocMessageBuilder message;
    auto assignment = message.initRoot<schema::Assignment>();
    assignment.setIntent(order.get().getIntent());
    assignment.setRevision(revision);
    appPlans[key] = AppPlan{std::move(selector.selector),
                            derive(*entry, encode<schema::Assignment>(assignment), {wanted}),
                            tenant, seqOf(order.get().getIntent()), intent.get().getPriority(),
                            readAmounts(intent.get().getDemand())};
    break;
  }
  touchMatching();
}

void Assigner::touchApp(const std::string& site, const std::string& key,
                        const std::string& tenant, TouchedKeys& touched) const {
  touched[site].insert(key);
  touched[site].insert(std::string(POLICY) + tenant);
  auto people = std::string(USER_ORDER) + tenant + "/";
  for (auto i = users.lower_bound(people); i != users.end() && i->first.starts_with(people); ++i) {
    touched[site].insert(i->first);
  }
}

void Assigner::updateUser(const std::string& key, TouchedKeys& touched) {
  for (auto& [site, plan] : sitePlans) touched[site].insert(key);
  users.erase(key);
  auto entry = orders.find(key);
  // One that this version cannot read is nobody here, and below.
  kj::runCatchingExceptions([&] { if (entry) users[key] = readPerson(view(entry->value)); });
}

bool Assigner::touches(const Person& person, const std::string& site) const {
  switch (person.scope.of) {
    case Scope::Of::TENANT: return hasTenant(site, person.tenant);
    case Scope::Of::SITE: return person.scope.name == site;
    case Scope::Of::EVERYTHING:
    case Scope::Of::REGION: return true;  // central tells us of our own region's alone
  }
  return false;
}

bool Assigner::hasTenant(const std::string& site, const std::string& tenant) const {
  auto plan = sitePlans.find(site);
  if (plan == sitePlans.end()) return false;
  for (auto i = appPlans.lower_bound(std::string(APP) + tenant + "/");
       i != appPlans.end() && i->second.tenant == tenant; ++i) {
    if (i->second.selector.matches(plan->second.labels)) return true;
  }
  return false;
}

std::optional<Bytes> Assigner::read(const std::string& site, const std::string& key) const {
  auto plan = sitePlans.find(site);
  if (plan == sitePlans.end()) return std::nullopt;
  if (key == "home") return plan->second.homeEntry;
  if (key == "site") return plan->second.recordEntry;
  if (key == HEAD_KEY || key.starts_with(POLICY)) {
    if (key != HEAD_KEY && !hasTenant(site, key.substr(POLICY.size()))) return std::nullopt;
    auto bytes = orders.bytesOf(key);
    return bytes == nullptr ? std::nullopt : std::optional<Bytes>(*bytes);
  }
  if (auto user = users.find(key); user != users.end()) {
    if (!touches(user->second, site)) return std::nullopt;
    return *orders.bytesOf(key);
  }
  if (!isMeant(site, key) || !isAssigned(site, key)) return std::nullopt;
  return appPlans.at(key).entry;
}

bool Assigner::isMeant(const std::string& site, const std::string& key) const {
  auto app = appPlans.find(key);
  auto plan = sitePlans.find(site);
  return app != appPlans.end() && plan != sitePlans.end() &&
         app->second.selector.matches(plan->second.labels);
}

// Of what the site matches.
bool Assigner::isAssigned(const std::string& site, const std::string& key) const {
  auto share = shares.find(tenantOf(key));
  return share == shares.end() || !share->second.missing.contains({site, key});
}

std::vector<std::string> Assigner::meant(const std::string& site) const {
  std::vector<std::string> apps;
  for (auto& [key, app] : appPlans) {
    if (isMeant(site, key)) apps.push_back(key.substr(APP.size()));
  }
  return apps;
}

std::optional<Assigner::LeftOut> Assigner::leftOut(const std::string& site,
                                                   const std::string& key) const {
  if (!isMeant(site, key) || isAssigned(site, key)) return std::nullopt;
  auto& share = shares.at(tenantOf(key));
  return LeftOut{appPlans.at(key).intent,
                 noQuota(tenantOf(key), share.missing.at({site, key}))};
}

}  // namespace skerry
