// What central shows, and how it refuses what it is asked.
#include "test/unit/central/central_world.h"
#include <climits>

namespace skerry {
namespace {

const std::string FLEET =
    "kind: Tenant\nname: acme\n---\nkind: Tenant\nname: beta\n---\n"
    "kind: Site\nname: alta\nregion: north\nlabels: { size: large }\n---\n"
    "kind: Site\nname: bodo\nregion: south\nlabels: { size: large }\n---\n"
    "kind: Site\nname: risor\nregion: south\nlabels: { size: small }\n";

std::string app(const std::string& name, const std::string& tenant, const std::string& sites) {
  return "---\nkind: Application\nname: " + name + "\ntenant: " + tenant +
         "\nservices:\n  web:\n    command: [\"/bin/run\"]\n    x-skerry: { kind: process }\n"
         "placement:\n  sites: \"" + sites + "\"\n";
}

using Ask = std::function<void(schema::Query::Builder)>;

// Names, or the exit code and the reason of the refusal.
std::string names(CentralWorld& w, const char* kind, Ask narrow = [](auto) {}) {
  auto request = w.service->admin().getRequest();
  request.initQuery().setKind(kind);
  narrow(request.getQuery());
  auto answer = w.world.run(request.send(), 10'000);
  std::string found;
  for (auto problem : answer.getProblems()) {
    found += std::to_string(problem.getCode()) + " " + problem.getReason().cStr() + " ";
  }
  for (auto item : answer.getItems()) found += std::string(item.getName().cStr()) + " ";
  return found;
}

struct Populated : CentralWorld {
  Populated() {
    apply(FLEET + app("pos", "acme", "size = large") + app("pos", "beta", "size = small") +
          app("kiosk", "acme", "size = small"));
  }
};

TEST_CASE("what narrows a list narrows every list that it can mean something for") {
  Populated w;
  CHECK(names(w, "site", [](auto q) { q.setApp("kiosk"); }) == "risor ");
  CHECK(names(w, "site", [](auto q) { q.setApp("pos"); q.setTenant("acme"); }) == "alta bodo ");
  CHECK(names(w, "site", [](auto q) { q.setRegion("south"); }) == "bodo risor ");
  CHECK(names(w, "region", [](auto q) { q.setSite("alta"); }) == "north ");
  CHECK(names(w, "region", [](auto q) { q.setSite("nowhere"); }) == "");
  CHECK(names(w, "application", [](auto q) { q.setSite("alta"); }) == "pos ");
  CHECK(names(w, "application", [](auto q) { q.setRegion("north"); }) == "pos ");
  CHECK(names(w, "application", [](auto q) { q.setRegion("south"); }) == "kiosk pos pos ");
}

TEST_CASE("label expressions see labels and status, and bad ones are refused") {
  Populated w;
  CHECK(names(w, "site", [](auto q) { q.setSelector("size = large"); }) == "alta bodo ");
  CHECK(names(w, "site", [](auto q) { q.setSelector("status.joined = true"); }) == "");
  CHECK(names(w, "site", [](auto q) { q.setSelector("status.region = north and size exists"); }) ==
        "alta ");
  CHECK(names(w, "application", [](auto q) { q.setSelector("status.sites = 2"); }) == "pos ");
  CHECK(names(w, "tenant", [](auto q) { q.setSelector("size = large"); }) == "");
  CHECK(names(w, "site", [](auto q) { q.setSelector("size ="); }) == "2 bad-selector ");
}

TEST_CASE("a token for ever, or for less than no time, is refused") {
  CentralWorld w;
  for (auto ttlMs : {INT64_MAX, TOKEN_LIFE_MS_MAX + 1, int64_t(-1), INT64_MIN}) {
    CHECK(w.grant("region", "north", ttlMs) == "2 ttl-too-long");
  }
  CHECK(w.token("region", "north", TOKEN_LIFE_MS_MAX).expiresMs ==
        w.central.host().clock.wallMs() + TOKEN_LIFE_MS_MAX);
  CHECK(w.core().registry.tokens.size() == 1);
}

TEST_CASE("what is not there to be deleted is not found, with where to look") {
  Populated w;
  auto request = w.service->admin().deleteRequest();
  request.initQuery().setKind("application");
  request.getQuery().setTenant("acme");
  request.getQuery().setName("nope");
  auto answer = w.world.run(request.send(), 10'000);
  REQUIRE(answer.getProblems().size() == 1);
  CHECK(answer.getProblems()[0].getCode() == 3);
  CHECK(answer.getProblems()[0].getNext() == "skerry get applications");
  CHECK(answer.getProblems()[0].getHint() == "");
}

// The refusal of a request for lines: exit code and reason.
std::string logs(CentralWorld& w, const char* site, const char* tenant, const char* app) {
  class Sink final : public schema::LineSink::Server {};
  auto request = w.service->admin().logsRequest();
  auto query = request.initQuery();
  query.setSite(site);
  query.setTenant(tenant);
  query.setApp(app);
  request.setSink(kj::heap<Sink>());
  auto answer = w.world.run(request.send(), 10'000);
  if (answer.getProblems().size() == 0) return "asked";
  auto problem = answer.getProblems()[0];
  return std::to_string(problem.getCode()) + " " + problem.getReason().cStr();
}

TEST_CASE("lines of what does not exist are not found, and an ambiguous name is refused") {
  Populated w;
  CHECK(logs(w, "", "", "kiosk") == "asked");
  CHECK(logs(w, "alta", "", "") == "asked");
  CHECK(logs(w, "", "acme", "pos") == "asked");
  CHECK(logs(w, "", "", "pos") == "2 name-ambiguous");
  CHECK(logs(w, "", "beta", "kiosk") == "3 not-found");
  CHECK(logs(w, "nowhere", "acme", "pos") == "3 not-found");
  CHECK(logs(w, "", "", "") == "3 not-found");
}

// Applies with the id of a plan; its refusal, or nothing.
std::string applyPlan(CentralWorld& w, const std::string& yaml, const std::string& id) {
  Problems problems;
  auto parsed = parseManifests("test.yaml", yaml, problems);
  auto request = w.service->admin().applyRequest();
  auto list = request.initManifests(parsed.size());
  for (size_t i = 0; i < parsed.size(); ++i) {
    Decoded<schema::Manifest> manifest(parsed[i].message);
    list.setWithCaveats(i, manifest.get());
  }
  request.setPlanId(id);
  auto answer = w.world.run(request.send(), 10'000);
  if (answer.getProblems().size() == 0) return "";
  auto problem = answer.getProblems()[0];
  return std::to_string(problem.getCode()) + " " + problem.getReason().cStr();
}

std::string planned(CentralWorld& w, const std::string& yaml) {
  Problems problems;
  auto parsed = parseManifests("test.yaml", yaml, problems);
  auto request = w.service->admin().planRequest();
  auto list = request.initManifests(parsed.size());
  for (size_t i = 0; i < parsed.size(); ++i) {
    Decoded<schema::Manifest> manifest(parsed[i].message);
    list.setWithCaveats(i, manifest.get());
  }
  return w.world.run(request.send(), 10'000).getId().cStr();
}

TEST_CASE("apply with the id of a plan does what the plan said, or nothing") {
  Populated w;
  auto change = app("kiosk", "acme", "size = large").substr(4);
  auto id = planned(w, change);
  CHECK(id.size() == 16);
  CHECK(planned(w, change) == id);
  CHECK(applyPlan(w, app("kiosk", "acme", "size = medium").substr(4), id) == "6 plan-stale");
  w.apply("kind: Site\nname: hamar\nregion: south\nlabels: { size: large }\n");
  CHECK(applyPlan(w, change, id) == "6 plan-stale");
  CHECK(w.core().registry.applications.at({"acme", "kiosk"}).selector == "size = small");
  id = planned(w, change);
  CHECK(applyPlan(w, change, id) == "");
  CHECK(applyPlan(w, change, id) == "6 plan-stale");
}

}  // namespace
}  // namespace skerry
