// A whole session: bytes that a peer with a good certificate sends, through the filter and the RPC
// system, to the end of a link that both boundaries share. The first byte is how the bytes are cut,
// and which end is attacked.
#include "shared/link/frame_filter.h"
#include "shared/link/session.h"
#include "shared/replica/child_session.h"
#include "shared/replica/document_store.h"
#include "shared/replica/parent_session.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/served_stream.h"
#include "test/support/authority.h"
#include "test/support/hand_store.h"

namespace skerry {
namespace {

constexpr uint8_t AT_CHILD = 0x80;

LinkLimits fuzzLimits() {
  LinkLimits limits;
  limits.farewellMax = 0 * kj::SECONDS;
  return limits;
}

struct Parent final : ChildHooks {
  HandStore store;
  Writer writer{store, [](kj::Exception) {}};
  std::unique_ptr<Signer> signer = signerOf(5);
  RowChanges rows;
  Document document{{"site/oslo", DocumentKind::SITE, DocumentEnd::PARENT, 0}, rows};
  Blobs blobs;
  RegisterMirror mirror;
  ChildSession* server;
  schema::Uplink::Client client;
  kj::Own<Session> session;
  size_t alarms = 0;

  Parent() : client(nullptr) {
    OrderEntry entry;
    entry.gen = Gen::from(view(lifeOf(1)));
    entry.value = copy(view("value"));
    OrdersEdit edit;
    edit.puts["app/acme/pos"] = encodeOrderEntry(entry);
    document.edit(edit, 1, {1, 1, *signer});
    blobs.put(sha256(view("blob")), copy(view("blob")), writer.rows());
    auto made = kj::heap<ChildSession>(
        ChildSession::Parts{document, mirror, blobs, writer, *this}, 1);
    server = made.get();
    client = kj::mv(made);
  }
  ~Parent() {
    server->detach();
    session = nullptr;
  }
  void greeted(schema::ChildHello::Reader child) override {
    text(child.getVersion());
    text(child.getAdvertise());
    if (child.hasDownlink()) session->setRemote(child.getDownlink());
    server->setDownlink(session->remote().castAs<schema::Downlink>());
  }
  void fillHello(schema::ChildHello::Reader, schema::ParentHello::Builder) override {}
  void statusChanged(const std::vector<std::string>&) override {}
  void localChanged() override {}
  void alarm(const std::string&) override { ++alarms; }
};

struct Child final : ParentHooks {
  HandStore store;
  Writer writer{store, [](kj::Exception) {}};
  std::unique_ptr<Signer> signer = signerOf(5);
  RowChanges rows;
  Document document{{"site/oslo", DocumentKind::SITE, DocumentEnd::CHILD, 7}, rows};
  RegisterSource registers{1};
  Blobs blobs;
  ParentSession* server;
  schema::Downlink::Client client;
  kj::Own<Session> session;
  kj::Promise<void> greeting = kj::READY_NOW;

  explicit Child(kj::Timer& timer) : client(nullptr) {
    registers.set("link", copy(view("x")));
    auto made = kj::heap<ParentSession>(
        ParentSession::Parts{document, registers, blobs, writer, *this, timer}, 1);
    server = made.get();
    client = kj::mv(made);
  }
  ~Child() {
    server->detach();
    session = nullptr;
  }
  void greet() {
    greeting = server->greet(session->remote().castAs<schema::Uplink>())
                   .eagerlyEvaluate([](kj::Exception&&) {});
  }
  void fillHello(schema::ChildHello::Builder child) override { child.setVersion("0.1.0"); }
  void greeted(schema::ParentHello::Reader parent) override {
    Disbelief why;
    auto authority = encode<schema::Signed>(parent.getAuthority());
    openStatement(view(signer->publicKey()), "authority", view(authority), why);
    document.trust({signer->publicKey(), 1}, rows);
  }
  void ordersChanged(const std::set<std::string>&) override {}
  void blobArrived(const Hash&) override {}
  kj::Promise<kj::Array<kj::String>> logs(schema::LogQuery::Reader query,
                                          schema::LineSink::Client sink) override {
    text(query.getSelector());
    auto request = sink.writeRequest();
    request.initLines(1)[0].setText("a line");
    return request.send().then([] { return kj::heapArray<kj::String>(0); });
  }
  void alarm(const std::string&) override {}
};

void run(BytesView input) {
  kj::EventLoop loop;
  kj::WaitScope wait(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  auto limits = fuzzLimits();
  FuzzInput rest(input);
  uint8_t how = rest.byte();
  auto stream = kj::heap<ServedStream>(rest.remaining(), how & ~AT_CHILD);
  // Each time until the peer has said all and nothing moves any more.
  if (how & AT_CHILD) {
    Child child(timer);
    child.session = kj::heap<Session>(kj::mv(stream), Side::CHILD, child.client, timer, limits);
    child.greet();
    wait.poll();
    mustHold(child.session->frames().heldBytes() <= limits.heldBytesMax, "memory is bounded");
  } else {
    Parent parent;
    parent.session = kj::heap<Session>(kj::mv(stream), Side::PARENT, parent.client, timer, limits);
    wait.poll();
    mustHold(parent.session->frames().heldBytes() <= limits.heldBytesMax, "memory is bounded");
  }
  wait.poll();
}

// Passes bytes on and keeps a copy of what its owner writes.
class Recorder final : public kj::AsyncIoStream {
public:
  Recorder(kj::Own<kj::AsyncIoStream> inner, Bytes& said) : inner(kj::mv(inner)), said(said) {}
  kj::Promise<size_t> tryRead(void* buffer, size_t minBytes, size_t maxBytes) override {
    return inner->tryRead(buffer, minBytes, maxBytes);
  }
  kj::Promise<void> write(const void* buffer, size_t size) override {
    auto bytes = static_cast<const kj::byte*>(buffer);
    said.insert(said.end(), bytes, bytes + size);
    return inner->write(buffer, size);
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    for (auto one : pieces) said.insert(said.end(), one.begin(), one.end());
    return inner->write(pieces);
  }
  kj::Promise<void> whenWriteDisconnected() override { return kj::NEVER_DONE; }
  void shutdownWrite() override { inner->shutdownWrite(); }

private:
  kj::Own<kj::AsyncIoStream> inner;
  Bytes& said;
};

// Two honest ends, recorded.
std::vector<Bytes> seeds() {
  kj::EventLoop loop;
  kj::WaitScope wait(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  auto limits = fuzzLimits();
  Bytes toParent{0}, toChild{AT_CHILD};
  {
    auto pipe = kj::newTwoWayPipe();
    Parent parent;
    Child child(timer);
    parent.session = kj::heap<Session>(kj::heap<Recorder>(kj::mv(pipe.ends[0]), toChild),
                                       Side::PARENT, parent.client, timer, limits);
    child.session = kj::heap<Session>(kj::heap<Recorder>(kj::mv(pipe.ends[1]), toParent),
                                      Side::CHILD, child.client, timer, limits);
    child.greet();
    wait.poll();
    auto blob = child.session->remote().castAs<schema::Uplink>().blobRequest();
    blob.setHash(sha256(view("blob")).view());
    auto fetched = blob.send().ignoreResult().eagerlyEvaluate([](kj::Exception&&) {});
    wait.poll();
  }
  wait.poll();
  auto cut = toParent;
  cut[0] = 7;
  return {toParent, toChild, cut};
}

FUZZ_TARGET("uplink", run, seeds);

}  // namespace
}  // namespace skerry
