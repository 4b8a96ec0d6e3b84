#include "tier_central/adopt.h"
#include "capnp/authority.capnp.h"
#include "shared/ledger/ledger_limits.h"
#include "shared/model/encoded.h"
#include "shared/model/head.h"
#include "shared/model/quota_reader.h"
#include "tier_central/orders.h"
#include <algorithm>

namespace skerry {
namespace {

constexpr uint32_t CENTRAL = 0;  // as an authority
constexpr std::string_view POLICY = "policy/", SITE = "site/", APP = "app/", TOKEN = "token/";

// In the order in which objects need one another.
constexpr std::string_view KINDS[] = {POLICY, SITE, APP, TOKEN, USER_ORDER, HEAD_KEY};

// Kept in every region's document.
bool isEverywhere(const std::string& key) {
  return key.starts_with(POLICY) || key.starts_with(APP);
}

AuthoritySeq seqOfEntry(const OrderEntry& entry) {
  return {entry.origin.era, entry.origin.fieldSeq};
}

Bytes manifestOfTenant(const std::string& name, schema::Policy::Reader policy) {
  capnp::MallocMessageBuilder message;
  auto tenant = message.initRoot<schema::Tenant>();
  tenant.setName(name);
  if (policy.hasQuota()) tenant.setQuota(policy.getQuota());
  return encode<schema::Tenant>(tenant);
}

Bytes manifestOfSite(schema::SiteRecord::Reader record) {
  capnp::MallocMessageBuilder message;
  auto site = message.initRoot<schema::Site>();
  site.setName(record.getName());
  site.setRegion(record.getRegion());
  site.setTimezone(record.getTimezone());
  auto from = record.getLabels();
  auto labels = site.initLabels(from.size());
  for (kj::uint i = 0; i < from.size(); ++i) {
    labels[i].setName(from[i].getName());
    labels[i].setValue(from[i].getValue());
  }
  return encode<schema::Site>(site);
}

// The application as it was declared: the specification, and what the intent says of it.
Bytes manifestOfApplication(BytesView revisionBody, schema::Intent::Reader intent) {
  Decoded<schema::Revision> revision(revisionBody);
  Decoded<schema::Application> specification(revision.get().getApplication());
  capnp::MallocMessageBuilder message;
  message.setRoot(specification.get());
  auto application = message.getRoot<schema::Application>();
  application.setPriority(intent.getPriority());
  if (intent.getSelector().size() > 0) {
    application.initPlacement().setSites(intent.getSelector());
  }
  return encode<schema::Application>(application);
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
    newest = std::max(newest, seqOfEntry(*entry));
    auto verdict = verdicts[key];
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
          if (key != HEAD_KEY) recovery.note(region, key, "conflict");
          break;
        case ReadBackVerdict::AGREED:
        case ReadBackVerdict::OLDER_THERE:
        case ReadBackVerdict::DELETED_THERE: break;
      }
      if (shown.bytesOf(key) != nullptr) touched.everywhere.insert(key);
    }
  }
  // Applications before the tenants they belong to.
  for (auto kind : {APP, TOKEN, USER_ORDER, SITE, POLICY}) {
    for (auto& [key, verdict] : verdicts) {
      bool isGone = verdict == ReadBackVerdict::DELETED_THERE && key.starts_with(kind);
      if (isGone) remove(key, rows, touched);
    }
  }
  findDeletedElsewhere();
  recovery.known = std::max(recovery.known, newest);
}

void Adoption::take(const std::string& key, const OrderEntry& entry, Batch& rows) {
  auto& recovery = parts.recovery;
  bool wasThere = readingOf(parts.registry, region, key).has_value();
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
  recovery.note(region, key, isTaken ? "adopted" : "inherited");
  if (!isTaken || !isEverywhere(key)) return;
  if (!wasThere && seqOfEntry(entry) <= recovery.known) deleted.insert(key);
  else recovery.adopted[key] = seqOfEntry(entry);
}

bool Adoption::takePolicy(const std::string& name, const OrderEntry& entry, Batch& rows) {
  auto statement = open("policy", view(entry.value));
  if (!statement || statement->id != name) return false;
  Decoded<schema::Policy> policy(statement->body);
  auto& tenant = parts.registry.tenants[name];
  tenant.manifest = manifestOfTenant(name, policy.get());
  tenant.gen = copy(entry.gen.view());
  tenant.quota = readQuota(policy.get().getQuota());
  tenant.block = readBlock(policy.get());
  if (tenant.quota.isBounded()) {
    tenant.shares[region] = readBounds(policy.get().getShare());
    tenant.regionPolicies[region] = entry.value;
  } else {
    tenant.shares.clear();
    tenant.regionPolicies.clear();
  }
  // Regions that were not heard yet keep what they have until they were.
  if (tenant.policy.empty() || !tenant.quota.isBounded()) tenant.policy = entry.value;
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
  if (isElsewhere || text(body.get().getRegion()) != region) return false;
  SiteObject site;
  site.manifest = manifestOfSite(body.get());
  site.gen = copy(entry.gen.view());
  site.record = std::move(record);
  site.region = region;
  site.block = readBlock(body.get());
  site.blockedHosts = readBlockedHosts(body.get());
  for (auto label : body.get().getLabels()) {
    site.labels[text(label.getName())] = text(label.getValue());
  }
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
  if (site == parts.registry.sites.end() || site->second.region != region) return false;
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
    registry.removeUser(rest, rows);
    touched.everywhere.insert(key);
  } else if (key.starts_with(TOKEN)) {
    if (registry.tokens.erase(rest) == 0) return;
    registry.saveToken(rest, rows);
    touched.in(region, key);
  } else {
    bool hasApps = std::any_of(registry.applications.begin(), registry.applications.end(),
                               [&](auto& app) { return app.first.first == rest; });
    if (hasApps || !registry.tenants.contains(rest)) return;
    parts.declarations.remove("tenant", {"", rest}, rows, touched);
  }
  parts.recovery.adopted.erase(key);
  parts.recovery.note(region, key, "deleted");
}

// What another region showed, older than the newest that this one knows, and missing here although
// every region has it: it was deleted, and that had not reached the other yet. A document without
// room may lack it for another reason.
void Adoption::findDeletedElsewhere() {
  auto usage = shown.usage();
  if (usage.keysLeft() == 0 || usage.bytesLeft() < ORDER_ENTRY_BYTES_MAX) return;
  for (auto& [key, seq] : parts.recovery.adopted) {
    bool isMissing = shown.bytesOf(key) == nullptr && mine.table().find(key) == nullptr;
    if (isMissing && seq <= newest) deleted.insert(key);
  }
}

void Adoption::erase(Batch& rows, Touched& touched) {
  for (auto kind : {APP, POLICY}) {
    for (auto& key : deleted) {
      if (key.starts_with(kind)) remove(key, rows, touched);
    }
  }
}

}  // namespace skerry
