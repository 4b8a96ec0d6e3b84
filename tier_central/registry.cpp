#include "tier_central/registry.h"
#include "capnp/authority.capnp.h"
#include "capnp/stored.capnp.h"
#include "shared/model/encoded.h"
#include "shared/model/quota_reader.h"
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr std::string_view SEQ_ROW = "seq", NUMBER_ROW = "number", ERA_ROW = "era";
constexpr std::string_view TENANT = "tenant/", REGION = "region/", SITE = "site/",
                           APPLICATION = "application/", USER = "user/";

Bytes encodeNumber(uint64_t value) {
  Bytes bytes(8);
  for (size_t i = 0; i < 8; ++i) bytes[i] = uint8_t(value >> (8 * i));
  return bytes;
}
uint64_t decodeNumber(const Bytes& bytes) {
  KJ_REQUIRE(bytes.size() == 8, "a counter's row is damaged; restore this folder from a backup");
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value |= uint64_t(bytes[i]) << (8 * i);
  return value;
}

void putMeta(Batch& rows, std::string_view key, uint64_t value) {
  auto bytes = encodeNumber(value);
  rows.put(Table::META, CENTRAL_DOCUMENT, view(key), view(bytes));
}

template <typename Stored, typename Fill>
void putObject(Batch& rows, Table table, const std::string& key, Fill&& fill) {
  capnp::MallocMessageBuilder message;
  auto stored = message.initRoot<Stored>();
  fill(stored);
  auto bytes = encode<Stored>(stored);
  rows.put(table, CENTRAL_DOCUMENT, view(key), view(bytes));
}

std::string str(capnp::Text::Reader from) { return std::string(from.begin(), from.size()); }
std::optional<Hash> optionalHash(capnp::Data::Reader from) {
  if (from.size() == 0) return std::nullopt;
  return Hash::from(from);
}

std::string applicationKey(const TenantAndName& name) {
  return std::string(APPLICATION) + name.first + "/" + name.second;
}

TenantObject readTenant(const Bytes& value) {
  Decoded<schema::StoredTenant> decoded(value);
  auto stored = decoded.get();
  TenantObject tenant;
  tenant.manifest = encode<schema::Tenant>(stored.getManifest());
  tenant.gen = copy(stored.getGen());
  tenant.policy = copy(stored.getPolicy());
  tenant.quota = readQuota(stored.getManifest().getQuota());
  tenant.block = readBlock(stored);
  tenant.set = str(stored.getSet());
  for (auto region : stored.getRegions()) {
    auto name = str(region.getRegion());
    tenant.regionPolicies[name] = copy(region.getPolicy());
    Decoded<schema::Signed> envelope(region.getPolicy());
    Decoded<schema::Policy> policy(envelope.get().getBody());
    tenant.shares[name] = readBounds(policy.get().getShare());
  }
  return tenant;
}

RegionObject readRegion(const Bytes& value) {
  Decoded<schema::StoredRegion> decoded(value);
  auto stored = decoded.get();
  RegionObject region;
  region.manifest = encode<schema::Region>(stored.getManifest());
  region.gen = copy(stored.getGen());
  region.documentKey = copy(stored.getDocumentKey());
  region.number = stored.getNumber();
  region.deviceKey = optionalHash(stored.getDeviceKey());
  region.address = str(stored.getAddress());
  region.head = copy(stored.getHead());
  region.set = str(stored.getSet());
  region.joinedMs = stored.getJoinedMs();
  return region;
}

SiteObject readSite(const Bytes& value) {
  Decoded<schema::StoredSite> decoded(value);
  auto stored = decoded.get();
  SiteObject site;
  site.manifest = encode<schema::Site>(stored.getManifest());
  site.gen = copy(stored.getGen());
  site.record = copy(stored.getRecord());
  site.home = copy(stored.getHome());
  site.homeKey = copy(stored.getHomeKey());
  site.homeGen = stored.getHomeGen();
  site.region = str(stored.getManifest().getRegion());
  site.block = readBlock(stored);
  site.blockedHosts = readBlockedHosts(stored);
  site.set = str(stored.getSet());
  for (auto label : stored.getLabels()) {
    site.operatorLabels[str(label.getName())] = str(label.getValue());
  }
  site.labels = labelsOf(stored.getManifest(), site.operatorLabels);
  return site;
}

