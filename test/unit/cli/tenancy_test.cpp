// `block`, `unblock`, `label`, `explain`, apply sets and quotas, as users see them.
#include "test/unit/cli/fake_machine.h"
#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::test;

namespace {

const char* POS = "kind: Application\nname: pos\ntenant: acme\nservices:\n  web:\n    image: i:1\n";

std::string asked(schema::Admin::BlockParams::Reader params) {
  return std::string(params.getKind().cStr()) + " " + params.getName().cStr() + " " +
         (params.getBlocked() ? "blocked " : "unblocked ") + params.getReason().cStr();
}

void answer(schema::ApplyResult::Builder result, const char* kind, const char* name,
            const char* outcome) {
  result.setKind(kind);
  result.setName(name);
  result.setOutcome(outcome);
}

}  // namespace

TEST_CASE("block asks before it stops anything, and says why and what it stopped") {
  Site site;
  std::string got;
  site.admin.onBlock = [&](FakeAdmin::BlockContext& context) {
    got = asked(context.getParams());
    answer(context.getResults().initResults(1)[0], "tenant", "acme", "blocked");
  };
  auto ran = site.run({"block", "tenant", "acme", "--reason", "unpaid"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("--yes") != std::string::npos);
  CHECK(got == "");
  ran = site.run({"block", "tenant", "acme", "--reason", "unpaid", "--yes"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "tenant/acme blocked\n");
  CHECK(got == "tenant acme blocked unpaid");
  CHECK(site.run({"block", "host/oslo/box1", "--yes"}).code == 0);
  CHECK(got == "host oslo/box1 blocked ");
  CHECK(site.run({"unblock", "site", "oslo"}).code == 0);
  CHECK(got == "site oslo unblocked ");
  CHECK(site.run({"block", "tenant", "--yes"}).code == 2);
}

TEST_CASE("label reads what is set and what is taken away, and refuses what is neither") {
  Site site;
  std::string got;
  site.admin.onLabel = [&](FakeAdmin::LabelContext& context) {
    auto params = context.getParams();
    got = std::string(params.getKind().cStr()) + " " + params.getName().cStr();
    for (auto label : params.getSet()) {
      got += std::string(" ") + label.getName().cStr() + "=" + label.getValue().cStr();
    }
    for (auto key : params.getRemove()) got += std::string(" ") + key.cStr() + "-";
    answer(context.getResults().initResults(1)[0], "site", "oslo", "changed");
  };
  CHECK(site.run({"label", "site", "oslo", "size=large", "note=a=b", "old-"}).code == 0);
  CHECK(got == "site oslo size=large note=a=b old-");
  CHECK(site.run({"label", "site/oslo", "empty="}).code == 0);
  CHECK(got == "site oslo empty=");
  got = "";
  for (auto& words : std::vector<std::vector<std::string>>{{"label", "site", "oslo"},
                                                           {"label", "site", "oslo", "size"},
                                                           {"label", "site/oslo", "-"},
                                                           {"label", "site", "oslo", "=x"},
                                                           {"label", "site"}}) {
    CHECK(site.run(words).code == 2);
  }
  CHECK(got == "");
}

TEST_CASE("explain needs no daemon, and says what was probably meant") {
  Site site;
  auto ran = site.run({"explain", "app.services.image"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "application.services.image: text\n  Of a container. Refused for a process.\n");
  ran = site.run({"explain", "tenants"});
  CHECK(ran.out.find("name: text, required\n") != std::string::npos);
  CHECK(ran.out.find("quota: mapping\n") != std::string::npos);
  ran = site.run({"explain", "tenant.qota"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("did you mean `quota`?") != std::string::npos);
  CHECK(site.run({"explain", "tenant.quota", "-o", "json"}).out.find("\"name\": \"instances\"") !=
        std::string::npos);
}

TEST_CASE("a plan shows what --prune would remove and quotas as they are afterwards") {
  Site site;
  site.machine.files["pos.yaml"] = POS;
  site.admin.onPlan = [&](FakeAdmin::PlanContext& context) {
    CHECK(context.getParams().getSet() == "shop");
    auto results = context.getResults();
    answer(results.initResults(1)[0], "application", "pos", "unchanged");
    answer(results.initPruned(1)[0], "application", "old", "deleted");
    auto quota = results.initQuotas(1)[0];
    quota.setTenant("acme");
    quota.setResource("memory");
    quota.setUsed("32Mi");
    quota.setAfter("64Mi");
    quota.setQuota("1Gi");
    results.setId("12ab");
  };
  auto ran = site.run({"plan", "-f", "pos.yaml", "--set", "shop", "--exit-code"});
  CHECK(ran.code == 9);
  CHECK(ran.out ==
        "application/pos unchanged (plan)\napplication/old deleted (plan, with --prune)\n\n"
        "TENANT  QUOTA OF  USED  AFTER  QUOTA\nacme    memory    32Mi  64Mi   1Gi\n\n"
        "to do just this: skerry apply --plan 12ab --set shop --prune --file pos.yaml\n");
}

TEST_CASE("apply says which set it brings, and prunes only with one") {
  Site site;
  site.machine.files["pos.yaml"] = POS;
  std::string got;
  site.admin.onApply = [&](FakeAdmin::ApplyContext& context) {
    auto params = context.getParams();
    got = std::string(params.getSet().cStr()) + (params.getPrune() ? " prune" : "");
    answer(context.getResults().initResults(1)[0], "application", "pos", "unchanged");
  };
  CHECK(site.run({"apply", "-f", "pos.yaml", "--set", "shop", "--prune"}).code == 0);
  CHECK(got == "shop prune");
  CHECK(site.run({"apply", "-f", "pos.yaml"}).code == 0);
  CHECK(got == "");
  CHECK(site.run({"apply", "-f", "pos.yaml", "--prune"}).code == 2);
}

TEST_CASE("an application to wait for is asked for by tenant when two have the name") {
  Site site;
  site.admin.onGet = [](FakeAdmin::GetContext& context) {
    bool isOne = context.getParams().getQuery().getTenant().size() > 0;
    auto items = context.getResults().initItems(isOne ? 1 : 2);
    for (kj::uint i = 0; i < items.size(); ++i) {
      items[i].setKind("application");
      items[i].setName("pos");
      items[i].setTenant(i == 0 ? "acme" : "beta");
      items[i].initStatus().initApplication();
    }
  };
  for (auto what : {"healthy", "gone"}) {
    auto ran = site.run({"wait", "app", "pos", "--for", what});
    CHECK(ran.code == 2);
    CHECK(ran.err.find("acme, beta") != std::string::npos);
  }
  CHECK(site.run({"-t", "acme", "wait", "app", "pos", "--for", "healthy"}).code == 0);
}
