// A parent and a child with real documents, stores that the test can stop, and the product's
// session between them over a pipe in memory.
#pragma once
#include "shared/link/session.h"
#include "shared/replica/child_session.h"
#include "shared/replica/document_store.h"
#include "shared/replica/parent_session.h"
#include "test/sim/sim_world.h"
#include "test/support/authority.h"
#include "test/support/hand_store.h"

namespace skerry {

struct ParentEnd final : ChildHooks {
  HandStore store;
  Writer writer{store, [](kj::Exception) {}};
  std::unique_ptr<Signer> signer = signerOf(5);
  kj::Own<Document> document;
  Blobs blobs;
  RegisterMirror mirror;
  std::vector<std::string> alarms, statusKeys;
  int greetings = 0, localChanges = 0;
  std::string refusal;

  schema::Uplink::Client client = nullptr;
  ChildSession* server = nullptr;
  kj::Own<Session> session;

  ParentEnd() {
    RowChanges rows;
    document = kj::heap<Document>(
        DocumentIds{"site/oslo", DocumentKind::SITE, DocumentEnd::PARENT, 0}, rows);
  }
  // Values by key, each with the blobs it refers to; an empty value erases.
  struct Value {
    std::string text;
    std::vector<Hash> blobs;
  };
  void edit(const std::map<std::string, Value>& values) {
    OrdersEdit edit;
    for (auto& [key, value] : values) {
      if (value.text.empty()) {
        edit.erases.insert(key);
        continue;
      }
      OrderEntry entry;
      entry.gen = Gen::from(view(lifeOf(1)));
      entry.value = copy(view(value.text));
      entry.blobs = value.blobs;
      edit.puts[key] = encodeOrderEntry(entry);
    }
    auto edited = document->edit(edit, 1, {1, 1, *signer});
    KJ_REQUIRE(edited.refused.empty(), edited.refused.c_str());
    addRows(writer.rows(), document->ids().name, edited.rows);
    if (server != nullptr) server->ordersChanged();
  }
  Hash addBlob(Bytes content) {
    auto hash = sha256(view(content));
    blobs.put(hash, std::move(content), writer.rows());
    return hash;
  }

  void greeted(schema::ChildHello::Reader child) override {
    ++greetings;
    KJ_REQUIRE(refusal.empty(), refusal.c_str());
    if (child.hasDownlink()) session->setRemote(child.getDownlink());
    server->setDownlink(session->remote().castAs<schema::Downlink>());
  }
  void fillHello(schema::ChildHello::Reader, schema::ParentHello::Builder) override {}
  void statusChanged(const std::vector<std::string>& keys) override {
    statusKeys.insert(statusKeys.end(), keys.begin(), keys.end());
  }
  void localChanged() override { ++localChanges; }
  void alarm(const std::string& text) override { alarms.push_back(text); }
};

struct ChildEnd final : ParentHooks {
  HandStore store;
  Writer writer{store, [](kj::Exception) {}};
  kj::Own<Document> document;
  kj::Own<RegisterSource> registers = kj::heap<RegisterSource>(1);
  Blobs blobs;
  std::vector<std::string> alarms;
  std::vector<std::set<std::string>> changes;
  std::vector<Hash> arrived;
  TrustedParent trusted;
  std::string refusal, greetingError;
  bool isUp = false;

  schema::Downlink::Client client = nullptr;
  ParentSession* server = nullptr;
  kj::Own<Session> session;
  kj::Promise<void> greeting = kj::READY_NOW;

