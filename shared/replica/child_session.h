// The parent's end of one session with a child: answers its Uplink calls and sends down what its
// document says. The tier decides what it means, through ChildHooks.
//
//   hello ──► hooks.greeted() ──► orders the child lacks ──► ... each new version as it is made
//   status ──► mirror ──► hooks.statusChanged()
#pragma once
#include "capnp/uplink.capnp.h"
#include "shared/ledger/document_link.h"
#include "shared/replica/blobs.h"
#include "shared/replica/register_wire.h"
#include "shared/replica/writer.h"
#include <kj/debug.h>

namespace skerry {

// A child telling its journal, until it is answered.
using EventMarkCall =
    capnp::CallContext<schema::Uplink::EventMarkParams, schema::Uplink::EventMarkResults>;
using EventsTold = capnp::CallContext<schema::Uplink::EventsParams, schema::Uplink::EventsResults>;

// One child, as its parent keeps it between sessions.
class ChildHooks {
public:
  virtual ~ChildHooks() noexcept(false) {}
  // The child said hello; may add rows. Throws to refuse the session. Says where orders go:
  // setDownlink().
  virtual void greeted(schema::ChildHello::Reader child) = 0;
  virtual void fillHello(schema::ChildHello::Reader child, schema::ParentHello::Builder parent) = 0;
  virtual void statusChanged(const std::vector<std::string>& keys) = 0;
  virtual void localChanged() = 0;
  // The child says that it holds orders we do not know of: to be read back, then startOrders().
  virtual void mustRead() {}
  // The child holds no orders but ours: an unread document takes projections again.
  virtual void wasRead() {}
  virtual void alarm(const std::string& text) = 0;
  // The child's journal. Answered as a parent does that keeps none, unless told otherwise.
  virtual kj::Promise<void> eventMark(EventMarkCall context);
  virtual kj::Promise<void> events(EventsTold context);
  // The child gave its identity up. Resolves when that is durable.
  virtual kj::Promise<void> left() {
    KJ_UNIMPLEMENTED("who is below this tier is retired at central", "skerry delete");
  }
};

class ChildSession final : public schema::Uplink::Server, private kj::TaskSet::ErrorHandler {
public:
  struct Parts {
    Document& document;
    RegisterMirror& mirror;
    Blobs& blobs;
    Writer& writer;
    ChildHooks& hooks;
  };
  // What `parts` refers to lives until detach().
  ChildSession(Parts parts, uint64_t nonce);
  KJ_DISALLOW_COPY(ChildSession);

  // Where to send orders. Once, not later than when the child is greeted.
  void setDownlink(schema::Downlink::Client downlink) { down = kj::mv(downlink); }
  // The document's orders moved on.
  void ordersChanged();
  // What mustRead() said is settled: the child gets what it lacks.
  void startOrders();
  // The connection is over. Calls that it brought may still be ending: they find nothing here.
  void detach();
  bool wasGreeted() const { return greeted; }
  size_t stagedBytes() const { return link.stagedBytes(); }

  kj::Promise<void> ping(PingContext context) override;
  kj::Promise<void> hello(HelloContext context) override;
  kj::Promise<void> local(LocalContext context) override;
  kj::Promise<void> status(StatusContext context) override;
  kj::Promise<void> blob(BlobContext context) override;
  kj::Promise<void> leave(LeaveContext context) override;
  kj::Promise<void> eventMark(EventMarkContext context) override;
  kj::Promise<void> events(EventsContext context) override;

private:
  // Puts the step's rows with the others, then sends what it wants sent once they are durable.
  void perform(Step&& step);
  void sendOrders(Bytes message);
  void sendLocal(Bytes message);
  void requireGreeted() const;
  void taskFailed(kj::Exception&& exception) override;

  Parts parts;
  DocumentLink link;
  kj::Maybe<schema::Downlink::Client> down;
  bool greeted = false;
  kj::Own<kj::TaskSet> tasks;  // null once detached
};

}  // namespace skerry
