// The parent (central for a region, the region for a site), as a child sees it: dialled for ever,
// greeted, followed.
#pragma once
#include "shared/daemon/trusted_clock.h"
#include "shared/link/dialer.h"
#include "shared/link/session.h"
#include "shared/replica/parent_session.h"

namespace skerry {

// What the tier does about its parent. Outlives it.
class ParentOwner {
public:
  virtual ~ParentOwner() noexcept(false) {}
  // Whether one whose certificate gives it this name (`central`, `region:north`) may be our parent.
  virtual bool mayLead(const std::string& name) = 0;
  virtual void fillHello(schema::ChildHello::Builder hello) = 0;
  // Throws when the parent has no right to command us: then it is not followed.
  virtual void greeted(schema::ParentHello::Reader hello) = 0;
  // Before they are durable: see ParentHooks.
  virtual void ordersChanged(const std::set<std::string>& keys) = 0;
  virtual void blobArrived(const Hash& hash) = 0;
  // The link came up or went down.
  virtual void linkChanged() = 0;
  // The parent says that our certificate has ended (chain.h, TOLD_EXPIRED).
  virtual void toldExpired() {}
  virtual kj::Promise<kj::Array<kj::String>> logs(schema::LogQuery::Reader query,
                                                  schema::LineSink::Client sink) = 0;
  // What things use here and below. Answered as by a tier that measures nothing, unless told
  // otherwise.
  virtual kj::Promise<void> usage(UsageCall context);
  // What happened here and below. The same.
  virtual kj::Promise<void> events(EventsCall context);
  // The link came up: what else there is to say to the parent goes through this, until
  // linkChanged() says that it is down.
  virtual void answered(schema::Uplink::Client) {}
};

class Parent final : private ParentHooks {
public:
  struct Parts {
    Host& host;
    Handshaker& handshaker;
    Document& document;
    RegisterSource& registers;
    Blobs& blobs;
    Writer& writer;
    ParentOwner& owner;
    TrustedClock& clock;
  };
  Parent(Parts parts, std::vector<std::string> addresses);
  ~Parent() noexcept(false);
  KJ_DISALLOW_COPY(Parent);

  // For connections from now on: our certificate was renewed.
  void use(Handshaker& renewed) { dialer->use(renewed); }
  // At once, instead of when its turn comes: what kept us out is over.
  void dialNow() { dialer->kick(); }
  void statusChanged();
  void localChanged();
  void fetch(const Hash& hash);

  bool online() const { return up; }
  int64_t sinceMs() const { return changedMs; }  // when it went up or down, or since the start
  // As its certificate names it; empty before the first contact.
  const std::string& getName() const { return name; }
  // The device key it proved; zeros before the first contact.
  const Hash& getKey() const { return key; }
  const Dialer::State& dialling() const { return dialer->state(); }

private:
  kj::Promise<kj::String> follow(Secured peer);
  void setUp(bool isUp);
  void close();
  void fillHello(schema::ChildHello::Builder child) override;
  void greeted(schema::ParentHello::Reader parent) override;
  void ordersChanged(const std::set<std::string>& keys) override;
  void blobArrived(const Hash& hash) override;
  kj::Promise<kj::Array<kj::String>> logs(schema::LogQuery::Reader query,
                                          schema::LineSink::Client sink) override;
  kj::Promise<void> usage(UsageCall context) override;
  kj::Promise<void> events(EventsCall context) override;
  void alarm(const std::string& text) override;

  Parts parts;
  std::string name;
  Hash key;
  bool up = false;
  int64_t changedMs;
  LinkLimits limits;
  kj::Maybe<schema::Downlink::Client> ours;
  kj::Maybe<kj::Own<Session>> session;
  ParentSession* server = nullptr;  // owned by `ours`
  kj::Own<Dialer> dialer;           // last: it calls follow()
};

}  // namespace skerry
