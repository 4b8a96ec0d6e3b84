#include "tier_region/assign.h"
#include "shared/ledger/document.h"
#include "test/sim/seeded_entropy.h"
#include "test/support/authority.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

using Keys = std::set<std::string>;

// What central says to one region, edited version by version, and the region's reading of it.
struct Region {
  Authority central;
  std::unique_ptr<Signer> parent = signerOf(5), own = signerOf(6), foreign = signerOf(7);
  Orders orders{DocumentKind::REGION, "region/north"};
  OrdersEdit edit;
  kj::Own<Assigner> assigner = kj::heap<Assigner>(orders, own->publicKey());

  static Bytes entry(const Bytes& gen, const Bytes& value, std::vector<Hash> blobs = {}) {
    OrderEntry made;
    made.gen = Gen::from(view(gen));
    made.origin = {0, made.gen, 1, 1};
    made.value = value;
    made.blobs = std::move(blobs);
    return encodeOrderEntry(made);
  }
  void put(const std::string& key, Bytes value) {
    edit.erases.erase(key);
    edit.puts[key] = std::move(value);
  }
  void erase(const std::string& key) {
    edit.puts.erase(key);
    edit.erases.insert(key);
  }
  void policy(const std::string& tenant) {
    put("policy/" + tenant, entry(lifeOf(1), central.policy(tenant)));
  }
  void site(const std::string& name, const Labels& labels, uint8_t life = 2, bool ours = true,
            uint64_t homeGen = 1) {
    capnp::MallocMessageBuilder message;
    auto order = message.initRoot<schema::SiteOrder>();
    setSigned(order.initRecord(), central.site(name, labels));
    auto key = (ours ? own : foreign)->publicKey();
    setSigned(order.initHome(), central.home(name, view(key), homeGen));
    put("site/" + name, entry(lifeOf(life), encode<schema::SiteOrder>(order)));
  }
  // `versions`: how many revisions there are, the newest wanted.
  void app(const std::string& tenant, const std::string& name, const std::string& selector,
           unsigned newest = 1, unsigned revisions = 1) {
    capnp::MallocMessageBuilder message;
    auto order = message.initRoot<schema::AppOrder>();
    IntentDraft draft;
    draft.tenant = tenant;
    draft.app = name;
    draft.selector = selector;
    std::vector<Bytes> bodies;
    for (unsigned i = 0; i < revisions; ++i) {
      bodies.push_back(revisionBody(tenant, name, {{"web", std::to_string(newest - i)}}));
      auto hash = sha256(view(bodies.back()));
      if (i == 0) draft.revision = hash;
      else draft.allowed.push_back(hash);
    }
    setSigned(order.initIntent(), central.intent(draft));
    auto list = order.initRevisions(revisions);
    // Oldest first: the order of the list says nothing.
    for (unsigned i = 0; i < revisions; ++i) {
      setSigned(list[revisions - 1 - i], central.revision(tenant, name, view(bodies[i])));
    }
    put("app/" + tenant + "/" + name, entry(draft.gen, encode<schema::AppOrder>(order)));
  }
  Assigner::TouchedKeys commit() {
    auto edited = orders.edit(edit, 1, {1, 1, *parent});
    KJ_REQUIRE(edited.refused.empty(), edited.refused.c_str());
    edit = {};
    return assigner->update(edited.keys);
  }
  bool has(const std::string& site, const std::string& key) const {
    return assigner->read(site, key).has_value();
  }
};

// Every reading of every site, among these names.
std::map<std::string, Bytes> readings(const Assigner& assigner, const Keys& sites,
                                      const Keys& keys) {
  std::map<std::string, Bytes> all;
  for (auto& site : sites) {
    for (auto& key : keys) {
      if (auto value = assigner.read(site, key)) all[site + " " + key] = *value;
    }
  }
  return all;
}

TEST_CASE("a site gets what central signed for it, and the applications its labels match") {
  Region region;
  region.policy("acme");
  region.policy("idle");
  region.site("oslo", {{"customer", "acme"}});
  region.site("bergen", {{"customer", "other"}});
  region.app("acme", "pos", "customer = acme", 3, 3);
  auto touched = region.commit();
  CHECK(touched.at("oslo").contains("app/acme/pos"));
  CHECK(region.has("oslo", "home"));
  CHECK(region.has("oslo", "site"));
  CHECK(region.has("oslo", "app/acme/pos"));
  CHECK(!region.has("bergen", "app/acme/pos"));
  CHECK(region.assigner->meant("oslo") == std::vector<std::string>{"acme/pos"});
  CHECK(region.assigner->meant("bergen").empty());
  CHECK(region.assigner->meant("nowhere").empty());
  CHECK(region.assigner->applications() == 1);
  auto read = region.assigner->read("oslo", "app/acme/pos");
  auto entry = *decodeOrderEntry(view(*read));
  auto above = *region.orders.find("app/acme/pos");
  CHECK(entry.gen == above.gen);
  CHECK(entry.origin == above.origin);
  auto wanted = sha256(view(revisionBody("acme", "pos", {{"web", "3"}})));
  CHECK(entry.blobs == std::vector<Hash>{wanted});
  Decoded<schema::Assignment> assignment(entry.value);
  Decoded<schema::Statement> revision(assignment.get().getRevision().getStatement());
  CHECK(Hash::from(revision.get().getBodyHash()) == wanted);
}

