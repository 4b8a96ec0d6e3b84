#include "capnp/manifest.capnp.h"
#include "shared/model/application.h"
#include "shared/model/encoded.h"
#include "shared/model/manifest.h"
#include "shared/model/manifest_check.h"
#include "shared/model/plain_manifest.h"
#include "shared/model/service_spec.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

Bytes manifestOf(const std::string& text) {
  Problems problems;
  auto manifests = parseManifests("a.yaml", text, problems);
  for (auto& problem : problems) INFO(print(problem));
  REQUIRE(problems.empty());
  REQUIRE(manifests.size() == 1);
  return manifests[0].message;
}

Bytes revisionOf(const std::string& services, const std::string& more = "") {
  auto message =
      manifestOf("kind: Application\nname: pos\ntenant: acme\n" + more + "services: " + services);
  Decoded<schema::Manifest> decoded(message);
  return canonicalApplication(decoded.get().getApplication());
}

std::string at(const Bytes& application, const char* path) {
  auto value = valueAt(view(application), path);
  return value ? text(view(*value)) : "absent";
}

std::string set(Bytes& application, const char* path, const char* value) {
  Problems problems;
  auto changed = value == nullptr
                     ? setAt(view(application), path, std::nullopt, problems)
                     : setAt(view(application), path, view(std::string_view(value)), problems);
  if (!changed) return problems.at(0).message;
  CHECK(problems.empty());
  application = *changed;
  return "";
}

const char* SERVICES =
    "{web: {image: \"i:1\", environment: {PRINTER: lp1, EMPTY: \"\"}, ports: [\"80:80\"]}, "
    "probe: {command: [/p, \"$1\"], x-skerry: {kind: process}}}";

std::string services() {
  std::string text(SERVICES);
  return text.replace(text.find("$1"), 2, "$$1");
}

// Random applications with every key that there is.
struct Generator {
  uint64_t state;
  uint64_t next(uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  }
  std::string word() {
    static const char* WORDS[]{"a",          "no",    "true",  "12",   "0012", "~",
                               "a: b",       "# x",   "$HOME", "${A}", "",     " ",
                               "line\nline", "\ttab", "'",     "\"",   "\\",   "å",
                               "- x",        "null",  "1e3",   "0x1f", "key:"};
    return WORDS[next(23)];
  }
  void fill(schema::Service::Builder service, size_t number) {
    service.setName(("s" + std::to_string(number)).c_str());
    bool process = next(3) == 0;
    if (process) service.initSkerry().setKind("process");
    else service.setImage("registry.example/x:1");
    auto command = service.initCommand(process ? 1 + next(3) : next(3));
    for (auto i : kj::indices(command))
      command.set(i, process && i == 0 ? "/bin/p" : word().c_str());
    auto environment = service.initEnvironment(next(4));
    for (auto i : kj::indices(environment)) {
      environment[i].setName(("V" + std::to_string(i)).c_str());
      environment[i].setValue(word().c_str());
    }
    if (!process && next(2) == 0) service.initEntrypoint(1).set(0, word().c_str());
    if (next(2) == 0) service.setUser(next(2) == 0 ? "1000:1000" : "daemon");
    if (next(2) == 0)
      service.initPorts(1).set(
          0, (std::to_string(8000 + number) + ":" + std::to_string(8000 + number)).c_str());
    static const char* RESTARTS[]{"", "always", "no", "on-failure:3", "unless-stopped"};
    service.setRestart(RESTARTS[next(5)]);
    if (next(2) == 0) {
      auto limits = service.initDeploy().initResources().initLimits();
      if (next(2) == 0) limits.setCpus(next(2) == 0 ? "0.5" : "250m");
      if (next(2) == 0) limits.setMemory("64Mi");
      limits.setPids(next(3));
    }
  }
  void fill(schema::Application::Builder application) {
    application.setName("pos");
    application.setTenant("acme");
    application.setPriority(next(101));
    auto services = application.initServices(1 + next(4));
    for (auto i : kj::indices(services)) fill(services[i], services.size() - i);
    if (next(2) == 0)
      application.initPlacement().setSites(next(2) == 0 ? "a = 'x y'" : "cameras >= 2");
  }
};

}  // namespace

