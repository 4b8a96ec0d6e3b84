// One child (a region at central, a host of a site at its region), as its parent keeps it: the
// document between them, what it last reported, and its session while there is one.
#pragma once
#include "shared/link/admission.h"
#include "shared/link/session.h"
#include "shared/pki/chain.h"
#include "shared/replica/child_session.h"
#include <kj/debug.h>

namespace skerry {

// How much longer a peer's certificate says who it is; null when nobody asked for its dates.
kj::Maybe<kj::Duration> restOfLife(const PeerIdentity& peer, int64_t nowMs);

// What the tier does about a child. Outlives it.
class ChildOwner {
public:
  virtual ~ChildOwner() noexcept(false) {}
  virtual void greeted(const std::string& child, schema::ChildHello::Reader hello) = 0;
  // `hello` is the answer to `said`.
  virtual void fillHello(const std::string& child, schema::ChildHello::Reader said,
                         schema::ParentHello::Builder hello) = 0;
  // These registers of it changed; none: it went on- or offline.
  virtual void statusChanged(const std::string& child, const std::vector<std::string>& keys) = 0;
  // Its journal.
  virtual kj::Promise<void> eventMark(const std::string&, EventMarkCall context);
  virtual kj::Promise<void> events(const std::string&, EventsTold context);
  // Our own, which signed what it holds; read again in a life that forgot it.
  virtual Bytes documentKey() const { return {}; }
  // It holds `shown`, which we signed and do not know of: adopts it (read_back.h). The child gets
  // nothing before this resolves. `shown` outlives it.
  virtual kj::Promise<void> shown(const std::string& child, const Orders&) {
    KJ_UNIMPLEMENTED("nothing is read back here", child.c_str());
  }
  // It holds nothing that we do not know of: its document takes projections again.
  virtual void wasRead(const std::string&) {}
  // It gave its identity up. Resolves when that is durable.
  virtual kj::Promise<void> left(const std::string& child) {
    KJ_UNIMPLEMENTED("who is below this tier is retired at central", child.c_str());
  }
};

class Child final : private ChildHooks {
public:
  struct Parts {
    Host& host;
    Blobs& blobs;
    Writer& writer;
    ChildOwner& owner;
  };
  Child(std::string name, kj::Own<Document> document, Parts parts);
  ~Child() noexcept(false);
  KJ_DISALLOW_COPY(Child);

  // Serves a connection until it ends. A newer one replaces an older one. `life` is how much longer
  // its certificate says who it is: then it is told to come again with the next; null: for ever.
  kj::Promise<void> serve(kj::Own<kj::AsyncIoStream> stream,
                          kj::Maybe<kj::Duration> life = nullptr);
  // The document's orders moved on.
  void ordersChanged();
  // Ends the session, if there is one, telling the child why.
  void end(std::string_view reason);

  const std::string& getName() const { return name; }
  Document& document() { return *held; }
  const Document& document() const { return *held; }
  const RegisterMirror& mirror() const { return registers; }
  bool online() const { return server != nullptr && server->wasGreeted(); }
  int64_t sinceMs() const { return changedMs; }  // when it went on- or offline; 0: never came
  const std::string& version() const { return softwareVersion; }
  // Of its link, as measured; zero before, and while it is offline.
  kj::Duration roundTrip() const;
  // Null while it is offline.
  kj::Maybe<schema::Downlink::Client> downlink();

private:
  void greeted(schema::ChildHello::Reader child) override;
  void fillHello(schema::ChildHello::Reader child, schema::ParentHello::Builder parent) override;
  void statusChanged(const std::vector<std::string>& keys) override;
  void localChanged() override {}
  void mustRead() override;
  void wasRead() override { parts.owner.wasRead(name); }
  void alarm(const std::string& text) override;
  kj::Promise<void> left() override;
  kj::Promise<void> eventMark(EventMarkCall context) override;
  kj::Promise<void> events(EventsTold context) override;
  void close();

  std::string name;
  kj::Own<Document> held;
  Parts parts;
  RegisterMirror registers;
  std::string softwareVersion;
  int64_t changedMs = 0;
  LinkLimits limits;
  TokenBucket hellos;
  kj::Maybe<schema::Uplink::Client> ours;
  kj::Maybe<kj::Own<Session>> session;
  kj::Maybe<schema::Downlink::Client> down;
  ChildSession* server = nullptr;  // owned by `ours`
  kj::Canceler serving;            // of whoever waits in serve()
  kj::Promise<void> reading = kj::READY_NOW;  // back what it holds
};

}  // namespace skerry
