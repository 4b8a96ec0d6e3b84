// A region whose keys were stolen: everything of the real one (its certificate, its documents, its
// members) in the hands of somebody who tells sites what he likes. He cannot sign for central.
#pragma once
#include "shared/daemon/child.h"
#include "shared/daemon/parent.h"
#include "shared/ledger/order_entry.h"
#include "shared/link/listener.h"
#include "test/sim/fleet/fleet.h"
#include "tier_region/join.h"
#include "tier_region/members.h"

namespace skerry {

class HostileRegion final : private ChildOwner, private ParentOwner, private PeerPolicy {
public:
  // Takes the place of the region's daemon, which is gone. `fleet` outlives it. `identity`: what it
  // shows instead of the region's own certificate.
  HostileRegion(Fleet& fleet, RegionMachine& region, kj::Maybe<Identity> identity = nullptr);
  ~HostileRegion() noexcept(false);

  // From now on it leaves out of its greetings who central is and who commands the site.
  void sayNothing() { saysNothing = true; }
  // Follows central and hands it what its sites report, as the region did; what central says stays
  // here.
  void followCentral();
  bool isOnline(const std::string& site);
  // Of the site's orders, as told.
  Hash root(const std::string& site) { return children.at(site)->document().orders().root(); }
  // What the site's orders say now.
  OrderEntry entry(const std::string& site, const std::string& key);
  std::optional<OrderEntry> find(const std::string& site, const std::string& key);
  // A new version of the site's orders, signed as the region does. Nothing: the key goes.
  void tell(const std::string& site, const std::string& key, std::optional<OrderEntry> entry);
  void offer(const Bytes& blob);

private:
  void serve(const std::string& site);
  // Towards the sites.
  void greeted(const std::string&, schema::ChildHello::Reader) override {}
  void fillHello(const std::string& site, schema::ChildHello::Reader said,
                 schema::ParentHello::Builder hello) override;
  void statusChanged(const std::string& site, const std::vector<std::string>& keys) override;
  // Towards central.
  bool mayLead(const std::string& name) override { return name == "central"; }
  void fillHello(schema::ChildHello::Builder hello) override;
  void greeted(schema::ParentHello::Reader) override {}
  void ordersChanged(const std::set<std::string>&) override {}
  void blobArrived(const Hash&) override {}
  void linkChanged() override {}
  kj::Promise<kj::Array<kj::String>> logs(schema::LogQuery::Reader,
                                          schema::LineSink::Client) override {
    return kj::heapArray<kj::String>(0);
  }

  bool pins(const Hash& issuer) const override { return issuer == rootKey; }
  bool ignoresDates(Door, const Hash&) const override { return true; }
  bool isRevoked(const Hash&) const override { return false; }
  int64_t nowMs() const override { return host.clock.wallMs(); }

  Fleet& fleet;
  Host& host;
  bool saysNothing = false;
  kj::Own<Store> store;
  Self self;
  RegionKeys keys;
  Hash rootKey;
  Blobs blobs;
  Members members;
  kj::Own<Writer> writer;
  std::map<std::string, kj::Own<Child>> children;
  kj::Own<Handshaker> handshaker;
  kj::Own<Listener> listener;
  TrustedClock clock;
  kj::Own<Document> upward;
  kj::Own<RegisterSource> registers;
  kj::Own<Parent> parent;
};

}  // namespace skerry
