#include "tier_central/issuer.h"
#include "capnp/authority.capnp.h"
#include "capnp/manifest.capnp.h"
#include "shared/model/encoded.h"
#include "shared/model/quota_reader.h"

namespace skerry {

constexpr size_t LIFE_BYTES = 16;

Bytes AuthorityIssuer::newLife() {
  Bytes life(LIFE_BYTES);
  entropy.fill({life.data(), life.size()});
  return life;
}

Statement AuthorityIssuer::about(std::string_view kind, std::string id, std::string tenant,
                                 Batch& rows) {
  Statement statement;
  statement.kind = kind;
  statement.id = std::move(id);
  statement.tenant = std::move(tenant);
  statement.seq = registry.nextSeq(rows);
  statement.notBeforeMs = clock.wallMs();
  return statement;
}

Bytes AuthorityIssuer::policy(const std::string& name, const TenantObject& tenant,
                              const Quota* share, Batch& rows) {
  Decoded<schema::Tenant> manifest(tenant.manifest);
  capnp::MallocMessageBuilder message;
  auto policy = message.initRoot<schema::Policy>();
  policy.setTenant(name);
  if (share != nullptr) writeBounds(*share, policy.initShare());
  writeBlock(tenant.block, policy);
  if (tenant.quota.isBounded()) policy.setQuota(manifest.get().getQuota());
  auto body = encode<schema::Policy>(policy);
  return signStatement(authority, about("policy", name, name, rows), view(body), BodyIs::INLINE);
}

Bytes AuthorityIssuer::siteRecord(const std::string& name, const SiteObject& site, Batch& rows) {
  Decoded<schema::Site> manifest(site.manifest);
  capnp::MallocMessageBuilder message;
  auto record = message.initRoot<schema::SiteRecord>();
  record.setName(name);
  record.setRegion(site.region);
  record.setTimezone(manifest.get().getTimezone());
  auto labels = record.initLabels(site.labels.size());
  size_t i = 0;
  for (auto& [key, value] : site.labels) {
    labels[i].setName(key);
    labels[i++].setValue(value);
  }
  writeBlock(site.block, record);
  writeBlockedHosts(site.blockedHosts, record);
  auto body = encode<schema::SiteRecord>(record);
  return signStatement(authority, about("site", name, "", rows), view(body), BodyIs::INLINE);
}

Bytes AuthorityIssuer::home(const std::string& name, const SiteObject& site, Batch& rows) {
  capnp::MallocMessageBuilder message;
  auto home = message.initRoot<schema::Home>();
  home.setSite(name);
  home.setRegion(site.region);
  home.setDocumentKey(view(site.homeKey));
  home.setHomeGen(site.homeGen);
  auto body = encode<schema::Home>(home);
  return signStatement(authority, about("home", name, "", rows), view(body), BodyIs::INLINE);
}

Bytes AuthorityIssuer::intent(const TenantAndName& name, ApplicationObject& app, Batch& rows) {
  capnp::MallocMessageBuilder message;
  auto intent = message.initRoot<schema::Intent>();
  intent.setTenant(name.first);
  intent.setApp(name.second);
  intent.setGen(view(app.gen));
  intent.setRevision(app.allowed.front().view());
  auto allowed = intent.initAllowed(app.allowed.size());
  for (size_t i = 0; i < app.allowed.size(); ++i) allowed.set(i, app.allowed[i].view());
  intent.setSelector(app.selector);
  intent.setPriority(app.priority);
  writeAmounts(app.demand, intent.initDemand());
  auto body = encode<schema::Intent>(intent);
  auto statement = about("intent", name.first + "/" + name.second, name.first, rows);
  app.intentSeq = statement.seq;
  return signStatement(authority, statement, view(body), BodyIs::INLINE);
}

Bytes AuthorityIssuer::revision(const TenantAndName& name, BytesView body, Batch& rows) {
  auto statement = about("revision", name.first + "/" + name.second, name.first, rows);
  return signStatement(authority, statement, body, BodyIs::BLOB);
}

Bytes AuthorityIssuer::user(Person& person, Batch& rows) {
  auto statement = about(USER_KIND, person.id(), person.tenant, rows);
  person.seq = statement.seq;
  person.sinceMs = statement.notBeforeMs;
  return signStatement(authority, statement, view(encodePerson(person)), BodyIs::INLINE);
}

Bytes AuthorityIssuer::head(const std::string& region, std::vector<InForceStatement> statements,
                            AuthoritySeq version, Batch& rows) {
  return signHead(authority, Head{region, registry.nextSeq(rows), clock.wallMs(),
                                  rootOf(std::move(statements)), version});
}

AuthoritySeq seqOf(const Bytes& envelope) {
  Decoded<schema::Signed> outer(envelope);
  Decoded<schema::Statement> statement(outer.get().getStatement());
  return {statement.get().getEra(), statement.get().getSeq()};
}

}  // namespace skerry
