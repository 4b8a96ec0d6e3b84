#include "tier_site/render.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

const SiteFacts FACTS{"oslo", "host1"};

InForce appInForce() {
  ServiceSpec web;
  web.name = "web";
  web.image = "shop/web:1";
  web.environment = {{"SKERRY_SITE", "mine"}, {"PRINTER", "lp0"}};
  web.ports.resize(1);
  web.ports[0].host = 8080;
  web.ports[0].container = 80;
  web.ports[0].udp = true;
  web.limits = {500, 1 << 27, 64};
  web.restart = {RestartSpec::Policy::ON_FAILURE, 3};
  ServiceSpec sync;
  sync.name = "sync";
  sync.kind = ServiceKind::PROCESS;
  sync.command = {"/bin/sync", "--all"};
  sync.user = "nobody";
  InForce app;
  app.spec = {"acme", "pos", {sync, web}};
  app.revision = sha256(view("one"));
  return app;
}

TEST_CASE("every service of an application becomes one slot of its runtime") {
  auto slots = render(appInForce(), FACTS);
  REQUIRE(slots.size() == 2);
  auto& web = slots.at({"acme", "pos", "web", 0});
  CHECK(web.rendered.kind == RuntimeKind::CONTAINER);
  CHECK(web.rendered.image == "shop/web:1");
  REQUIRE(web.rendered.ports.size() == 1);
  CHECK(web.rendered.ports[0] == PublishedPort{"", 8080, 80, PublishedPort::Protocol::UDP});
  CHECK(web.rendered.limits == ResourceLimits{500, 1 << 27, 64});
  CHECK(web.restart == RestartSpec{RestartSpec::Policy::ON_FAILURE, 3});
  CHECK(web.revision == sha256(view("one")));
  auto& sync = slots.at({"acme", "pos", "sync", 0});
  CHECK(sync.rendered.kind == RuntimeKind::PROCESS);
  CHECK(sync.rendered.command == std::vector<std::string>{"/bin/sync", "--all"});
  CHECK(sync.rendered.user == "nobody");
}

TEST_CASE("an instance is told who and where it is, and keeps what its manifest says itself") {
  auto slots = render(appInForce(), FACTS);
  std::map<std::string, std::string> sync{{"SKERRY_SITE", "oslo"},
                                          {"SKERRY_HOST", "host1"},
                                          {"SKERRY_TENANT", "acme"},
                                          {"SKERRY_APP", "pos"},
                                          {"SKERRY_SERVICE", "sync"}};
  CHECK(slots.at({"acme", "pos", "sync", 0}).rendered.environment == sync);
  auto& web = slots.at({"acme", "pos", "web", 0}).rendered.environment;
  CHECK(web.at("SKERRY_SITE") == "mine");
  CHECK(web.at("PRINTER") == "lp0");
}

TEST_CASE("only what a service is told to run changes its digest") {
  auto before = render(appInForce(), FACTS);
  auto digest = [](const std::map<InstanceId, Slot>& slots, const char* service) {
    return slots.at({"acme", "pos", service, 0}).rendered.digest;
  };
  CHECK(digest(before, "web") == renderedDigest(before.at({"acme", "pos", "web", 0}).rendered));
  auto other = appInForce();
  other.revision = sha256(view("two"));
  other.priority = 9;
  other.spec.services[1].restart = {RestartSpec::Policy::NO, 0};
  CHECK(digest(render(other, FACTS), "web") == digest(before, "web"));
  other.spec.services[1].environment["PRINTER"] = "lp1";
  auto after = render(other, FACTS);
  CHECK(digest(after, "web") != digest(before, "web"));
  CHECK(digest(after, "sync") == digest(before, "sync"));
}

TEST_CASE("a pause and a priority go with the slot, a nonce is part of what is run") {
  auto app = appInForce();
  app.priority = -3;
  app.paused["sync"] = "paused by kim";
  app.nonces["web"] = "1";
  auto before = render(appInForce(), FACTS), slots = render(app, FACTS);
  auto& sync = slots.at({"acme", "pos", "sync", 0});
  CHECK(sync.standing == Standing::PAUSED);
  CHECK(sync.reason == "paused by kim");
  CHECK(sync.priority == -3);
  CHECK(sync.rendered == before.at({"acme", "pos", "sync", 0}).rendered);
  auto& web = slots.at({"acme", "pos", "web", 0});
  CHECK(web.standing == Standing::RUN);
  CHECK(web.rendered.digest != before.at({"acme", "pos", "web", 0}).rendered.digest);
}

}  // namespace
}  // namespace skerry