  explicit ChildEnd(Bytes parentKey) : trusted{std::move(parentKey), 1} { newDatabase(); }
  void newDatabase() {
    store.rows.clear();
    RowChanges rows;
    document = kj::heap<Document>(
        DocumentIds{"site/oslo", DocumentKind::SITE, DocumentEnd::CHILD, 7}, rows);
    addRows(writer.rows(), document->ids().name, rows);
  }
  void hold(std::string_view revision) {
    LocalDraft draft;
    draft.key = LocalKey::hold("acme/pos", Gen::from(view(lifeOf(1))));
    draft.kind = LocalKind::HOLD;
    draft.value = copy(sha256(view(revision)).view());
    draft.author = "local:0";
    auto written = document->write(draft, 1'000, 42);
    KJ_REQUIRE(written.done(), written.text.c_str());
    addRows(writer.rows(), document->ids().name, written.rows);
    if (server != nullptr) server->localChanged();
  }
  std::string value(const std::string& key) const {
    auto found = document->orders().find(key);
    return found ? text(view(found->value)) : "";
  }

  void fillHello(schema::ChildHello::Builder) override {}
  void greeted(schema::ParentHello::Reader) override {
    KJ_REQUIRE(refusal.empty(), refusal.c_str());
    RowChanges rows;
    document->trust(trusted, rows);
    addRows(writer.rows(), document->ids().name, rows);
  }
  void ordersChanged(const std::set<std::string>& keys) override { changes.push_back(keys); }
  void blobArrived(const Hash& hash) override { arrived.push_back(hash); }
  kj::Promise<kj::Array<kj::String>> logs(schema::LogQuery::Reader,
                                          schema::LineSink::Client) override {
    return kj::heapArray<kj::String>(0);
  }
  void alarm(const std::string& text) override { alarms.push_back(text); }
};

struct SessionWorld {
  SimWorld world{9};
  LinkLimits limits;
  ParentEnd parent;
  ChildEnd child{parent.signer->publicKey()};
  uint64_t nonce = 100;

  ~SessionWorld() { disconnect(); }

  void offer(kj::Own<kj::AsyncIoStream> stream) {
    auto made = kj::heap<ChildSession>(
        ChildSession::Parts{*parent.document, parent.mirror, parent.blobs, parent.writer, parent},
        ++nonce);
    parent.server = made.get();
    parent.client = kj::mv(made);
    parent.session = kj::heap<Session>(kj::mv(stream), Side::PARENT, parent.client, world.timer(),
                                       limits);
    parent.session->alsoCounts([this] {
      return parent.server == nullptr ? 0 : parent.server->stagedBytes();
    });
  }
  // The child's end, with whatever stands at the other.
  schema::Uplink::Client dial(kj::Own<kj::AsyncIoStream> stream) {
    auto made = kj::heap<ParentSession>(
        ParentSession::Parts{*child.document, *child.registers, child.blobs, child.writer, child,
                             world.timer()},
        ++nonce);
    child.server = made.get();
    child.client = kj::mv(made);
    child.session = kj::heap<Session>(kj::mv(stream), Side::CHILD, child.client, world.timer(),
                                      limits);
    return child.session->remote().castAs<schema::Uplink>();
  }
  void greet(schema::Uplink::Client uplink) {
    child.isUp = false;
    child.greetingError.clear();
    child.greeting = child.server->greet(kj::mv(uplink)).then([this] { child.isUp = true; })
        .eagerlyEvaluate([this](kj::Exception&& reason) {
      child.greetingError = text(reason.getDescription());
    });
  }
  void connect() {
    disconnect();
    auto pipe = kj::newTwoWayPipe();
    offer(kj::mv(pipe.ends[0]));
    greet(dial(kj::mv(pipe.ends[1])));
    world.runFor(10);
  }
  void disconnect() {
    child.greeting = kj::READY_NOW;
    if (child.server != nullptr) child.server->detach();
    if (parent.server != nullptr) parent.server->detach();
    child.server = nullptr;
    parent.server = nullptr;
    child.session = nullptr;
    parent.session = nullptr;
    child.client = nullptr;
    parent.client = nullptr;
    world.runFor(10);
  }
  bool inStep() const {
    return child.document->orders().version() == parent.document->orders().version() &&
           child.document->orders().root() == parent.document->orders().root();
  }
};

inline bool has(const std::vector<std::string>& texts, std::string_view part) {
  for (auto& text : texts) {
    if (text.find(part) != std::string::npos) return true;
  }
  return false;
}

inline Bytes pattern(size_t size, uint8_t seed = 1) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = uint8_t(i * 31 + (i >> 8) + seed);
  return bytes;
}

}  // namespace skerry
