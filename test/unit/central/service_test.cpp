#include "test/unit/central/central_world.h"

namespace skerry {
namespace {

using Type = kj::Exception::Type;

// The type of a call's failure.
template <typename Sent>
kj::Maybe<Type> failureOf(CentralWorld& w, Sent sent) {
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    w.world.run(kj::Promise<void>(sent.ignoreResult()), 30'000);
  })) {
    return reason->getType();
  }
  return nullptr;
}

std::vector<std::string> outcomes(CentralWorld& w, const std::string& yaml, bool dryRun = false) {
  Problems problems;
  auto parsed = parseManifests("test.yaml", yaml, problems);
  auto request = w.service->admin().applyRequest();
  request.setDryRun(dryRun);
  auto list = request.initManifests(parsed.size());
  for (size_t i = 0; i < parsed.size(); ++i) {
    Decoded<schema::Manifest> manifest(parsed[i].message);
    list.setWithCaveats(i, manifest.get());
  }
  auto answer = w.world.run(request.send(), 10'000);
  std::vector<std::string> found;
  for (auto problem : answer.getProblems()) found.push_back(problem.getReason().cStr());
  for (auto result : answer.getResults()) {
    found.push_back(std::string(result.getName().cStr()) + " " + result.getOutcome().cStr());
  }
  return found;
}
using Outcomes = std::vector<std::string>;

const std::string TENANT = "kind: Tenant\nname: acme\n";
const std::string APP =
    "kind: Application\nname: pos\ntenant: acme\nservices:\n  web:\n"
    "    command: [\"/bin/run\"]\n    x-skerry: { kind: process }\n";

TEST_CASE("an answered apply is there after a power cut, applied again it is unchanged") {
  CentralWorld w;
  CHECK(outcomes(w, TENANT + "---\n" + APP) == Outcomes{"acme created", "pos created"});
  w.service = nullptr;
  w.central.powerOff();
  w.central.powerOn();
  w.begin();
  auto calls = w.central.disk().counts().writes;
  CHECK(outcomes(w, TENANT + "---\n" + APP) == Outcomes{"acme unchanged", "pos unchanged"});
  w.world.runFor(1'000);
  CHECK(w.central.disk().counts().writes == calls);
}

TEST_CASE("an apply of which one object is wrong changes nothing") {
  CentralWorld w;
  CHECK(outcomes(w, "kind: Tenant\nname: other\n---\n" + APP) == Outcomes{"not-found"});
  CHECK(w.core().registry.tenants.empty());
}

TEST_CASE("objects may come in any order in one file, and a dry run changes nothing") {
  CentralWorld w;
  CHECK(outcomes(w, APP + "---\n" + TENANT, true) == Outcomes{"pos created", "acme created"});
  CHECK(w.core().registry.tenants.empty());
  CHECK(w.core().blobs.size() == 0);
  CHECK(outcomes(w, APP + "---\n" + TENANT) == Outcomes{"pos created", "acme created"});
}

TEST_CASE("while a failed disk is reopened calls are told to come back, and then it goes on") {
  CentralWorld w;
  outcomes(w, TENANT);
  w.central.disk().failAtCall(1, 1'000'000);
  auto admin = w.service->admin();
  auto apply = admin.applyRequest();
  Problems problems;
  auto parsed = parseManifests("test.yaml", "kind: Tenant\nname: lost\n", problems);
  Decoded<schema::Manifest> manifest(parsed.at(0).message);
  apply.initManifests(1).setWithCaveats(0, manifest.get());
  CHECK(failureOf(w, apply.send()) != nullptr);
  w.world.runFor(100);
  CHECK(w.service->current() == nullptr);
  CHECK(KJ_ASSERT_NONNULL(failureOf(w, admin.statusRequest().send())) == Type::OVERLOADED);
  CHECK(KJ_ASSERT_NONNULL(failureOf(w, admin.getRequest().send())) == Type::OVERLOADED);
  w.world.runFor(10'000);
  CHECK(w.service->current() == nullptr);
  w.central.disk().clearFaults();
  w.world.runFor(5'000);
  REQUIRE(w.service->current() != nullptr);
  // What was answered is there, what failed may or may not be; both can be applied again.
  CHECK(w.core().registry.tenants.contains("acme"));
  outcomes(w, "kind: Tenant\nname: lost\n");
  CHECK(w.core().registry.tenants.contains("lost"));
}

TEST_CASE("who waits for a change hears of it, and at once of one he has not seen") {
  CentralWorld w;
  auto request = w.service->admin().changedRequest();
  request.setSince(0);
  auto version = w.world.run(request.send(), 100).getVersion();
  auto waiting = w.service->admin().changedRequest();
  waiting.setSince(version);
  auto answer = waiting.send();
  w.world.runFor(1'000);
  CHECK(!answer.poll(w.world.scope()));
  outcomes(w, TENANT);
  CHECK(w.world.run(kj::mv(answer), 1'000).getVersion() > version);
}

}  // namespace
}  // namespace skerry
