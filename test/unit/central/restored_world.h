// Central before a restore, with what each of its regions has heard; and central after it, which
// adopts what they show. Both without links.
#pragma once
#include "capnp/authority.capnp.h"
#include "shared/ledger/document.h"
#include "test/unit/central/registry_world.h"
#include "tier_central/adopt.h"
#include <algorithm>

namespace skerry {

constexpr uint64_t RESTORED_ERA = 8;

inline std::unique_ptr<Signer> documentsSigner() {
  return newSigner(keyFromSeed(view(Bytes(SEED_BYTES, 2))));
}

struct HeardWorld : RegistryWorld {
  std::unique_ptr<Signer> documents = documentsSigner();
  std::map<std::string, Orders> shown, backup;  // by region
  std::map<Hash, Bytes> contents;               // of every specification there ever was
  Registry kept;                                // the backup's

  std::vector<std::string> apply(const std::string& yaml) {
    auto said = RegistryWorld::apply(yaml);
    keepContents();
    return said;
  }
  void keepContents() {
    for (auto& [name, app] : registry.applications) {
      for (auto& hash : app.allowed) {
        if (auto content = blobs.find(hash)) contents[hash] = *content;
      }
    }
  }
  // The region has everything central wants now.
  void hear(const std::string& region) {
    Orders all(DocumentKind::REGION, "region/" + region);
    OrdersEdit edit;
    for (auto& key : orderKeys(registry, region)) {
      edit.puts[key] = *readingOf(registry, region, key);
    }
    all.edit(edit, 0, {1, registry.getEra(), *documents});
    shown.insert_or_assign(region, all);
  }
  void hearAll() {
    for (auto& [name, region] : registry.regions) hear(name);
  }
  void backUp() {
    kept = registry;
    backup = shown;
  }
  // Every order in which the regions may come.
  std::vector<std::vector<std::string>> orders() const {
    std::vector<std::string> names;
    for (auto& [name, region] : kept.regions) names.push_back(name);
    std::vector<std::vector<std::string>> all;
    do all.push_back(names);
    while (std::next_permutation(names.begin(), names.end()));
    return all;
  }
  void letIn(const std::string& name, Scope scope, uint8_t seed) {
    Batch rows;
    Person person;
    person.name = name;
    person.role = scope.of == Scope::Of::EVERYTHING ? Role::GLOBAL_ADMIN
                  : scope.of == Scope::Of::TENANT   ? Role::TENANT_VIEWER
                                                    : Role::REGION_OPS;
    person.scope = scope;
    if (scope.of == Scope::Of::TENANT) person.tenant = scope.name;
    person.key = sha256(view(Bytes(2, seed)));
    auto before = registry.users.find(person.id());
    UserObject object;
    object.gen = before == registry.users.end() ? issuer.newLife() : before->second.gen;
    object.statement = issuer.user(person, rows);
    registry.putUser(person, object, rows);
  }
  void removeUser(const std::string& id) {
    Batch rows;
    declarations.removeUser(id, rows, touched);
  }
  // An empty reason: not blocked.
  void block(const std::string& tenant, const std::string& reason) {
    Batch rows;
    std::optional<BlockWord> word;
    if (!reason.empty()) word = BlockWord{reason, 5};
    declarations.block("tenant", tenant, word, rows, touched);
  }
  void label(const std::string& site, const std::string& key, const std::string& value) {
    Batch rows;
    declarations.label(site, {{{key, value}}, {}}, rows, touched);
  }
  void setOf(const std::string& site, const std::string& set) {
    Batch rows;
    declarations.remember({"site", {"", site}}, set, rows);
  }
};

struct RestoredWorld {
  FixedClock clock;
  SeededEntropy entropy{18};
  std::unique_ptr<Signer> authority = newSigner(keyFromSeed(view(Bytes(SEED_BYTES, 1))));
  Registry registry;
  Blobs blobs;
  AuthorityIssuer issuer{registry, *authority, clock, entropy};
  Declarations declarations{registry, blobs, issuer};
  std::unique_ptr<Signer> signer = documentsSigner();
  const HeardWorld& before;
  std::map<std::string, kj::Own<Document>> documents;  // by region
  std::map<Hash, Bytes> contents;
  Recovery recovery{CENTRAL_DOCUMENT};