TEST_CASE("applying the YAML of a declared object again changes nothing") {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    capnp::MallocMessageBuilder message;
    auto manifest = message.initRoot<schema::Manifest>();
    Generator{seed}.fill(manifest.initApplication());
    for (auto& problem : manifestProblems(manifest)) CAPTURE(print(problem));
    REQUIRE(manifestProblems(manifest).empty());
    auto bytes = canonicalManifest(manifest);
    Decoded<schema::Manifest> decoded(bytes);
    auto yaml = manifestYaml(capnp::toDynamic(decoded.get()));
    CAPTURE(yaml);
    CHECK(manifestOf(yaml) == bytes);
  }
}

TEST_CASE("a site's YAML has its labels as a mapping") {
  auto bytes =
      manifestOf("kind: Site\nname: s\nregion: r\nlabels: {b: 0012, a: \"yes\", c: plain}\n");
  Decoded<schema::Manifest> decoded(bytes);
  CHECK(manifestYaml(capnp::toDynamic(decoded.get())) ==
        "kind: Site\nname: s\nregion: r\nlabels:\n  a: \"yes\"\n  b: \"0012\"\n  c: plain\n");
}

TEST_CASE("placement and priority are no part of a revision") {
  CHECK(revisionOf("{w: {image: i}}", "priority: 5\nplacement: {sites: \"a = b\"}\n") ==
        revisionOf("{w: {image: i}}"));
}

TEST_CASE("another spelling of the same meaning is no new revision") {
  auto revision = revisionOf(
      "{w: {image: i, ports: [\"80:80\"], deploy: {resources: {limits: {cpus: 0.5, memory: "
      "128M}}}}, v: {image: j}}");
  CHECK(revision ==
        revisionOf(
            "{v: {restart: always, x-skerry: {kind: container}, image: j, environment: {}}, w: "
            "{image: i, ports: [\"80:80/tcp\"], deploy: {resources: {limits: {cpus: 500m, memory: "
            "128MiB, pids: 0}}}}}"));
  CHECK(revision != revisionOf("{w: {image: i}, v: {image: j}}"));
}

TEST_CASE("the value at a path is canonical JSON, and what is unset is absent") {
  auto application = revisionOf(services());
  CHECK(at(application, "services.web.environment.PRINTER") == "\"lp1\"");
  CHECK(at(application, "services.web.environment.EMPTY") == "\"\"");
  CHECK(at(application, "services.web.environment") == "{\"EMPTY\":\"\",\"PRINTER\":\"lp1\"}");
  CHECK(at(application, "services.probe.command") == "[\"/p\",\"$1\"]");
  CHECK(at(application, "services.probe.x-skerry.kind") == "\"process\"");
  CHECK(at(application, "services.web.user") == "absent");
  CHECK(at(application, "services.web.environment.OTHER") == "absent");
  CHECK(at(application, "services.none.image") == "absent");
  for (auto path :
       {"", "name", "priority", "services.web.ports[0]", "services.web.imge", "services..image",
        "services.web.environment.PRINTER.x", "services.web.image.x", "services.web."}) {
    CAPTURE(path);
    CHECK(at(application, path) == "absent");
  }
}

TEST_CASE("a value is set, replaced and erased at a path, and nothing else changes") {
  auto before = revisionOf(services());
  auto application = before;
  CHECK(set(application, "services.web.environment.PRINTER", "\"lp2\"") == "");
  CHECK(at(application, "services.web.environment.PRINTER") == "\"lp2\"");
  CHECK(set(application, "services.web.environment.PRINTER", "\"lp1\"") == "");
  CHECK(application == before);
  CHECK(set(application, "services.web.deploy.resources.limits.memory", "\"256M\"") == "");
  CHECK(at(application, "services.web.deploy.resources.limits.memory") == "\"256Mi\"");
  CHECK(set(application, "services.web.deploy", nullptr) == "");
  CHECK(application == before);
  CHECK(set(application, "services.web.environment", "{\"A\": \"$x\"}") == "");
  CHECK(at(application, "services.web.environment") == "{\"A\":\"$x\"}");
  CHECK(set(application, "services.web.ports", "[\"81:80\"]") == "");
  CHECK(at(application, "services.web.ports") == "[\"81:80\"]");
}

