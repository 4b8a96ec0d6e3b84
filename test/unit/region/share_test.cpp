// What a region assigns within the share of a tenant's quota that central allotted to it.
#include "shared/model/quota_reader.h"
#include "tier_region/assign.h"
#include "shared/ledger/document.h"
#include "test/support/authority.h"
#include <doctest/doctest.h>
#include <random>

namespace skerry {
namespace {

struct Sharing {
  Authority central;
  std::unique_ptr<Signer> parent = signerOf(5), own = signerOf(6);
  Orders orders{DocumentKind::REGION, "region/north"};
  OrdersEdit edit;
  kj::Own<Assigner> assigner = kj::heap<Assigner>(orders, own->publicKey());

  static Bytes entry(const Bytes& value) {
    OrderEntry made;
    made.gen = Gen::from(view(lifeOf(1)));
    made.origin = {0, made.gen, 1, 1};
    made.value = value;
    return encodeOrderEntry(made);
  }
  // No share: no quota.
  void policy(std::optional<uint64_t> instances) {
    capnp::MallocMessageBuilder message;
    auto body = message.initRoot<schema::Policy>();
    body.setTenant("acme");
    Quota share;
    share[Resource::INSTANCES] = instances;
    if (instances) writeBounds(share, body.initShare());
    edit.puts["policy/acme"] =
        entry(central.sign("policy", "acme", view(encode<schema::Policy>(body))));
  }
  void site(const std::string& name, const Labels& labels = {}) {
    capnp::MallocMessageBuilder message;
    auto order = message.initRoot<schema::SiteOrder>();
    setSigned(order.initRecord(), central.site(name, labels));
    setSigned(order.initHome(), central.home(name, view(own->publicKey())));
    edit.puts["site/" + name] = entry(encode<schema::SiteOrder>(order));
  }
  // One instance at each site that matches.
  void app(const std::string& name, int32_t priority = 0, const std::string& selector = "") {
    capnp::MallocMessageBuilder message, body;
    auto order = message.initRoot<schema::AppOrder>();
    IntentDraft draft;
    draft.app = name;
    draft.selector = selector;
    auto revision = revisionBody("acme", name, {{"web", "1"}});
    draft.revision = sha256(view(revision));
    Decoded<schema::Intent> drafted(Authority::intentBody(draft));
    body.setRoot(drafted.get());
    auto intent = body.getRoot<schema::Intent>();
    intent.setPriority(priority);
    intent.initDemand().setInstances(1);
    setSigned(order.initIntent(),
              central.sign("intent", "acme/" + name, view(encode<schema::Intent>(intent))));
    setSigned(order.initRevisions(1)[0], central.revision("acme", name, view(revision)));
    edit.puts["app/acme/" + name] = entry(encode<schema::AppOrder>(order));
  }
  Assigner::TouchedKeys commit() {
    auto edited = orders.edit(edit, 1, {1, 1, *parent});
    KJ_REQUIRE(edited.refused.empty(), edited.refused.c_str());
    edit = {};
    return assigner->update(edited.keys);
  }
  std::set<std::string> running() const {
    std::set<std::string> all;
    for (auto& [site, plan] : assigner->sites()) {
      for (auto& app : assigner->meant(site)) {
        bool isHere = assigner->read(site, "app/" + app).has_value();
        CHECK(isHere == !assigner->leftOut(site, "app/" + app).has_value());
        if (isHere) all.insert(site + " " + app);
      }
    }
    return all;
  }
};

using Set = std::set<std::string>;

TEST_CASE("a site that comes to match beyond the share is left out, and told why") {
  Sharing r;
  r.policy(1);
  r.site("oslo");
  r.app("pos");
  r.commit();
  r.site("alta");
  auto touched = r.commit();
  CHECK(touched.at("alta").contains("app/acme/pos"));
  CHECK(r.running() == Set{"oslo acme/pos"});
  auto left = r.assigner->leftOut("alta", "app/acme/pos");
  REQUIRE(left);
  CHECK(left->reason == noQuota("acme", Resource::INSTANCES));
  CHECK(left->intent.n > 0);
  // More share: it is assigned, and its site's document is written.
  r.policy(2);
  CHECK(r.commit().at("alta").contains("app/acme/pos"));
  CHECK(r.running() == Set{"alta acme/pos", "oslo acme/pos"});
}

TEST_CASE("what is assigned is not moved for what ranks before it, and freed room is used") {
  Sharing r;
  r.policy(2);
  r.site("oslo");
  r.app("pos", 1);
  r.app("kiosk", 1);
  r.commit();
  r.app("alarm", 9);
  r.commit();
  CHECK(r.running() == Set{"oslo acme/kiosk", "oslo acme/pos"});
  r.edit.erases.insert("app/acme/kiosk");
  CHECK(r.commit().at("oslo").contains("app/acme/alarm"));
  CHECK(r.running() == Set{"oslo acme/alarm", "oslo acme/pos"});
}

TEST_CASE("a region that starts again leaves its share where it was") {
  Sharing r;
  r.policy(1);
  r.site("oslo");
  r.app("pos");
  r.commit();
  r.site("alta");
  r.commit();
  auto fresh = kj::heap<Assigner>(r.orders, r.own->publicKey());
  fresh->remember({{"oslo", "app/acme/pos"}, {"gone", "app/acme/pos"}});
  r.assigner = kj::mv(fresh);
  CHECK(r.running() == Set{"oslo acme/pos"});
}

TEST_CASE("without a quota everything that matches is assigned again") {
  Sharing r;
  r.policy(0);
  r.site("oslo");
  r.app("pos");
  r.commit();
  CHECK(r.running().empty());
  r.policy(std::nullopt);
  CHECK(r.commit().at("oslo").contains("app/acme/pos"));
  CHECK(r.running() == Set{"oslo acme/pos"});
}

TEST_CASE("a region never assigns beyond its share, whatever changes, and tells what it moved") {
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    auto upTo = [&](unsigned most) { return random() % (most + 1); };
    Sharing r;
    std::optional<uint64_t> share = 3;
    r.policy(share);
    for (int step = 0; step < 40; ++step) {
      auto before = r.running();
      auto name = std::to_string(upTo(4));
      switch (upTo(5)) {
        case 0:
          r.policy(share = upTo(6) == 0 ? std::nullopt : std::optional<uint64_t>(upTo(8)));
          break;
        case 1:
          r.edit.erases.insert("site/s" + name);
          break;
        case 2:
          r.edit.erases.insert("app/acme/a" + name);
          break;
        case 3:
          r.app("a" + name, int32_t(upTo(2)), upTo(1) ? "" : "x = 1");
          break;
        default:
          r.site("s" + name, {{"x", std::to_string(upTo(1))}});
      }
      for (auto& key : r.edit.puts) r.edit.erases.erase(key.first);
      auto touched = r.commit();
      auto after = r.running();
      if (share) CHECK(after.size() <= *share);
      for (auto* pair : {&before, &after}) {
        for (auto& target : *pair) {
          if (before.contains(target) == after.contains(target)) continue;
          auto space = target.find(' ');
          CHECK(touched[target.substr(0, space)].contains("app/" + target.substr(space + 1)));
        }
      }
    }
  }
}

}  // namespace
}  // namespace skerry
