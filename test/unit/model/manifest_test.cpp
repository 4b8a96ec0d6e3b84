#include "capnp/manifest.capnp.h"
#include "shared/model/encoded.h"
#include "shared/model/manifest.h"
#include "shared/model/model_limits.h"
#include "shared/model/plain_manifest.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

struct Parsed {
  std::vector<ParsedManifest> manifests;
  Problems problems;
};
Parsed parse(std::string_view text) {
  Parsed parsed;
  parsed.manifests = parseManifests("pos.yaml", text, parsed.problems);
  return parsed;
}

std::string all(const Problems& problems) {
  std::string text;
  for (auto& problem : problems) text += print(problem) + "\n";
  return text;
}

ParsedManifest sound(std::string_view text) {
  auto parsed = parse(text);
  INFO(all(parsed.problems));
  REQUIRE(parsed.problems.empty());
  REQUIRE(parsed.manifests.size() == 1);
  return parsed.manifests[0];
}

Problem problemOf(std::string_view text) {
  auto parsed = parse(text);
  INFO(all(parsed.problems));
  REQUIRE(parsed.problems.size() == 1);
  CHECK(parsed.manifests.empty());
  CHECK(parsed.problems[0].file == "pos.yaml");
  CHECK(parsed.problems[0].line > 0);
  CHECK_FALSE(parsed.problems[0].hint.empty());
  return parsed.problems[0];
}

// The problem of an application whose only service has `lines`.
Problem problemOfService(const std::string& lines) {
  return problemOf("kind: Application\nname: pos\ntenant: acme\nservices:\n  web:\n" + lines);
}

const char* APPLICATION = R"Y(
kind: Application
name: pos
tenant: acme
priority: 80
services:
  web:
    image: registry.example/pos-web:1.4
    environment: { STORE: "12", DEBUG: true }
    ports: ["8080:80"]
    deploy: { resources: { limits: { cpus: "0.5", memory: 128M, pids: 100 } } }
  probe:
    command: /usr/local/bin/probe --port 9000 --title 'a b'
    restart: on-failure:3
    x-skerry: { kind: process }
placement:
  sites: "customer = acme and size in (medium, large)"
  mode: everywhere
)Y";

}  // namespace

TEST_CASE("an application is read into the schema's struct with its keyed lists sorted") {
  auto manifest = sound(APPLICATION);
  CHECK(manifest.kind == "Application");
  CHECK(manifest.name == "pos");
  CHECK(manifest.tenant == "acme");
  Decoded<schema::Manifest> decoded(manifest.message);
  auto application = decoded.get().getApplication();
  CHECK(application.getPriority() == 80);
  REQUIRE(application.getServices().size() == 2);
  auto probe = application.getServices()[0];
  CHECK(probe.getName() == "probe");
  CHECK(probe.getSkerry().getKind() == "process");
  REQUIRE(probe.getCommand().size() == 5);
  CHECK(probe.getCommand()[4] == "a b");
  auto web = application.getServices()[1];
  CHECK(web.getEnvironment()[0].getName() == "DEBUG");
  CHECK(web.getEnvironment()[0].getValue() == "true");
  CHECK(web.getEnvironment()[1].getValue() == "12");
  CHECK(web.getDeploy().getResources().getLimits().getPids() == 100);
}

TEST_CASE("a field is found by its path, and so is what stands around one that is not written") {
  auto manifest = sound(APPLICATION);
  CHECK(manifest.lineOf("services.web.ports[0]") == 10);
  CHECK(manifest.lineOf("services.web.environment.STORE") == 9);
  CHECK(manifest.lineOf("services.web.user") == 7);
  CHECK(manifest.lineOf("services.other") == 6);
  CHECK(manifest.lineOf("nothing") == 2);
}

TEST_CASE("sites, regions and tenants are read") {
  auto parsed = parse("kind: Tenant\nname: acme\n---\nkind: Region\nname: north\n---\n"
                      "kind: Site\nname: oslo-0012\nregion: north\ntimezone: Europe/Oslo\n"
                      "labels: { customer: acme, cameras: 2, store: 0012 }\n");
  REQUIRE(parsed.problems.empty());
  REQUIRE(parsed.manifests.size() == 3);
  Decoded<schema::Manifest> decoded(parsed.manifests[2].message);
  auto labels = decoded.get().getSite().getLabels();
  REQUIRE(labels.size() == 3);
  CHECK(labels[0].getName() == "cameras");
  CHECK(labels[2].getValue() == "0012");
}

