#include "tier_central/adopt.h"
#include "capnp/authority.capnp.h"
#include "shared/ledger/ledger_limits.h"
#include "shared/ledger/order_entry.h"
#include "shared/model/encoded.h"
#include "shared/model/head.h"
#include "shared/model/quota_reader.h"
#include "tier_central/orders.h"
#include "tier_central/redeclared.h"
#include <algorithm>

namespace skerry {
namespace {

constexpr uint32_t CENTRAL = 0;  // as an authority
constexpr std::string_view POLICY = "policy/", SITE = "site/", APP = "app/", TOKEN = "token/";

// In the order in which objects need one another.
constexpr std::string_view KINDS[] = {POLICY, SITE, APP, TOKEN, USER_ORDER, HEAD_KEY};

// Of whom every region's document tells, whatever sites it has.
bool isEverywhere(const Person& person) {
  return person.scope.of == Scope::Of::EVERYTHING || person.scope.of == Scope::Of::TENANT;
}

LifeOfKey lifeOf(const std::string& key, const OrderEntry& entry) {
  return {key, copy(entry.gen.view())};
}

AuthoritySeq seqOfEntry(const OrderEntry& entry) {
  return {entry.origin.era, entry.origin.fieldSeq};
}

// Statement about the tenant, or about a region's share of it.
AuthoritySeq newestOf(const TenantObject& tenant) {
  AuthoritySeq newest;
  if (!tenant.policy.empty()) newest = seqOf(tenant.policy);
  for (auto& [region, policy] : tenant.regionPolicies) newest = std::max(newest, seqOf(policy));
  return newest;
}

}  // namespace

Adoption::Adoption(Parts parts, const std::string& region, const Document& mine,
                   const Orders& shown)
    : parts(parts), region(region), mine(mine), shown(shown) {
  verdicts = judgeReadBack(shown, mine.table(), [&](const std::string& key) {
    return readingOf(parts.registry, region, key);
  });
  for (auto& [key, stored] : shown.entries()) {
    auto entry = shown.find(key);
    if (!entry || entry->origin.authority != CENTRAL) continue;
    auto seq = seqOfEntry(*entry);
    auto& known = newest[seq.era];
    known = std::max(known, seq.n);
    // What we deleted, by another child's word, may have been made anew since.
    auto& verdict = verdicts[key];
    bool isGone = verdict == ReadBackVerdict::CONFLICT &&
                  !readingOf(parts.registry, region, key);
    if (isGone) verdict = ReadBackVerdict::UNKNOWN_HERE;
    bool isTaken = verdict == ReadBackVerdict::NEWER_THERE ||
                   verdict == ReadBackVerdict::UNKNOWN_HERE;
    if (isTaken) needed.insert(entry->blobs.begin(), entry->blobs.end());
  }
}

std::optional<Statement> Adoption::open(std::string_view kind, BytesView envelope) const {
  Disbelief why;
  return openStatement(view(parts.authorityKey), kind, envelope, why);
}

void Adoption::run(Batch& rows, Touched& touched) {
  auto& recovery = parts.recovery;
  for (auto kind : KINDS) {
    for (auto& [key, verdict] : verdicts) {
      if (!key.starts_with(kind)) continue;
      switch (verdict) {
        case ReadBackVerdict::NEWER_THERE:
        case ReadBackVerdict::UNKNOWN_HERE: take(key, *shown.find(key), rows); break;
        case ReadBackVerdict::CONFLICT:
          if (key != HEAD_KEY && isSince(key)) recovery.note(region, key, "conflict");
          break;
        case ReadBackVerdict::AGREED:
        case ReadBackVerdict::OLDER_THERE:
        case ReadBackVerdict::DELETED_THERE: break;
      }
      if (shown.bytesOf(key) != nullptr) touched.everywhere.insert(key);
    }
  }
  auto gone = lacking();
  for (auto& [key, verdict] : verdicts) {
    if (verdict == ReadBackVerdict::DELETED_THERE) gone.insert(key);
  }
  removeAll(gone, rows, touched);
  if (!hasRoom()) return;
  for (auto& [era, n] : newest) recovery.hear({era, n});
}

// Whether we said it after the restore: what another region showed is merely later.
bool Adoption::isSince(const std::string& key) const {
  auto reading = readOrder(parts.registry, region, key);
  return reading && reading->seq.era > shown.version().era;
}

// A document without room may lack something for another reason than that it was deleted.
bool Adoption::hasRoom() const {
  auto usage = shown.usage();
  return usage.keysLeft() > 0 && usage.bytesLeft() >= ORDER_ENTRY_BYTES_MAX;
}

bool Adoption::isEverywhere(const std::string& key, const OrderEntry& entry) const {
  if (key.starts_with(POLICY) || key.starts_with(APP)) return true;
  if (!key.starts_with(USER_ORDER)) return false;
  Disbelief why;
  auto person = openPerson(view(parts.authorityKey), key.substr(USER_ORDER.size()),
                           view(entry.value), why);
  return person && skerry::isEverywhere(*person);
}

// Whether another child's word, or an administrator's, shows that it was deleted.
bool Adoption::wasDeleted(const std::string& key, const OrderEntry& entry) const {
  if (parts.recovery.isEnded(lifeOf(key, entry))) return true;
  bool isHere = readingOf(parts.registry, region, key).has_value();
  return !isHere && isEverywhere(key, entry) && parts.recovery.hasHeard(seqOfEntry(entry));
}

// Which of what every region has this one lacks, though it had it when the backup was taken or
// knows of later statements of the same era: that was deleted. What was said since the restore
// it cannot know.
std::set<std::string> Adoption::lacking() const {
  std::set<std::string> everywhere, gone;
  for (auto& [name, tenant] : parts.registry.tenants) everywhere.insert(policyKey(name));
  for (auto& [name, app] : parts.registry.applications) everywhere.insert(appKey(name));
  for (auto& [id, person] : parts.registry.people.all()) {
    if (skerry::isEverywhere(person)) everywhere.insert(userKey(id));
  }
  for (auto& key : everywhere) {
    if (shown.bytesOf(key) != nullptr) continue;
    auto reading = readingOf(parts.registry, region, key);
    auto ours = decodeOrderEntry(view(*reading));
    auto seq = seqOfEntry(*ours);
    if (seq.era > shown.version().era) continue;
    auto before = mine.orders().find(key);
    bool hadIt = before && before->gen == ours->gen;
    auto known = newest.find(seq.era);
    bool heardLater = hasRoom() && known != newest.end() && seq.n <= known->second;
    if (hadIt || heardLater) gone.insert(key);
  }
  return gone;
}

void Adoption::take(const std::string& key, const OrderEntry& entry, Batch& rows) {
  bool isGone = wasDeleted(key, entry);
  auto rest = key.substr(key.find('/') + 1);
  bool isTaken = false;
  if (entry.origin.authority != CENTRAL) isTaken = false;
  else if (key == HEAD_KEY) isTaken = takeHead(entry, rows);
  else if (key.starts_with(POLICY)) isTaken = takePolicy(rest, entry, rows);
  else if (key.starts_with(SITE)) isTaken = takeSite(rest, entry, rows);
  else if (key.starts_with(APP)) isTaken = takeApplication(rest, entry, rows);
  else if (key.starts_with(TOKEN)) isTaken = takeToken(rest, entry, rows);
  else if (key.starts_with(USER_ORDER)) isTaken = takeUser(rest, entry, rows);
  if (key == HEAD_KEY) return;
  if (isTaken && isGone) deleted.insert(key);
  else parts.recovery.note(region, key, isTaken ? "adopted" : "inherited");
}

bool Adoption::takePolicy(const std::string& name, const OrderEntry& entry, Batch& rows) {
  auto statement = open("policy", view(entry.value));
  if (!statement || statement->id != name) return false;
  Decoded<schema::Policy> policy(statement->body);
  auto& tenant = parts.registry.tenants[name];
  // The share is this region's own; the rest is the whole tenant's, of which the newest word holds.
  if (statement->seq > newestOf(tenant)) {
    tenant.manifest = manifestOfTenant(name, policy.get());
    tenant.gen = copy(entry.gen.view());
    tenant.quota = readQuota(policy.get().getQuota());
    tenant.block = readBlock(policy.get());
    if (!tenant.quota.isBounded()) {
      tenant.shares.clear();
      tenant.regionPolicies.clear();
    }
    // Regions that were not heard yet keep what they have until they were.
    if (tenant.policy.empty() || !tenant.quota.isBounded()) tenant.policy = entry.value;
  }
  if (tenant.quota.isBounded() && readQuota(policy.get().getQuota()).isBounded()) {
    tenant.shares[region] = readBounds(policy.get().getShare());
    tenant.regionPolicies[region] = entry.value;
  }
  parts.registry.saveTenant(name, rows);
  return true;
}

bool Adoption::takeSite(const std::string& name, const OrderEntry& entry, Batch& rows) {
  Decoded<schema::SiteOrder> order(entry.value);
  auto record = encode<schema::Signed>(order.get().getRecord());
  auto home = encode<schema::Signed>(order.get().getHome());
  auto recorded = open("site", view(record));
  if (!recorded || recorded->id != name) return false;
  Decoded<schema::SiteRecord> body(recorded->body);
  auto known = parts.registry.sites.find(name);
  bool isElsewhere = known != parts.registry.sites.end() && known->second.region != region;
  // Deleted there, and declared here, or the other way round: the later word holds.
  if (isElsewhere && recorded->seq <= seqOf(known->second.record)) return false;
  if (text(body.get().getRegion()) != region) return false;
  SiteObject site;
  site.gen = copy(entry.gen.view());
  for (auto label : body.get().getLabels()) {
    site.labels[text(label.getName())] = text(label.getValue());
  }
  bool isSameLife = known != parts.registry.sites.end() && known->second.gen == site.gen;
  if (isSameLife) {
    site.set = known->second.set;
    for (auto& label : known->second.operatorLabels) {
      auto said = site.labels.find(label.first);
      if (said != site.labels.end() && said->second == label.second) {
        site.operatorLabels.insert(label);
      }
    }
    site.manifest = known->second.manifest;
  }
  site.manifest = manifestOfSite(body.get(), site);
  site.record = std::move(record);
  site.region = region;
  site.block = readBlock(body.get());
  site.blockedHosts = readBlockedHosts(body.get());
  auto homed = open("home", view(home));
  if (homed && homed->id == name) {
    Decoded<schema::Home> at(homed->body);
    site.home = std::move(home);
    site.homeKey = copy(at.get().getDocumentKey());
    site.homeGen = at.get().getHomeGen();
  }
  parts.registry.sites[name] = std::move(site);
  parts.registry.saveSite(name, rows);
  return true;
}

bool Adoption::takeApplication(const std::string& key, const OrderEntry& entry, Batch& rows) {
  auto slash = key.find('/');
  TenantAndName name{key.substr(0, slash), key.substr(slash + 1)};
  Decoded<schema::AppOrder> order(entry.value);
  auto intended = open("intent", view(encode<schema::Signed>(order.get().getIntent())));
  bool isOurs = intended && intended->id == key && parts.registry.tenants.contains(name.first);
  if (!isOurs) return false;
  Decoded<schema::Intent> intent(intended->body);
  auto specification = parts.blobs.find(Hash::from(intent.get().getRevision()));
  if (!specification) return false;  // it never came this far
  ApplicationObject app;
  for (auto revision : order.get().getRevisions()) {
    auto envelope = encode<schema::Signed>(revision);
    Disbelief why;
    auto statement = openStatement(view(parts.authorityKey), "revision", view(envelope), why);
    if (!statement || statement->id != key) return false;
    app.revisions.push_back(std::move(envelope));
    app.allowed.push_back(statement->bodyHash);
  }
  app.manifest = manifestOfApplication(view(*specification), intent.get());
  app.gen = copy(entry.gen.view());
  app.intent = encode<schema::Signed>(order.get().getIntent());
  app.intentSeq = intended->seq;
  app.selector = text(intent.get().getSelector());
  app.priority = intent.get().getPriority();
  Decoded<schema::Application> manifest(app.manifest);
  app.demand = demandOf(manifest.get());
  auto known = parts.registry.applications.find(name);
  if (known != parts.registry.applications.end()) app.set = known->second.set;
  parts.registry.applications[name] = std::move(app);
  parts.registry.saveApplication(name, rows);
  return true;
}

// Whether it was used its region knows, which honours it.
bool Adoption::takeToken(const std::string& id, const OrderEntry& entry, Batch& rows) {
  Decoded<schema::TokenOrder> order(entry.value);
  TokenObject token;
  token.kind = "site";
  token.name = text(order.get().getSite());
  token.host = text(order.get().getHost());
  token.number = order.get().getHostNumber();
  token.secretHash = Hash::from(order.get().getSecretHash());
  token.callsHome = order.get().getCallsHome();
  token.expiresMs = order.get().getExpiresMs();
  token.seq = seqOfEntry(entry);
  auto site = parts.registry.sites.find(token.name);
  bool isHere = site != parts.registry.sites.end() && site->second.region == region &&
                view(site->second.gen) == entry.gen.view();
  if (!isHere) return false;
  parts.registry.tokens[id] = token;
  parts.registry.saveToken(id, rows);
  return true;
}

bool Adoption::takeUser(const std::string& id, const OrderEntry& entry, Batch& rows) {
  Disbelief why;
  auto person = openPerson(view(parts.authorityKey), id, view(entry.value), why);
  if (!person) return false;
  parts.registry.putUser(*person, {copy(entry.gen.view()), entry.value}, rows);
  return true;
}

bool Adoption::takeHead(const OrderEntry& entry, Batch& rows) {
  auto head = open("head", view(entry.value));
  if (!head || head->id != region) return false;
  parts.registry.regions.at(region).head = entry.value;
  parts.registry.saveRegion(region, rows);
  return true;
}

// What belongs to others before them.
void Adoption::removeAll(const std::set<std::string>& keys, Batch& rows, Touched& touched) {
  for (auto kind : {APP, TOKEN, USER_ORDER, SITE, POLICY}) {
    for (auto& key : keys) {
      if (key.starts_with(kind)) remove(key, rows, touched);
    }
  }
  for (auto& life : touched.ended) parts.recovery.end(life);
}

void Adoption::remove(const std::string& key, Batch& rows, Touched& touched) {
  auto& registry = parts.registry;
  auto rest = key.substr(key.find('/') + 1);
  if (key.starts_with(APP)) {
    auto slash = rest.find('/');
    TenantAndName name{rest.substr(0, slash), rest.substr(slash + 1)};
    if (!registry.applications.contains(name)) return;
    parts.declarations.remove("application", name, rows, touched);
  } else if (key.starts_with(SITE)) {
    if (!registry.sites.contains(rest)) return;
    parts.declarations.remove("site", {"", rest}, rows, touched);
  } else if (key.starts_with(USER_ORDER)) {
    if (!registry.users.contains(rest)) return;
    parts.declarations.removeUser(rest, rows, touched);
  } else if (key.starts_with(TOKEN)) {
    if (registry.tokens.erase(rest) == 0) return;
    registry.saveToken(rest, rows);
    touched.in(region, key);
  } else {
    if (!registry.tenants.contains(rest) || isUsedSince(rest)) return;
    parts.declarations.remove("tenant", {"", rest}, rows, touched);
  }
  parts.recovery.note(region, key, "deleted");
}

// An application of it was declared after the restore: then so was the tenant.
bool Adoption::isUsedSince(const std::string& tenant) const {
  auto& apps = parts.registry.applications;
  return std::any_of(apps.begin(), apps.end(), [&](auto& app) {
    return app.first.first == tenant && app.second.intentSeq.era > shown.version().era;
  });
}

void Adoption::erase(Batch& rows, Touched& touched) { removeAll(deleted, rows, touched); }

}  // namespace skerry
