// Status registers of a child, and what the tiers above make of them for people.
#include "shared/daemon/views.h"
#include "shared/model/encoded.h"
#include "shared/replica/register_wire.h"
#include "test/fuzz/fuzz.h"

namespace skerry {
namespace {

void look(const RegisterMirror& mirror) {
  Registers all = [&](const RegisterVisitor& visit) {
    for (auto& [key, value] : mirror.all()) visit("oslo", key, value.value);
  };
  Bounds bounds;
  ItemList items;
  addInstances(items, bounds, all);
  addHosts(items, bounds, all);
  for (auto& [key, value] : mirror.all()) {
    addWaiting(items, bounds, "north", "", "pending/" + key, value.value);
  }
  auto selector = parseSelector("customer = acme and state != running");
  items.keep(selector.selector, [](const std::string&) { return Labels{{"customer", "acme"}}; }, 0);
  capnp::MallocMessageBuilder message;
  items.write(message.initRoot<schema::Admin::GetResults>().initItems(items.size()));
  whatIsAmiss(bounds, all);
  countStates(bounds, all);
  appsAtSites(all);
  summarise(all);
}

void run(BytesView input) {
  FuzzInput rest(input);
  RegisterMirror mirror;
  while (!rest.empty()) {
    auto message = rest.piece();
    mayRefuse([&] {
      Decoded<schema::RegisterBatch> decoded(message);
      auto batch = readBatch(decoded.get());
      mirror.apply(batch);
      auto digest = mirror.digest();
      mirror.apply(batch);
      mustHold(mirror.digest() == digest, "a batch that is repeated changes nothing");
    });
  }
  mustHold(mirror.all().size() <= REGISTERS_MAX, "what is kept of a child is bounded");
  mayRefuse([&] { look(mirror); });
}

template <typename T>
Bytes status(void (*fill)(typename T::Builder)) {
  capnp::MallocMessageBuilder message;
  auto builder = message.initRoot<T>();
  fill(builder);
  return encode<T>(builder);
}

std::vector<Bytes> seeds() {
  auto instance = status<schema::InstanceStatus>([](auto to) {
    to.setTenant("acme");
    to.setApp("pos");
    to.setService("web");
    to.setHost("host1");
    to.setState(schema::InstanceStatus::State::CRASH_LOOP);
    to.setReason("exit code 1");
    to.setRevision(sha256(view("r")).view());
  });
  auto host = status<schema::HostStatus>([](auto to) {
    to.setName("host1");
    to.setVersion("0.1.0");
    to.initFindings(1).set(0, "a disk is nearly full");
    to.setHeadTimeMs(1);
  });
  auto app = status<schema::AppStatus>([](auto to) {
    to.setEra(1);
    to.setSeq(2);
    to.setVerdict(schema::AppStatus::Verdict::REFUSED);
    to.setReason("not signed");
  });
  auto link = status<schema::LinkStatus>([](auto to) { to.setOnline(true); });
  RegisterSource source(1);
  source.set("instance/acme/pos/web/0", instance);
  source.set("host", host);
  source.set("host/host1", host);
  source.set("app/acme/pos", app);
  source.set("link", link);
  auto encoded = [](const RegisterBatch& batch) {
    capnp::MallocMessageBuilder message;
    writeBatch(batch, message.initRoot<schema::RegisterBatch>());
    return encode<schema::RegisterBatch>(message.getRoot<schema::RegisterBatch>());
  };
  Bytes both;
  addPiece(both, view(encoded(source.since(0))));
  auto seen = source.newest();
  source.erase("link");
  source.set("app/acme/other", app);
  auto whole = both;
  addPiece(both, view(encoded(source.since(seen))));
  return {whole, both};
}

FUZZ_TARGET("registers", run, seeds);

}  // namespace
}  // namespace skerry
