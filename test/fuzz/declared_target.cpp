// Declared objects as an admin's client sends them: structs, not text. Central judges them before
// it stores or signs anything of them.
#include "shared/model/application.h"
#include "shared/model/encoded.h"
#include "shared/model/manifest.h"
#include "shared/model/manifest_check.h"
#include "shared/model/plain_manifest.h"
#include "shared/model/service_spec.h"
#include "test/fuzz/fuzz.h"

namespace skerry {
namespace {

void runApplication(schema::Application::Reader application, FuzzInput& more) {
  if (!applicationProblems(application).empty()) return;
  auto canonical = canonicalApplication(application);
  readApplication(view(canonical));
  Decoded<schema::Application> again(canonical);
  mustHold(applicationProblems(again.get()).empty(), "what is signed is sound");
  mustHold(canonicalApplication(again.get()) == canonical, "the canonical form is its own");
  // An override: a path and a value that somebody on site gave.
  auto path = text(more.piece());
  auto value = more.remaining();
  valueAt(view(canonical), path);
  Problems problems;
  auto changed = setAt(view(canonical), path, value, problems);
  mustHold(changed.has_value() == problems.empty(), "an override is taken or explained");
  if (changed) readApplication(view(*changed));
}

void run(BytesView input) {
  FuzzInput rest(input);
  auto message = rest.piece();
  mayRefuse([&] {
    Decoded<schema::Manifest> decoded(message);
    auto manifest = decoded.get();
    // Malformed inside: only what reads it throws.
    if (!manifestProblems(manifest).empty()) return;
    canonicalManifest(manifest);
    manifestYaml(manifest);
    if (manifest.isApplication()) runApplication(manifest.getApplication(), rest);
  });
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (auto written : {
R"({kind: Application, name: pos, tenant: acme, services: {web: {image: "a/b:1",
  environment: {A: b}, ports: ["80:80"], restart: "no",
  deploy: {resources: {limits: {cpus: "1", memory: 32M}}}}},
  placement: {sites: "a = b"}})",
"{kind: Site, name: oslo, region: north, labels: {a: b}, timezone: Europe/Oslo}",
"{kind: Region, name: north}", "{kind: Tenant, name: acme}"}) {
    Problems problems;
    for (auto& parsed : parseManifests("seed", written, problems)) {
      Bytes seed;
      addPiece(seed, view(parsed.message));
      addPiece(seed, view("services.web.environment.A"));
      auto value = copy(view("\"c\""));
      seed.insert(seed.end(), value.begin(), value.end());
      all.push_back(seed);
    }
  }
  return all;
}

FUZZ_TARGET("declared", run, seeds);

}  // namespace
}  // namespace skerry
