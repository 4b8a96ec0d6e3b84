// Quotas: what is admitted at `apply`, what is signed of it, and what a plan says.
#include "capnp/authority.capnp.h"
#include "shared/model/quota_reader.h"
#include "test/unit/central/registry_world.h"
#include "tier_central/plan_targets.h"

namespace skerry {
namespace {

std::string tenant(const std::string& quota) {
  return "kind: Tenant\nname: acme\n" + (quota.empty() ? "" : "quota: " + quota + "\n");
}
// One service with these limits at each site that matches.
std::string limited(const std::string& name, const std::string& limits,
                    const std::string& selector = "", const std::string& tenant = "acme") {
  return "---\nkind: Application\nname: " + name + "\ntenant: " + tenant + "\nservices:\n  web:\n" +
         "    command: [\"/bin/run\"]\n    x-skerry: { kind: process }\n" +
         (limits.empty() ? "" : "    deploy: { resources: { limits: " + limits + " } }\n") +
         (selector.empty() ? "" : "placement:\n  sites: \"" + selector + "\"\n");
}
std::string site(const std::string& name, const std::string& region = "north") {
  return "---\nkind: Site\nname: " + name + "\nregion: " + region +
         "\nlabels: { customer: acme }\n";
}

uint64_t shareOf(RegistryWorld& w, const std::string& region,
                 Resource resource = Resource::INSTANCES) {
  auto statement = w.opened("policy", w.registry.tenants.at("acme").policyFor(region));
  Decoded<schema::Policy> policy(statement.body);
  REQUIRE(policy.get().hasShare());
  return readBounds(policy.get().getShare())[resource].value();
}

TEST_CASE("an application that asks for more than its tenant's quota is refused with the numbers") {
  RegistryWorld w;
  w.apply(PLACES);
  w.apply(tenant("{ instances: 3 }") + limited("pos", ""));
  auto refused = w.refusals(limited("kiosk", ""));
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == 6);
  CHECK(refused[0].reason == "quota");
  CHECK(refused[0].manifest == 0);
  CHECK(refused[0].message ==
        "application 'kiosk' asks for 2 instances more than the 2 in use; "
        "tenant 'acme' has a quota of 3");
  CHECK(w.refusals(limited("kiosk", "", "customer = nobody")).empty());
  CHECK(w.refusals(tenant("{ instances: 4 }") + limited("kiosk", "")).empty());
  CHECK(w.refusals("kind: Tenant\nname: beta\n" + limited("kiosk", "", "", "beta")).empty());
}

TEST_CASE("under a quota of memory a service without a limit is refused with the field to add") {
  RegistryWorld w;
  w.apply(PLACES);
  w.apply(tenant("{ memory: 1Gi, cpus: \"2\" }"));
  auto refused = w.refusals(limited("pos", "{ cpus: \"0.5\" }"));
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == 2);
  CHECK(refused[0].reason == "limit-missing");
  CHECK(refused[0].path == "services.web.deploy.resources.limits.memory");
  CHECK(w.refusals(limited("pos", "{ cpus: \"0.5\", memory: 512M }")).empty());
  auto large = w.refusals(limited("pos", "{ cpus: \"0.5\", memory: 513M }"));
  REQUIRE(large.size() == 1);
  CHECK(large[0].code == 6);
  CHECK(large[0].message.find("1Gi") != std::string::npos);
}

TEST_CASE("a quota below what is used is refused with what uses it, and changes nothing") {
  RegistryWorld w;
  w.apply(PLACES + limited("pos", "") + limited("kiosk", "", "customer = acme"));
  auto before = w.store.rows;
  auto refused = w.refusals(tenant("{ instances: 3 }"));
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == 6);
  CHECK(refused[0].reason == "quota");
  CHECK(refused[0].path == "quota.instances");
  CHECK(refused[0].message.find("application kiosk 2 at 2 site(s)") != std::string::npos);
  CHECK(refused[0].message.find("application pos 2 at 2 site(s)") != std::string::npos);
  CHECK(w.store.rows == before);
  CHECK(w.refusals(tenant("{ instances: 4 }")).empty());
  // What is counted has to be declared.
  auto uncounted = w.refusals(tenant("{ memory: 1Gi }"));
  REQUIRE(uncounted.size() == 2);
  CHECK(uncounted[0].code == 6);
  CHECK(uncounted[0].path == "quota.memory");
}

