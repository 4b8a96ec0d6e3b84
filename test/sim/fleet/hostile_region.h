// A region whose keys were stolen: everything of the real one (its certificate, its documents, its
// members) in the hands of somebody who tells sites what he likes. He cannot sign for central.
#pragma once
#include "shared/daemon/child.h"
#include "shared/ledger/order_entry.h"
#include "shared/link/listener.h"
#include "test/sim/fleet/fleet.h"
#include "tier_region/join.h"
#include "tier_region/members.h"

namespace skerry {

class HostileRegion final : private ChildOwner, private PeerPolicy {
public:
  // Takes the place of the region's daemon, which is gone. `fleet` outlives it.
  HostileRegion(Fleet& fleet, RegionMachine& region);
  ~HostileRegion() noexcept(false);

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
  void greeted(const std::string&, schema::ChildHello::Reader) override {}
  void fillHello(const std::string& site, schema::ParentHello::Builder hello) override;
  void statusChanged(const std::string&, const std::vector<std::string>&) override {}
  bool pins(const Hash& issuer) const override { return issuer == rootKey; }
  bool ignoresDates(Door, const Hash&) const override { return true; }
  bool isRevoked(const Hash&) const override { return false; }
  int64_t nowMs() const override { return host.clock.wallMs(); }

  Fleet& fleet;
  Host& host;
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
};

}  // namespace skerry