TEST_CASE("a site has a tenant's policy exactly while it has an application of the tenant") {
  Region region;
  region.policy("acme");
  region.site("oslo", {{"customer", "acme"}});
  region.commit();
  CHECK(!region.has("oslo", "policy/acme"));
  region.app("acme", "pos", "customer = acme");
  auto touched = region.commit();
  CHECK(touched.at("oslo").contains("policy/acme"));
  CHECK(*region.assigner->read("oslo", "policy/acme") == *region.orders.bytesOf("policy/acme"));
  region.policy("acme");
  CHECK(region.commit().at("oslo") == Keys{"policy/acme"});
  region.erase("app/acme/pos");
  touched = region.commit();
  CHECK(touched.at("oslo") == Keys{"app/acme/pos", "policy/acme"});
  CHECK(!region.has("oslo", "policy/acme"));
}

TEST_CASE("tenants whose names begin alike are told apart") {
  Region region;
  region.site("oslo", {});
  for (std::string tenant : {"acme", "acme-2", "acm"}) region.policy(tenant);
  region.app("acme-2", "pos", "");
  region.commit();
  CHECK(region.has("oslo", "policy/acme-2"));
  CHECK(!region.has("oslo", "policy/acme"));
  CHECK(!region.has("oslo", "policy/acm"));
}

TEST_CASE("another selector takes the application from some sites and gives it to others") {
  Region region;
  region.policy("acme");
  region.site("oslo", {{"tier", "gold"}});
  region.site("bergen", {{"tier", "silver"}});
  region.site("molde", {{"tier", "gold"}, {"pilot", "yes"}});
  region.app("acme", "pos", "tier = gold");
  region.commit();
  region.app("acme", "pos", "tier = silver or pilot = yes");
  auto touched = region.commit();
  CHECK(touched.at("oslo").contains("app/acme/pos"));
  CHECK(touched.at("bergen").contains("app/acme/pos"));
  CHECK(!region.has("oslo", "app/acme/pos"));
  CHECK(!region.has("oslo", "policy/acme"));
  CHECK(region.has("bergen", "app/acme/pos"));
  CHECK(region.has("molde", "app/acme/pos"));
}

TEST_CASE("other labels of one site touch that site alone") {
  Region region;
  region.policy("acme");
  for (std::string name : {"oslo", "bergen"}) region.site(name, {{"tier", "gold"}});
  region.app("acme", "pos", "tier = gold");
  region.commit();
  region.site("oslo", {{"tier", "silver"}});
  auto touched = region.commit();
  CHECK(touched.size() == 1);
  CHECK(!region.has("oslo", "app/acme/pos"));
  CHECK(!region.has("oslo", "policy/acme"));
  CHECK(region.has("oslo", "site"));
  CHECK(region.has("bergen", "app/acme/pos"));
}

TEST_CASE("a site whose home is another region's, or that is gone, is not ours to command") {
  Region region;
  region.policy("acme");
  region.app("acme", "pos", "");
  region.site("oslo", {});
  region.site("bergen", {}, 2, false);
  region.commit();
  CHECK(!region.assigner->sites().contains("bergen"));
  CHECK(!region.has("bergen", "site"));
  region.site("oslo", {}, 2, false, 2);
  auto touched = region.commit();
  CHECK(touched.at("oslo").contains("home"));
  CHECK(region.assigner->sites().empty());
  region.site("oslo", {}, 2, true, 3);
  region.commit();
  CHECK(region.assigner->sites().at("oslo").homeGen == 3);
  CHECK(region.has("oslo", "app/acme/pos"));
  region.erase("site/oslo");
  touched = region.commit();
  CHECK(touched.at("oslo").contains("app/acme/pos"));
  CHECK(!region.has("oslo", "home"));
}

TEST_CASE("a site that was deleted and declared anew is of another life") {
  Region region;
  region.site("oslo", {}, 2);
  region.commit();
  auto before = region.assigner->sites().at("oslo").gen;
  region.site("oslo", {}, 3);
  region.commit();
  CHECK(region.assigner->sites().at("oslo").gen != before);
}