TEST_CASE("the environment may be a list of KEY=VALUE") {
  auto service = [](const char* environment) {
    return sound(std::string("kind: Application\nname: a\ntenant: t\nservices: {w: {image: i:1, "
                             "environment: ") + environment + "}}\n").message;
  };
  CHECK(service("[\"B=1=2\", A=]") == service("{A: \"\", B: \"1=2\"}"));
  CHECK(problemOfService("    image: i\n    environment: [A]\n").path ==
        "services.web.environment[0]");
  CHECK(problemOfService("    image: i\n    environment: [A=1, A=2]\n").reason == "duplicate-key");
  CHECK(problemOfService("    image: i\n    environment: {A: }\n").hint.find("`\"\"`") !=
        std::string::npos);
}

TEST_CASE("the same meaning in another spelling is the same bytes") {
  auto a = sound("kind: Site\nname: s\nregion: r\nlabels: {b: x, a: y}\n");
  auto b = sound("region: r\nkind: Site\nlabels:\n  a: \"y\"\n  b: 'x'\nname: s\n");
  CHECK(a.message == b.message);
}

TEST_CASE("an unknown key is an error that names the nearest key") {
  auto problem = problemOfService("    imge: x\n");
  CHECK(problem.reason == "unknown-key");
  CHECK(problem.path == "services.web.imge");
  CHECK(problem.line == 6);
  CHECK(problem.hint == "did you mean `image`?");
  CHECK(problemOf("kind: Tenant\nname: a\nfrobnicate: 1\n").hint ==
        "the keys here are name, quota");
  CHECK(problemOfService("    image: x\n    name: y\n").reason == "unknown-key");
  CHECK(problemOfService("    image: x\n    Image: y\n").hint == "did you mean `image`?");
}

TEST_CASE("a key that Compose or a later version knows is not supported yet") {
  for (auto key : {"healthcheck", "volumes", "depends_on", "build", "mem_limit", "tty"}) {
    CAPTURE(key);
    auto problem = problemOfService("    image: x\n    " + std::string(key) + ": {a: b}\n");
    CHECK(problem.reason == "not-supported-yet");
    CHECK(problem.message == "`" + std::string(key) + "` is not supported yet");
    CHECK(problem.line == 7);
  }
  CHECK(problemOf(std::string(APPLICATION) + "rollout: {}\n").reason == "not-supported-yet");
  CHECK(problemOf("kind: Job\nname: a\n").reason == "not-supported-yet");
  CHECK(problemOfService("    image: x\n    ports: [{target: 80}]\n").reason ==
        "not-supported-yet");
  CHECK(problemOfService("    image: x\n    x-skerry: {kind: wasm}\n").reason ==
        "not-supported-yet");
  CHECK(problemOfService("    image: x\n    x-skerry: {class: strict}\n").reason ==
        "not-supported-yet");
  CHECK(problemOfService("    image: x\n    deploy: {replicas: 2}\n").reason ==
        "not-supported-yet");
  CHECK(problemOfService("    image: x\n    ports: [\"80-90:80-90\"]\n").reason ==
        "not-supported-yet");
  CHECK(problemOfService("    image: x\nplacement: {mode: {count: 2}}\n").reason ==
        "not-supported-yet");
  CHECK(problemOfService("    image: x\n    environment: {A: \"{{ site.name }}\"}\n").reason ==
        "not-supported-yet");
}

TEST_CASE("a wrong type says what was expected and what was found") {
  auto problem = problemOfService("    image: [a]\n");
  CHECK(problem.reason == "wrong-type");
  CHECK(problem.path == "services.web.image");
  CHECK(problem.message == "expected a text, found a list");
  CHECK(problemOf("kind: Application\nname: a\ntenant: t\nservices: [web]\n").message ==
        "expected a mapping, found a list");
  CHECK(problemOf(std::string(APPLICATION).replace(std::string(APPLICATION).find("80"), 2, "high"))
            .message == "expected a whole number, found `high`");
  CHECK(problemOf(
            "kind: Application\nname: a\ntenant: t\npriority: \"80\"\nservices: {w: {image: i}}\n")
            .message == "expected a whole number, found the text `80`");
  CHECK(problemOfService("    image: x\n    ports: 80\n").message ==
        "expected a list, found a single value");
  CHECK(problemOfService("    image: x\n    deploy: 1\n").path == "services.web.deploy");
  CHECK(problemOfService("    image:\n").message == "there is no value");
  CHECK(problemOf("- a\n").message == "a document is a mapping");
  CHECK(problemOf("kind: Tenant\nname: {a: b}\n").path == "name");
}

