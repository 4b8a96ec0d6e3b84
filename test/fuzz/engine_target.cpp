// What a container engine answers: JSON of every call, frames of logs, and the HTTP around it. The
// first byte says which.
#include "test/fuzz/fuzz.h"
#include "tier_site/drivers/engine_json.h"
#include "tier_site/drivers/log_frames.h"

namespace skerry {
namespace {

enum What : uint8_t { JSON, LOG, WHATS };

void readJson(const std::string& body) {
  EngineDriverConfig config;
  mayRefuse([&] {
    auto container = decodeInspected(body);
    mustHold(!container.id.empty(), "a container has an id");
    auto id = ownerOf(config, container);
    observedFrom(id.value_or(InstanceId()), container);
    Rendered rendered;
    explainEngineError(container.error, rendered);
  });
  mayRefuse([&] { decodeListed(body); });
  mayRefuse([&] { decodeEvent(body); });
  mayRefuse([&] { decodeCgroupDriver(body); });
  mayRefuse([&] { decodeRuntime(body); });
  mayRefuse([&] { decodeVersion(body); });
  mustHold(decodeFailure(body).size() <= 500, "an engine's complaint is bounded");
}

void readLog(FuzzInput& rest) {
  LogFrames frames;
  size_t piece = rest.byte() + 1;
  mayRefuse([&] {
    while (!rest.empty()) frames.feed(text(rest.take(piece)));
    frames.finish();
  });
}

void run(BytesView input) {
  FuzzInput rest(input);
  if (rest.byte() % WHATS == LOG) return readLog(rest);
  readJson(text(rest.remaining()));
}

Bytes with(uint8_t what, std::string_view body) {
  Bytes seed{what};
  seed.insert(seed.end(), body.begin(), body.end());
  return seed;
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (auto body : {
R"({"Id":"abc","Name":"/skerry-acme-pos-web-0","State":{"Status":"exited","Running":false,
"OOMKilled":true,"Pid":0,"ExitCode":137,"Error":"crun: exec: not found"},"Config":{"Labels":{
"skerry.site":"oslo","skerry.instance":"acme/pos/web/0","skerry.incarnation":"3"}}})",
R"([{"Id":"abc","Labels":null},{"Id":"def","Labels":{"a":"b"}}])",
R"({"Action":"die","Actor":{"ID":"abc","Attributes":{"skerry.instance":"acme/pos/web/0"}}})",
R"({"CgroupDriver":"systemd","DefaultRuntime":"runc"})",
R"({"Version":"4.3.1","ApiVersion":"1.41","Components":[{"Name":"Podman Engine"}]})",
R"({"message":"no such image: \u00e5\ud83d\ude00"})", "[[[[{}]]]]", "1e999", "-0.5E+3"}) {
    all.push_back(with(JSON, body));
  }
  std::string frame = std::string("\x01\0\0\0\0\0\0\x26", 8) +
                      "2026-11-20T08:59:31.123456789Z a line\n";
  all.push_back(with(LOG, "\x03" + frame));
  all.push_back(with(LOG, "\xff" + frame + frame));
  return all;
}

FUZZ_TARGET("engine", run, seeds);

}  // namespace
}  // namespace skerry