TEST_CASE("after random edits the reading is that of a fresh one, and nothing else was touched") {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    SeededEntropy chance(seed);
    Region region;
    Keys sites, keys{"home", "site"};
    std::vector<std::string> tenants{"acme", "acme-2", "b"}, apps{"pos", "erp"},
        selectors{"", "a = 1", "a = 2 or b", "not b", "a in (1, 2) and b != x"};
    for (int i = 0; i < 6; ++i) sites.insert("site" + std::to_string(i));
    for (auto& tenant : tenants) {
      keys.insert("policy/" + tenant);
      for (auto& app : apps) keys.insert("app/" + tenant + "/" + app);
    }
    auto before = readings(*region.assigner, sites, keys);
    for (int step = 0; step < 60; ++step) {
      for (uint64_t edits = chance.between(1, 3); edits > 0; --edits) {
        auto what = chance.between(0, 9);
        auto tenant = tenants[chance.between(0, 2)], app = apps[chance.between(0, 1)];
        auto site = "site" + std::to_string(chance.between(0, 5));
        if (what <= 3) {
          Labels labels;
          if (chance.chance(70)) labels["a"] = std::to_string(chance.between(1, 3));
          if (chance.chance(40)) labels["b"] = "x";
          region.site(site, labels, uint8_t(chance.between(2, 3)), chance.chance(85));
        } else if (what == 4) {
          region.erase("site/" + site);
        } else if (what <= 6) {
          region.app(tenant, app, selectors[chance.between(0, 4)],
                     unsigned(chance.between(3, 5)), unsigned(chance.between(1, 3)));
        } else if (what == 7) {
          region.erase("app/" + tenant + "/" + app);
        } else if (what == 8) {
          region.policy(tenant);
        } else {
          region.erase("policy/" + tenant);
        }
      }
      auto touched = region.commit();
      Assigner fresh(region.orders, region.own->publicKey());
      auto after = readings(*region.assigner, sites, keys);
      REQUIRE(after == readings(fresh, sites, keys));
      for (auto& site : sites) {
        REQUIRE(region.assigner->meant(site) == fresh.meant(site));
        for (auto& key : keys) {
          auto was = before.find(site + " " + key), is = after.find(site + " " + key);
          bool same = (was == before.end()) == (is == after.end()) &&
                      (was == before.end() || was->second == is->second);
          CAPTURE(site);
          CAPTURE(key);
          REQUIRE((same || (touched.contains(site) && touched.at(site).contains(key))));
        }
        // A policy is there exactly while an application of the tenant is.
        for (auto& tenant : tenants) {
          bool any = false;
          for (auto& app : fresh.meant(site)) any |= app.starts_with(tenant + "/");
          bool relayed = region.orders.bytesOf("policy/" + tenant) != nullptr;
          REQUIRE(region.has(site, "policy/" + tenant) == (any && relayed));
        }
      }
      before = after;
    }
  }
}

struct Cost {
  uint64_t hashed = 0;
  size_t rows = 0, versions = 0;
  bool operator==(const Cost&) const = default;
};

// What an edit of one site costs the documents of a region with so many others.
Cost costOfOneSite(int others) {
  Region region;
  region.policy("acme");
  region.app("acme", "pos", "tier = gold");
  region.site("oslo", {{"tier", "gold"}});
  std::map<std::string, kj::Own<Document>> documents;
  for (int i = 0; i < others; ++i) region.site("site" + std::to_string(i), {{"tier", "gold"}});
  auto project = [&](const Assigner::TouchedKeys& touched) {
    Cost cost;
    auto before = hashedBytes();
    for (auto& [site, keys] : touched) {
      auto& document = documents[site];
      if (document.get() == nullptr) {
        RowChanges none;
        document = kj::heap<Document>(
            DocumentIds{"site/" + site, DocumentKind::SITE, DocumentEnd::PARENT, 0}, none);
      }
      Readings readings;
      for (auto& key : keys) readings[key] = region.assigner->read(site, key);
      auto edited = document->project(readings, 1, {1, 1, *region.own});
      cost.rows += edited.rows.size();
      cost.versions += edited.advanced ? 1 : 0;
    }
    cost.hashed = hashedBytes() - before;
    return cost;
  };
  project(region.commit());
  region.site("oslo", {{"tier", "gold"}, {"floor", "2"}});
  return project(region.commit());
}

TEST_CASE("an edit of one site costs the documents the same beside 10 sites and beside 1,000") {
  auto few = costOfOneSite(10), many = costOfOneSite(1'000);
  CHECK(few.versions == 1);
  CHECK(few.rows == many.rows);
  CHECK(few.hashed == many.hashed);
  CHECK(many.versions == 1);
}

}  // namespace
}  // namespace skerry
