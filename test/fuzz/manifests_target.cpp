// Manifest files: YAML that people wrote, and what is made of it.
#include "shared/model/application.h"
#include "shared/model/encoded.h"
#include "shared/model/manifest.h"
#include "shared/model/plain_manifest.h"
#include "test/fuzz/fuzz.h"

namespace skerry {
namespace {

void run(BytesView input) {
  Problems problems;
  auto parsed = parseManifests("fuzz.yaml", text(input), problems);
  checkDuplicates(parsed, problems);
  for (auto& one : parsed) {
    Decoded<schema::Manifest> manifest(one.message);
    auto written = manifestYaml(manifest.get());
    Problems none;
    auto again = parseManifests("again.yaml", written, none);
    mustHold(none.empty() && again.size() == 1, "a manifest that was read is written soundly");
    mustHold(again[0].kind == one.kind && again[0].name == one.name &&
             again[0].tenant == one.tenant, "a manifest that was read is written as the same one");
    Decoded<schema::Manifest> same(again[0].message);
    mustHold(canonicalManifest(same.get()) == canonicalManifest(manifest.get()),
             "a manifest that was read is written with the same content");
    one.lineOf("services.web.environment.A");
  }
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (auto written : {
R"yaml(kind: Application
name: pos
tenant: acme
services:
  web:
    image: registry.example/pos:1.2
    command: ["serve", "--port", "8080"]
    environment: { PRINTER: "tcp://10.0.0.9", PRICE: "$$5" }
    ports: ["8080:80", "127.0.0.1:53:53/udp"]
    restart: on-failure:3
    deploy: { resources: { limits: { cpus: "0.2", memory: 32M, pids: 20 } } }
  agent:
    command: /usr/bin/agent --every 5m
    x-skerry: { kind: process }
placement:
  sites: "customer = acme and size in (medium, large)"
)yaml",
R"yaml(kind: Tenant
name: acme
---
kind: Region
name: north
---
kind: Site
name: oslo
region: north
labels: { customer: acme, size: large }
timezone: Europe/Oslo
)yaml",
"kind: Application\nname: &a b\nservices: *a\n", "kind: Application\nkind: Site\n",
"- a\n- [b, {c: d}]\n- >\n  folded\n  text\n- |\n  literal\n", "%YAML 1.2\n---\n!tag x: <<\n",
"\xef\xbb\xbfkind: Site\nname: \"\\u00e5\"\n", "a: {b: {c: {d: [[[[]]]]}}}"}) {
    all.push_back(copy(view(written)));
  }
  return all;
}

FUZZ_TARGET("manifests", run, seeds);

}  // namespace
}  // namespace skerry