TEST_CASE("sites that match later are taken up to the quota, and a new revision is still let in") {
  RegistryWorld w;
  w.apply(PLACES);
  w.apply(tenant("{ instances: 2 }") + limited("pos", ""));
  CHECK(w.refusals(site("alta").substr(4)).empty());
  auto targets = plannedTargets(w.registry, Parsed(site("alta").substr(4)).all(), {});
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].site == "alta");
  CHECK(targets[0].action == "blocked");
  CHECK(targets[0].reason == noQuota("acme", Resource::INSTANCES));
  w.apply(site("alta").substr(4));
  CHECK(w.refusals(limited("pos", "{ cpus: \"1\" }").substr(4)).empty());
  CHECK(w.refusals(tenant("{ instances: 1 }")).size() == 1);
  CHECK(w.refusals(tenant("{ instances: 3 }")).empty());
}

TEST_CASE("each region's policy holds its share, signed anew only where it moved") {
  RegistryWorld w;
  w.apply(PLACES);
  w.apply(tenant("{ instances: 10 }") + limited("pos", ""));
  CHECK(shareOf(w, "north") == 5);
  CHECK(shareOf(w, "south") == 5);
  w.apply(site("alta").substr(4));
  CHECK(shareOf(w, "north") == 2 + 4);
  CHECK(shareOf(w, "south") == 1 + 2);
  auto south = w.registry.tenants.at("acme").policyFor("south");
  w.apply("kind: Region\nname: west\n");
  CHECK(w.registry.tenants.at("acme").policyFor("south") == south);
  CHECK(shareOf(w, "west") == 0);
  CHECK(w.loaded().tenants.at("acme").shares == w.registry.tenants.at("acme").shares);
  CHECK(w.loaded().tenants.at("acme").regionPolicies ==
        w.registry.tenants.at("acme").regionPolicies);
  // Policies of a region only grow newer, also when there is no quota any more.
  auto last = seqOf(w.registry.tenants.at("acme").policyFor("north"));
  w.apply(tenant(""));
  CHECK(seqOf(w.registry.tenants.at("acme").policyFor("north")) > last);
  auto statement = w.opened("policy", w.registry.tenants.at("acme").policyFor("north"));
  Decoded<schema::Policy> policy(statement.body);
  CHECK(!policy.get().hasShare());
}

TEST_CASE("what a deleted site or region had goes to the others") {
  RegistryWorld w;
  w.apply(PLACES);
  w.apply(tenant("{ instances: 10 }") + limited("pos", ""));
  w.remove("site", {"", "bergen"});
  CHECK(shareOf(w, "north") == 10);
  CHECK(shareOf(w, "south") == 0);
  w.remove("region", {"", "south"});
  CHECK(!w.registry.tenants.at("acme").shares.contains("south"));
  // Labels that nobody's applications match sign nothing anew.
  w.apply(limited("pos", "", "customer = acme").substr(4));
  auto policy = w.registry.tenants.at("acme").policyFor("north");
  w.apply("kind: Site\nname: molde\nregion: north\nlabels: { customer: beta }\n");
  CHECK(w.registry.tenants.at("acme").policyFor("north") == policy);
}

TEST_CASE("a plan leaves running what runs, and says what it blocks in which tenant or site") {
  RegistryWorld w;
  w.apply(PLACES + site("alta"));
  w.apply(tenant("{ instances: 3 }") + limited("pos", ""));
  w.apply(site("bodo").substr(4));
  LeftOutTargets leftOut{{"alta", {"acme", "pos"}}};
  auto targets = plannedTargets(w.registry, Parsed(limited("pos", "").substr(4)).all(), leftOut);
  std::map<std::string, std::string> actions;
  for (auto& target : targets) actions[target.site] = target.action;
  CHECK(actions ==
        std::map<std::string, std::string>{
            {"alta", "blocked"}, {"bergen", "keep"}, {"bodo", "keep"}, {"oslo", "keep"}});
  auto changes = quotaChanges(w.registry, Parsed(limited("kiosk", "").substr(4)).all(), {});
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].before[Resource::INSTANCES] == 4);
  CHECK(changes[0].after[Resource::INSTANCES] == 8);
}

}  // namespace
}  // namespace skerry