ApplicationObject readApplication(const Bytes& value) {
  Decoded<schema::StoredApplication> decoded(value);
  auto stored = decoded.get();
  ApplicationObject app;
  app.manifest = encode<schema::Application>(stored.getManifest());
  app.gen = copy(stored.getGen());
  app.intent = copy(stored.getIntent());
  app.intentSeq = {stored.getIntentEra(), stored.getIntentSeq()};
  app.selector = str(stored.getManifest().getPlacement().getSites());
  app.priority = stored.getManifest().getPriority();
  app.demand = demandOf(stored.getManifest());
  app.set = str(stored.getSet());
  for (auto revision : stored.getRevisions()) {
    app.revisions.push_back(copy(revision));
    Decoded<schema::Signed> envelope(revision);
    Decoded<schema::Statement> statement(envelope.get().getStatement());
    app.allowed.push_back(Hash::from(statement.get().getBodyHash()));
  }
  return app;
}

TokenObject readToken(const Bytes& value) {
  Decoded<schema::StoredToken> decoded(value);
  auto stored = decoded.get();
  return {str(stored.getKind()), str(stored.getName()), str(stored.getHost()), stored.getNumber(),
          optionalHash(stored.getSecretHash()).value_or(Hash()), stored.getExpiresMs(),
          optionalHash(stored.getUsedBy()), stored.getRevoked(),
          {stored.getEra(), stored.getSeq()}, stored.getCallsHome()};
}

}  // namespace

std::map<std::string, std::string> labelsOf(schema::Site::Reader manifest,
                                            std::map<std::string, std::string> operatorLabels) {
  for (auto label : manifest.getLabels()) {
    operatorLabels.emplace(str(label.getName()), str(label.getValue()));
  }
  return operatorLabels;
}

AuthoritySeq Registry::nextSeq(Batch& rows) {
  putMeta(rows, SEQ_ROW, ++seq);
  return {era, seq};
}

uint32_t Registry::nextNumber(Batch& rows) {
  putMeta(rows, NUMBER_ROW, ++number);
  return number;
}

uint64_t Registry::eraOf(BytesView row) { return decodeNumber(copy(row)); }

void Registry::skipNumbers(Batch& rows) {
  number += NUMBERS_SKIPPED;
  putMeta(rows, NUMBER_ROW, number);
}

void Registry::setEra(uint64_t to, Batch& rows) {
  KJ_REQUIRE(to >= era, "an era never goes back");
  era = to;
  putMeta(rows, ERA_ROW, era);
}

void Registry::saveTenant(const std::string& name, Batch& rows) const {
  auto key = std::string(TENANT) + name;
  auto found = tenants.find(name);
  if (found == tenants.end()) return rows.erase(Table::OBJECT, CENTRAL_DOCUMENT, view(key));
  putObject<schema::StoredTenant>(rows, Table::OBJECT, key, [&](auto stored) {
    Decoded<schema::Tenant> manifest(found->second.manifest);
    stored.setManifest(manifest.get());
    stored.setGen(view(found->second.gen));
    stored.setPolicy(view(found->second.policy));
    auto regions = stored.initRegions(found->second.regionPolicies.size());
    size_t i = 0;
    for (auto& [region, policy] : found->second.regionPolicies) {
      regions[i].setRegion(region);
      regions[i++].setPolicy(view(policy));
    }
    writeBlock(found->second.block, stored);
    stored.setSet(found->second.set);
  });
}

void Registry::saveRegion(const std::string& name, Batch& rows) const {
  auto key = std::string(REGION) + name;
  auto found = regions.find(name);
  if (found == regions.end()) return rows.erase(Table::OBJECT, CENTRAL_DOCUMENT, view(key));
  auto& region = found->second;
  putObject<schema::StoredRegion>(rows, Table::OBJECT, key, [&](auto stored) {
    Decoded<schema::Region> manifest(region.manifest);
    stored.setManifest(manifest.get());
    stored.setGen(view(region.gen));
    stored.setNumber(region.number);
    if (region.deviceKey) stored.setDeviceKey(region.deviceKey->view());
    stored.setDocumentKey(view(region.documentKey));
    stored.setAddress(region.address);
    stored.setHead(view(region.head));
    stored.setSet(region.set);
    stored.setJoinedMs(region.joinedMs);
  });
}

void Registry::saveSite(const std::string& name, Batch& rows) const {
  auto key = std::string(SITE) + name;
  auto found = sites.find(name);
  if (found == sites.end()) return rows.erase(Table::OBJECT, CENTRAL_DOCUMENT, view(key));
  auto& site = found->second;
  putObject<schema::StoredSite>(rows, Table::OBJECT, key, [&](auto stored) {
    Decoded<schema::Site> manifest(site.manifest);
    stored.setManifest(manifest.get());
    stored.setGen(view(site.gen));
    stored.setRecord(view(site.record));
    stored.setHome(view(site.home));
    stored.setHomeGen(site.homeGen);
    stored.setHomeKey(view(site.homeKey));
    writeBlock(site.block, stored);
    writeBlockedHosts(site.blockedHosts, stored);
    stored.setSet(site.set);
    auto labels = stored.initLabels(site.operatorLabels.size());
    size_t i = 0;
    for (auto& [name, value] : site.operatorLabels) {
      labels[i].setName(name);
      labels[i++].setValue(value);
    }
  });
}