TEST_CASE("a value that does not fit is refused and says why") {
  auto application = revisionOf(services());
  auto before = application;
  CHECK(set(application, "services.web.environment.PRINTER", "[1]") ==
        "expected a text, found a list");
  CHECK(set(application, "services.web.enviroment.PRINTER", "\"x\"")
            .find("did you mean `environment`?") != std::string::npos);
  CHECK(set(application, "priority", "5") == "`priority` is not part of a revision");
  CHECK(set(application, "services.web.ports[0]", "\"x\"").find("ports[0]") != std::string::npos);
  CHECK(set(application, "services.web.image", nullptr) == "a container needs an `image`");
  CHECK(set(application, "services.web.image", "[").find("bracket") != std::string::npos);
  CHECK(set(application, "services.web.image", "") == "there is no value");
  CHECK(set(application, "services.web.restart", "\"sometimes\"").find("no restart policy") !=
        std::string::npos);
  CHECK(application == before);
}

TEST_CASE("setting what a path says changes nothing, for every path of random applications") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    capnp::MallocMessageBuilder message;
    auto made = message.initRoot<schema::Application>();
    Generator{seed}.fill(made);
    auto application = canonicalApplication(made);
    for (auto service : made.getServices()) {
      for (auto field :
           {"", ".command", ".environment", ".environment.V0", ".ports", ".user", ".deploy"}) {
        auto path = "services." + text(service.getName().asReader()) + field;
        CAPTURE(path);
        auto value = valueAt(view(application), path);
        if (!value) continue;
        Problems problems;
        auto again = setAt(view(application), path, view(*value), problems);
        REQUIRE(again.has_value());
        CHECK(*again == application);
      }
    }
  }
}

TEST_CASE("a service is read with every default applied") {
  auto spec = readApplication(view(revisionOf(services())));
  CHECK(spec.tenant == "acme");
  REQUIRE(spec.services.size() == 2);
  auto& probe = spec.services[0];
  CHECK(probe.name == "probe");
  CHECK(probe.kind == ServiceKind::PROCESS);
  CHECK(probe.command == std::vector<std::string>{"/p", "$1"});
  CHECK(probe.user == "nobody");
  CHECK(probe.restart.policy == RestartSpec::Policy::ALWAYS);
  auto& web = spec.services[1];
  CHECK(web.kind == ServiceKind::CONTAINER);
  CHECK(web.image == "i:1");
  CHECK(web.user == "");
  CHECK(web.environment.at("PRINTER") == "lp1");
  CHECK(web.ports == std::vector<PortSpec>{{"", 80, 80, false}});
  CHECK(web.limits == LimitsSpec{});
}

TEST_CASE("limits and restart policies are read as numbers") {
  auto spec = readApplication(
      view(revisionOf("{w: {image: i, restart: \"on-failure:3\", deploy: {resources: {limits: "
                      "{cpus: 0.5, memory: 128M, pids: 9}}}}}")));
  CHECK(spec.services[0].limits == LimitsSpec{500, 128 << 20, 9});
  CHECK(spec.services[0].restart == RestartSpec{RestartSpec::Policy::ON_FAILURE, 3});
  CHECK(parseRestart("no")->policy == RestartSpec::Policy::NO);
  CHECK(parseRestart("unless-stopped")->policy == RestartSpec::Policy::UNLESS_STOPPED);
  for (auto bad :
       {"never", "on-failure:", "on-failure:x", "on-failure:3x", "on-failure3", "Always"}) {
    CHECK_FALSE(parseRestart(bad));
  }
}

TEST_CASE("bytes that are no application are refused, never believed") {
  CHECK_THROWS(readApplication(view(Bytes{1, 2, 3})));
  Bytes garbage(64, 0xff);
  CHECK_THROWS(readApplication(view(garbage)));
}

TEST_CASE("the checks need no file: what a client sends is checked again") {
  capnp::MallocMessageBuilder message;
  auto manifest = message.initRoot<schema::Manifest>();
  CHECK(manifestProblems(manifest)[0].path == "kind");
  auto application = manifest.initApplication();
  application.setName("a");
  application.setTenant("t");
  auto services = application.initServices(2);
  for (auto service : services) {
    service.setName("same");
    service.setImage("i");
  }
  auto variables = services[0].initEnvironment(2);
  for (auto variable : variables) variable.setName("A");
  auto problems = manifestProblems(manifest);
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].reason == "duplicate-key");
  CHECK(problems[1].reason == "duplicate-key");
}
