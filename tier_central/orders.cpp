#include "tier_central/orders.h"
#include "capnp/authority.capnp.h"
#include "shared/ledger/order_entry.h"
#include "shared/model/encoded.h"
#include "tier_central/issuer.h"
#include <algorithm>

namespace skerry {
namespace {

void setSigned(schema::Signed::Builder to, const Bytes& envelope) {
  Decoded<schema::Signed> from(envelope);
  to.setStatement(from.get().getStatement());
  to.setSignature(from.get().getSignature());
  to.setBody(from.get().getBody());
}

OrderReading readSite(const SiteObject& site) {
  capnp::MallocMessageBuilder message;
  auto order = message.initRoot<schema::SiteOrder>();
  setSigned(order.initRecord(), site.record);
  auto seq = seqOf(site.record);
  if (!site.home.empty()) {
    setSigned(order.initHome(), site.home);
    seq = std::max(seq, seqOf(site.home));
  }
  return {site.gen, encode<schema::SiteOrder>(order), seq, {}};
}

OrderReading readApplication(const ApplicationObject& app) {
  capnp::MallocMessageBuilder message;
  auto order = message.initRoot<schema::AppOrder>();
  setSigned(order.initIntent(), app.intent);
  auto revisions = order.initRevisions(app.revisions.size());
  for (size_t i = 0; i < app.revisions.size(); ++i) setSigned(revisions[i], app.revisions[i]);
  return {app.gen, encode<schema::AppOrder>(order), app.intentSeq, app.allowed};
}

std::optional<OrderReading> readHead(const Registry& registry, const std::string& region) {
  auto found = registry.regions.find(region);
  if (found == registry.regions.end() || found->second.head.empty()) return std::nullopt;
  return OrderReading{found->second.gen, found->second.head, seqOf(found->second.head), {}};
}

// A token lives as long as its site.
OrderReading readToken(const TokenObject& token, const Bytes& siteGen) {
  capnp::MallocMessageBuilder message;
  auto order = message.initRoot<schema::TokenOrder>();
  order.setSite(token.name);
  order.setHost(token.host);
  order.setHostNumber(token.number);
  if (!token.callsHome) order.setSecretHash(token.secretHash.view());
  order.setCallsHome(token.callsHome);
  order.setExpiresMs(token.expiresMs);
  return {siteGen, encode<schema::TokenOrder>(order), token.seq, {}};
}

bool belongsTo(const Registry& registry, const TokenObject& token, const std::string& region) {
  if (token.kind != "site" || token.revoked) return false;
  auto site = registry.sites.find(token.name);
  return site != registry.sites.end() && site->second.region == region;
}

}  // namespace

bool touches(const Registry& registry, const Person& person, const std::string& region) {
  if (person.scope.of == Scope::Of::REGION) return person.scope.name == region;
  if (person.scope.of != Scope::Of::SITE) return true;
  auto site = registry.sites.find(person.scope.name);
  return site != registry.sites.end() && site->second.region == region;
}

std::set<std::string> orderKeys(const Registry& registry, const std::string& region) {
  std::set<std::string> keys;
  auto declared = registry.regions.find(region);
  if (declared != registry.regions.end() && !declared->second.head.empty()) keys.insert(HEAD_KEY);
  for (auto& [name, tenant] : registry.tenants) keys.insert(policyKey(name));
  for (auto& [name, site] : registry.sites) {
    if (site.region == region) keys.insert(siteKey(name));
  }
  for (auto& [name, app] : registry.applications) keys.insert(appKey(name));
  for (auto& [id, token] : registry.tokens) {
    if (belongsTo(registry, token, region)) keys.insert(tokenKey(id));
  }
  for (auto& [id, person] : registry.people.all()) {
    if (touches(registry, person, region)) keys.insert(userKey(id));
  }
  return keys;
}

std::optional<OrderReading> readOrder(const Registry& registry, const std::string& region,
                                      const std::string& key) {
  if (key == HEAD_KEY) return readHead(registry, region);
  auto slash = key.find('/');
  auto kind = key.substr(0, slash), rest = key.substr(slash + 1);
  if (kind == "policy") {
    auto found = registry.tenants.find(rest);
    if (found == registry.tenants.end()) return std::nullopt;
    auto& policy = found->second.policyFor(region);
    return OrderReading{found->second.gen, policy, seqOf(policy), {}};
  }
  if (kind == "site") {
    auto found = registry.sites.find(rest);
    if (found == registry.sites.end() || found->second.region != region) return std::nullopt;
    return readSite(found->second);
  }
  if (kind == "user") {
    auto found = registry.users.find(rest);
    bool isOurs = found != registry.users.end() &&
                  touches(registry, registry.people.all().at(rest), region);
    if (!isOurs) return std::nullopt;
    return OrderReading{found->second.gen, found->second.statement,
                        seqOf(found->second.statement), {}};
  }
  if (kind == "app") {
    auto middle = rest.find('/');
    auto found = registry.applications.find({rest.substr(0, middle), rest.substr(middle + 1)});
    if (found == registry.applications.end()) return std::nullopt;
    return readApplication(found->second);
  }
  auto found = registry.tokens.find(rest);
  if (found == registry.tokens.end() || !belongsTo(registry, found->second, region)) {
    return std::nullopt;
  }
  return readToken(found->second, registry.sites.at(found->second.name).gen);
}

std::optional<Bytes> readingOf(const Registry& registry, const std::string& region,
                               const std::string& key) {
  auto reading = readOrder(registry, region, key);
  if (!reading) return std::nullopt;
  OrderEntry entry;
  entry.gen = Gen::from(view(reading->gen));
  entry.origin = {0, entry.gen, reading->seq.era, reading->seq.n};
  entry.value = std::move(reading->value);
  entry.blobs = std::move(reading->blobs);
  return encodeOrderEntry(entry);
}

}  // namespace skerry