  RestoredWorld(const HeardWorld& before, const std::vector<std::string>& order,
                uint64_t era = RESTORED_ERA)
      : before(before), contents(before.contents) {
    registry = before.kept;
    for (auto& [name, orders] : before.backup) {
      RowChanges rows;
      documents[name] = kj::heap<Document>(
          DocumentIds{"region/" + name, DocumentKind::REGION, DocumentEnd::PARENT, 0}, rows);
    }
    projectAll();
    Batch rows;
    recovery.begin({1, 2, 0}, rows);
    for (auto& [name, document] : documents) {
      RowChanges unread;
      document->forgetChild(unread);
    }
    registry.setEra(era, rows);
    for (auto& region : order) adopt(region);
  }
  // As CentralCore does it.
  void adopt(const std::string& region) {
    Batch rows;
    Touched moved;
    for (auto& [hash, content] : contents) blobs.put(hash, content, rows);
    auto& document = *documents.at(region);
    auto& shown = before.shown.at(region);
    Adoption adoption({registry, blobs, declarations, recovery, authority->publicKey()}, region,
                      document, shown);
    adoption.run(rows, moved);
    auto edited = document.adopt(shown, 0, {1, registry.getEra(), *signer});
    REQUIRE(edited.refused == "");
    projectAll();
    adoption.erase(rows, moved);
    remember(moved);
    bool isAwaited = std::any_of(documents.begin(), documents.end(),
                                 [](auto& one) { return one.second->isUnread(); });
    if (!isAwaited) declarations.agree(rows, moved);
    projectAll();
  }
  void projectAll() {
    for (auto& [name, document] : documents) {
      Readings readings;
      for (auto& row : document->table().rows()) {
        readings[row.first] = readingOf(registry, name, row.first);
      }
      for (auto& key : orderKeys(registry, name)) readings[key] = readingOf(registry, name, key);
      document->project(readings, 0, {1, registry.getEra(), *signer});
    }
  }
  std::vector<std::string> apply(const std::string& yaml) {
    Parsed parsed(yaml);
    Batch rows;
    Touched moved;
    std::vector<std::string> outcomes;
    for (auto manifest : parsed.all()) {
      auto declared = declarations.declare(manifest, rows, moved);
      outcomes.push_back(declared.kind + " " + declared.name + ": " + declared.outcome);
    }
    declarations.settle(rows, moved);
    for (auto& [name, app] : registry.applications) {
      for (auto& hash : app.allowed) {
        if (auto content = blobs.find(hash)) contents[hash] = *content;
      }
    }
    projectAll();
    return outcomes;
  }
  void removeApplication(const TenantAndName& name) {
    Batch rows;
    Touched moved;
    declarations.remove("application", name, rows, moved);
    remember(moved);
    projectAll();
  }
  void remember(const Touched& moved) {
    for (auto& life : moved.ended) recovery.end(life);
  }
  bool holds(const std::string& region, const std::string& key) const {
    return documents.at(region)->orders().bytesOf(key) != nullptr;
  }
  bool isBlocked(const std::string& region, const std::string& tenant) const {
    auto entry = documents.at(region)->orders().find(policyKey(tenant));
    REQUIRE(entry.has_value());
    Decoded<schema::Signed> envelope(entry->value);
    Decoded<schema::Policy> policy(envelope.get().getBody());
    return readBlock(policy.get()).has_value();
  }
  std::string people() const {
    std::string all;
    for (auto& [id, person] : registry.people.all()) all += (all.empty() ? "" : " ") + id;
    return all;
  }
  // What every region should have: of policies what they say, which may have been signed anew.
  std::string print() const {
    std::string all;
    for (auto& [region, document] : documents) {
      for (auto& key : orderKeys(registry, region)) {
        auto reading = readOrder(registry, region, key);
        auto said = reading->value;
        if (key.starts_with("policy/")) {
          Decoded<schema::Signed> envelope(reading->value);
          said = copy(envelope.get().getBody());
        }
        all += region + " " + key + " " + sha256(view(said)).hex().substr(0, 8) + "\n";
      }
      for (auto& [key, entry] : document->orders().entries()) all += region + " has " + key + "\n";
    }
    return all;
  }
};

}  // namespace skerry
