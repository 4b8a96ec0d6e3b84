// The child's end of one session with its parent: says hello, takes the orders, sends its half of
// the document and its status. The tier decides what they mean, through ParentHooks.
#pragma once
#include "capnp/uplink.capnp.h"
#include "shared/ledger/document_link.h"
#include "shared/replica/blobs.h"
#include "shared/replica/register_wire.h"
#include "shared/replica/writer.h"
#include <kj/timer.h>
#include <deque>

namespace skerry {

constexpr unsigned BLOB_FETCHES_MAX = 4;      // at once
constexpr auto BLOB_RETRY = 1 * kj::SECONDS;  // for what the parent has not got yet either
constexpr unsigned STATUS_ATTEMPTS_MAX = 3;   // in a row, of everything, until the next change

// A parent's question what things use here and below, until it is answered.
using UsageCall = capnp::CallContext<schema::Downlink::UsageParams, schema::Downlink::UsageResults>;

// A parent's question what happened here and below, until it is answered.
using EventsCall =
    capnp::CallContext<schema::Downlink::EventsParams, schema::Downlink::EventsResults>;

class ParentHooks {
public:
  virtual ~ParentHooks() noexcept(false) {}
  virtual void fillHello(schema::ChildHello::Builder child) = 0;
  // The parent answered: checks its right to command and says whom to trust (Document::trust); may
  // add rows. Throws to end the session.
  virtual void greeted(schema::ParentHello::Reader parent) = 0;
  // These keys of the orders changed. Called before they are durable, so that what follows from
  // them can join the same transaction.
  virtual void ordersChanged(const std::set<std::string>& keys) = 0;
  virtual void blobArrived(const Hash& hash) = 0;
  virtual kj::Promise<kj::Array<kj::String>> logs(schema::LogQuery::Reader query,
                                                  schema::LineSink::Client sink) = 0;
  // Answered as a child does that measures nothing, unless told otherwise.
  virtual kj::Promise<void> usage(UsageCall context);
  // Answered as a child does that has nobody below, unless told otherwise.
  virtual kj::Promise<void> events(EventsCall context);
  virtual void alarm(const std::string& text) = 0;
};

class ParentSession final : public schema::Downlink::Server, private kj::TaskSet::ErrorHandler {
public:
  struct Parts {
    Document& document;
    RegisterSource& registers;
    Blobs& blobs;
    Writer& writer;
    ParentHooks& hooks;
    kj::Timer& timer;
  };
  // What `parts` refers to lives until detach().
  ParentSession(Parts parts, uint64_t nonce);
  KJ_DISALLOW_COPY(ParentSession);

  // Resolves once the parent has answered; then the link is up.
  kj::Promise<void> greet(schema::Uplink::Client uplink);
  // The connection is over. Calls that it brought may still be ending: they find nothing here.
  void detach();
  void localChanged();
  void statusChanged();
  // Asks for a blob that the orders refer to until it is here or the session ends.
  void fetch(const Hash& hash);

  kj::Promise<void> ping(PingContext context) override;
  kj::Promise<void> orders(OrdersContext context) override;
  kj::Promise<void> local(LocalContext context) override;
  kj::Promise<void> logs(LogsContext context) override;
  kj::Promise<void> usage(UsageContext context) override;
  kj::Promise<void> events(EventsContext context) override;
  kj::Promise<void> readBack(ReadBackContext context) override;
  kj::Promise<void> blob(BlobContext context) override;

private:
  void perform(Step&& step);
  kj::Promise<kj::Maybe<Bytes>> answer(Step&& step);
  void sendLocal(Bytes message);
  kj::Promise<void> pumpStatus();
  void startFetches();
  kj::Promise<void> fetchFrom(Hash hash, Bytes got);
  void taskFailed(kj::Exception&& exception) override;

  Parts parts;
  DocumentLink link;
  kj::Maybe<schema::Uplink::Client> up;
  bool greeted = false;
  kj::Own<kj::PromiseFulfiller<void>> greeting;
  kj::ForkedPromise<void> whenGreeted = nullptr;
  bool statusKnown = false;  // the parent holds what was there when `statusSent` was the newest
  uint64_t statusSent = 0;
  unsigned statusDisagreements = 0;
  bool pumping = false;
  std::set<Hash> wanted;     // blobs queued, on their way, or to be asked for again
  std::deque<Hash> queued;
  unsigned fetching = 0;
  kj::Own<kj::TaskSet> tasks;  // null once detached
};

}  // namespace skerry
