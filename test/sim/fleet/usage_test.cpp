// What things use, asked at the top of a fleet.
#include "test/sim/fleet/fleet.h"
#include <doctest/doctest.h>
#include <set>

namespace skerry {
namespace {

constexpr uint64_t SEED = 21, ANSWER_MS = 60'000;

struct Answer {
  std::set<std::string> names, missing;
  uint64_t afterMs = 0;
};

Answer ask(Fleet& fleet, schema::Admin::Client admin, schema::UsageQuery::Subject of,
           const char* site = "") {
  auto beganMs = fleet.world.nowMs();
  auto request = admin.usageRequest();
  request.initQuery().setOf(of);
  request.getQuery().setSite(site);
  auto response = fleet.world.run(request.send(), ANSWER_MS);
  Answer answer;
  for (auto row : response.getRows()) answer.names.insert(text(row.getSite()));
  for (auto who : response.getMissing()) answer.missing.insert(text(who));
  answer.afterMs = fleet.world.nowMs() - beganMs;
  return answer;
}

std::string refusal(Fleet& fleet, schema::Admin::Client admin, const char* site,
                    const char* selector) {
  auto request = admin.usageRequest();
  request.initQuery().setSite(site);
  request.getQuery().setSelector(selector);
  auto response = fleet.world.run(request.send(), ANSWER_MS);
  for (auto problem : response.getProblems()) return problem.getReason().cStr();
  return "";
}

using Names = std::set<std::string>;
constexpr auto SITES = schema::UsageQuery::Subject::SITES;

TEST_CASE("top is answered by every site that can be reached, and the others are named in time") {
  Fleet fleet(SEED, {.regions = 2, .sites = 4});
  fleet.boot();
  fleet.world.runFor(20'000);
  Names all;
  for (auto& site : fleet.sites) all.insert(site->name());
  auto& silent = *fleet.sites[0];
  auto central = fleet.central.tier()->admin();
  auto answer = ask(fleet, central, SITES);
  CHECK(answer.names == all);
  CHECK(answer.missing.empty());
  CHECK(ask(fleet, central, SITES, silent.name().c_str()).names == Names{silent.name()});

  // A site that hears and does not answer keeps nobody waiting for long.
  fleet.world.network().clog(silent.region.c_str(), silent.name().c_str());
  answer = ask(fleet, central, SITES);
  CHECK(answer.missing == Names{silent.name()});
  CHECK(answer.names.size() == all.size() - 1);
  CHECK(answer.afterMs < 4'500);
  fleet.world.network().healAll();

  fleet.world.network().clog("central", silent.region.c_str());
  answer = ask(fleet, central, SITES);
  CHECK(answer.missing == Names{"region " + silent.region});
  CHECK(!answer.names.empty());
  CHECK(answer.afterMs <= schema::Admin::USAGE_WAIT_MS + 1'000);
  auto region = fleet.region(silent.region).tier()->admin();
  CHECK(ask(fleet, region, SITES).missing.empty());
  CHECK(ask(fleet, silent.tier()->admin(), SITES).names == Names{silent.name()});
}

TEST_CASE("use of a site that is not there, and of a label expression that is none, is refused") {
  Fleet fleet(SEED, {.regions = 1, .sites = 1});
  fleet.boot();
  kj::Vector<schema::Admin::Client> tiers;
  tiers.add(fleet.central.tier()->admin());
  tiers.add(fleet.regions[0]->tier()->admin());
  tiers.add(fleet.sites[0]->tier()->admin());
  for (auto& admin : tiers) {
    CHECK(refusal(fleet, admin, "nowhere", "") == "not-found");
    CHECK(refusal(fleet, admin, "", "size = ") == "bad-selector");
    CHECK(refusal(fleet, admin, fleet.sites[0]->name().c_str(), "size = x") == "");
  }
}

}  // namespace
}  // namespace skerry