TEST_CASE("what is required is missed") {
  CHECK(problemOf("name: a\n").path == "kind");
  CHECK(problemOf("kind: Tenant\n").message == "`name` is missing");
  CHECK(problemOf("kind: Site\nname: a\n").path == "region");
  CHECK(problemOf("kind: Application\nname: a\nservices: {w: {image: i}}\n").path == "tenant");
  CHECK(problemOf("kind: Application\nname: a\ntenant: t\n").path == "services");
  CHECK(problemOf("kind: Application\nname: a\ntenant: t\nservices: {}\n").reason == "missing-key");
  CHECK(problemOf("kind: aplication\nname: a\n").hint == "did you mean `Application`?");
  CHECK(problemOf("kind: application\nname: a\n").hint == "did you mean `Application`?");
}

TEST_CASE("names are DNS labels") {
  for (auto name : {"Oslo", "-a", "a-", "a_b", "a.b", "\"\"",
                    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklm"}) {
    CAPTURE(name);
    CHECK(problemOf("kind: Tenant\nname: " + std::string(name) + "\n").path == "name");
  }
  CHECK(problemOf("kind: Application\nname: a\ntenant: t\nservices: {W_1: {image: i}}\n").path ==
        "services.W_1");
  CHECK(problemOf("kind: Site\nname: s\nregion: r\nlabels: {in: x}\n").path == "labels.in");
  CHECK(problemOf("kind: Site\nname: s\nregion: r\nlabels: {a b: x}\n").path == "labels.a b");
  CHECK(problemOf("kind: Site\nname: s\nregion: r\ntimezone: \"Mars Base\"\n").path == "timezone");
}

TEST_CASE("a bad label expression names its column") {
  auto problem = problemOfService("    image: x\nplacement:\n  sites: customer acme\n");
  CHECK(problem.reason == "bad-selector");
  CHECK(problem.path == "placement.sites");
  CHECK(problem.line == 8);
  CHECK(problem.message.find("in column 10") == 0);
}

TEST_CASE("a process is a program with its whole path, without an image") {
  CHECK(problemOfService("    x-skerry: {kind: process}\n").path == "services.web.command");
  CHECK(problemOfService("    x-skerry: {kind: process}\n    command: [probe]\n").message ==
        "the program `probe` is not an absolute path");
  CHECK(problemOfService("    x-skerry: {kind: process}\n    command: [/p]\n    image: i\n").path ==
        "services.web.image");
  CHECK(problemOfService("    x-skerry: {kind: process}\n    command: [/p]\n    entrypoint: [i]\n")
            .path == "services.web.entrypoint");
  CHECK(
      problemOfService("    x-skerry: {kind: process}\n    command: [/p]\n    ports: [\"80:81\"]\n")
          .path == "services.web.ports[0]");
  CHECK(problemOfService("    command: [/p]\n").message == "a container needs an `image`");
}

TEST_CASE("values that nothing could run with are refused") {
  auto path = [](const char* line) {
    return problemOfService("    image: x\n    " + std::string(line) + "\n").path;
  };
  CHECK(path("ports: [\"80\"]") == "services.web.ports[0]");
  CHECK(path("ports: [\"80:80\", \"80:81\"]") == "services.web.ports[1]");
  CHECK(path("restart: sometimes") == "services.web.restart");
  CHECK(path("restart: on-failure:0") == "services.web.restart");
  CHECK(path("user: \"a b\"") == "services.web.user");
  CHECK(path("environment: {1A: x}") == "services.web.environment.1A");
  CHECK(path("command: \"a 'b\"") == "services.web.command");
  CHECK(path("deploy: {resources: {limits: {cpus: much}}}") ==
        "services.web.deploy.resources.limits.cpus");
  CHECK(path("deploy: {resources: {limits: {memory: \"128\"}}}") ==
        "services.web.deploy.resources.limits.memory");
  CHECK(path("deploy: {resources: {limits: {pids: -1}}}") ==
        "services.web.deploy.resources.limits.pids");
  CHECK(path("x-skerry: {kind: jar}") == "services.web.x-skerry.kind");
  CHECK(problemOfService("    image: \"a b\"\n").path == "services.web.image");
  CHECK(
      problemOf("kind: Application\nname: a\ntenant: t\npriority: 101\nservices: {w: {image: i}}\n")
          .path == "priority");
  CHECK(problemOf(
            "kind: Application\nname: a\ntenant: t\nservices: {v: {image: i, ports: [\"80:1\"]}, "
            "w: {image: i, ports: [\"127.0.0.1:80:2\"]}}\n")
            .reason == "duplicate-port");
}

TEST_CASE("a process that its keeper could not be told of is refused, naming the limit") {
  auto service = [](size_t words, size_t variables, const char* kind) {
    std::string yaml = kind + std::string("    command: [/bin/x");
    for (size_t i = 0; i < words; ++i) yaml += ", " + std::string(30'000, 'w');
    yaml += "]\n    environment: {";
    for (size_t i = 0; i < variables; ++i) yaml += (i ? ", V" : "V") + std::to_string(i) + ": a";
    return yaml + "}\n";
  };
  constexpr auto PROCESS = "    x-skerry: { kind: process }\n", CONTAINER = "    image: i:1\n";
  auto problem = problemOfService(service(5, 0, PROCESS));
  CHECK(problem.reason == "too-large");
  CHECK(problem.path == "services.web.command");
  CHECK(problem.message.find(std::to_string(PROCESS_BYTES_MAX)) != std::string::npos);
  CHECK(problemOfService(service(0, 251, PROCESS)).path == "services.web.environment");
  constexpr auto HEAD = "kind: Application\nname: a\ntenant: t\nservices:\n  web:\n";
  sound(HEAD + service(4, 250, PROCESS));
  sound(HEAD + service(5, 300, CONTAINER));
}

TEST_CASE("an interpolated variable is refused with the template to write, and $$ is a sign") {
  auto problem = problemOfService("    image: x\n    environment: {P: \"${PRINTER}\"}\n");
  CHECK(problem.reason == "interpolation");
  CHECK(problem.path == "services.web.environment.P");
  CHECK(problem.hint.find("{{ site.labels.printer }}") != std::string::npos);
  auto manifest = sound(
      "kind: Application\nname: a\ntenant: t\nservices: {w: {image: i, command: [a, $$5]}}\n");
  Decoded<schema::Manifest> decoded(manifest.message);
  CHECK(decoded.get().getApplication().getServices()[0].getCommand()[1] == "$5");
}

TEST_CASE("all problems of a file are shown at once, in the order of its lines") {
  auto parsed = parse(
      "kind: Site\nname: Oslo\nregion: r\ncolour: red\n"
      "---\nkind: Application\nname: a\nname: b\ntenant: t\nservices:\n  w: {image: [x]}\n"
      "placement: {sites: \"a ==\"}\n---\nkind: Region\nname: good\n---\n[\n");
  INFO(all(parsed.problems));
  REQUIRE(parsed.problems.size() == 6);
  CHECK(parsed.problems[0].path == "name");
  CHECK(parsed.problems[1].reason == "unknown-key");
  CHECK(parsed.problems[2].reason == "duplicate-key");
  CHECK(parsed.problems[3].reason == "wrong-type");
  CHECK(parsed.problems[4].reason == "bad-selector");
  CHECK(parsed.problems[5].reason == "bad-yaml");
  REQUIRE(parsed.manifests.size() == 1);
  CHECK(parsed.manifests[0].name == "good");
}

TEST_CASE("a file with thousands of problems shows the first ones and counts the rest") {
  std::string text = "kind: Tenant\nname: a\n";
  for (size_t i = 0; i < PROBLEMS_MAX + 50; ++i) text += "k" + std::to_string(i) + ": 1\n";
  auto parsed = parse(text);
  REQUIRE(parsed.problems.size() == PROBLEMS_MAX + 1);
  CHECK(parsed.problems.back().message == "and 50 more problems");
}

TEST_CASE("an object that is declared twice is named with both places") {
  Problems problems;
  auto manifests = parseManifests("a.yaml", "kind: Tenant\nname: t\n", problems);
  auto more =
      parseManifests("b.yaml", "kind: Region\nname: t\n---\nkind: Tenant\nname: t\n", problems);
  manifests.insert(manifests.end(), more.begin(), more.end());
  checkDuplicates(manifests, problems);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].file == "b.yaml");
  CHECK(problems[0].line == 5);
  CHECK(problems[0].message.find("first in a.yaml:2") != std::string::npos);
}

TEST_CASE("no text makes the parser throw") {
  uint64_t state = 11;
  auto next = [&](size_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  std::string seedText(APPLICATION);
  for (int round = 0; round < 400; ++round) {
    auto text = seedText;
    for (int edit = 0; edit < 3; ++edit) {
      auto at = next(text.size());
      if (next(2) == 0) text.erase(at, 1 + next(6));
      else text.insert(at, std::string(1, ":[]{}-#\n \"'ax0"[next(14)]));
    }
    CAPTURE(text);
    CHECK_NOTHROW(parse(text));
  }
}
