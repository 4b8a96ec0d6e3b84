#include "tier_region/assign.h"
#include "capnp/authority.capnp.h"
#include "shared/model/encoded.h"
#include "shared/model/head.h"
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
  for (auto& key : keys) {
    if (key.starts_with(APP)) updateApp(key, touched);
    if (key.starts_with(USER_ORDER)) updateUser(key, touched);
    if (key.starts_with(POLICY)) {
      for (auto& [site, plan] : sitePlans) {
        if (hasTenant(site, key.substr(POLICY.size()))) touched[site].insert(key);
      }
    }
  }
  return touched;
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
                            tenant};
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
  auto app = appPlans.find(key);
  if (app == appPlans.end() || !app->second.selector.matches(plan->second.labels)) {
    return std::nullopt;
  }
  return app->second.entry;
}

std::vector<std::string> Assigner::assigned(const std::string& site) const {
  std::vector<std::string> apps;
  auto plan = sitePlans.find(site);
  if (plan == sitePlans.end()) return apps;
  for (auto& [key, app] : appPlans) {
    if (app.selector.matches(plan->second.labels)) apps.push_back(key.substr(APP.size()));
  }
  return apps;
}

}  // namespace skerry