void Registry::saveApplication(const TenantAndName& name, Batch& rows) const {
  auto key = applicationKey(name);
  auto found = applications.find(name);
  if (found == applications.end()) return rows.erase(Table::OBJECT, CENTRAL_DOCUMENT, view(key));
  auto& app = found->second;
  putObject<schema::StoredApplication>(rows, Table::OBJECT, key, [&](auto stored) {
    Decoded<schema::Application> manifest(app.manifest);
    stored.setManifest(manifest.get());
    stored.setGen(view(app.gen));
    stored.setIntent(view(app.intent));
    stored.setIntentEra(app.intentSeq.era);
    stored.setIntentSeq(app.intentSeq.n);
    auto revisions = stored.initRevisions(app.revisions.size());
    for (size_t i = 0; i < app.revisions.size(); ++i) revisions.set(i, view(app.revisions[i]));
    stored.setSet(app.set);
  });
}

void Registry::saveToken(const std::string& id, Batch& rows) const {
  auto found = tokens.find(id);
  if (found == tokens.end()) return rows.erase(Table::TOKEN, CENTRAL_DOCUMENT, view(id));
  auto& token = found->second;
  putObject<schema::StoredToken>(rows, Table::TOKEN, id, [&](auto stored) {
    stored.setKind(token.kind);
    stored.setName(token.name);
    stored.setHost(token.host);
    stored.setNumber(token.number);
    if (!token.callsHome) stored.setSecretHash(token.secretHash.view());
    stored.setExpiresMs(token.expiresMs);
    if (token.usedBy) stored.setUsedBy(token.usedBy->view());
    stored.setRevoked(token.revoked);
    stored.setSeq(token.seq.n);
    stored.setEra(token.seq.era);
    stored.setCallsHome(token.callsHome);
  });
}

void Registry::putUser(const Person& person, UserObject object, Batch& rows) {
  auto id = person.id();
  auto before = people.all().find(id);
  if (before != people.all().end() && before->second.key != person.key) {
    revoked.add(before->second.key, rows);
  }
  putObject<schema::StoredUser>(rows, Table::OBJECT, std::string(USER) + id, [&](auto stored) {
    stored.setGen(view(object.gen));
    stored.setStatement(view(object.statement));
  });
  users[id] = std::move(object);
  people.put(person);
}

void Registry::removeUser(const std::string& id, Batch& rows) {
  auto before = people.all().find(id);
  if (before != people.all().end()) revoked.add(before->second.key, rows);
  rows.erase(Table::OBJECT, CENTRAL_DOCUMENT, view(std::string(USER) + id));
  users.erase(id);
  people.remove(id);
}

void Registry::load(const std::vector<Row>& objects, const std::vector<Row>& tokenRows,
                    const std::vector<Row>& meta) {
  for (auto& row : objects) {
    auto key = text(view(row.key));
    auto after = [&](std::string_view prefix) { return key.substr(prefix.size()); };
    if (key.starts_with(TENANT)) {
      tenants[after(TENANT)] = readTenant(row.value);
    } else if (key.starts_with(REGION)) {
      regions[after(REGION)] = readRegion(row.value);
    } else if (key.starts_with(SITE)) {
      sites[after(SITE)] = readSite(row.value);
    } else if (key.starts_with(USER)) {
      Decoded<schema::StoredUser> stored(row.value);
      users[after(USER)] = {copy(stored.get().getGen()), copy(stored.get().getStatement())};
      people.put(readPerson(stored.get().getStatement()));
    } else if (key.starts_with(APPLICATION)) {
      auto name = after(APPLICATION);
      auto slash = name.find('/');
      applications[{name.substr(0, slash), name.substr(slash + 1)}] = readApplication(row.value);
    }
  }
  for (auto& row : tokenRows) tokens[text(view(row.key))] = readToken(row.value);
  for (auto& row : meta) {
    auto key = text(view(row.key));
    if (key == SEQ_ROW) seq = decodeNumber(row.value);
    if (key == NUMBER_ROW) number = uint32_t(decodeNumber(row.value));
    if (key == ERA_ROW) era = decodeNumber(row.value);
  }
}

}  // namespace skerry
