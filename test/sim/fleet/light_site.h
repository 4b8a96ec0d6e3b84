// A site reduced to its end of the link: the product's own dialler, session, document and
// registers, over a store in memory. It runs nothing, so that thousands of them fit where ten whole
// sites do.
#pragma once
#include "shared/daemon/parent.h"
#include "shared/pki/identity.h"
#include "test/sim/fleet/fleet.h"
#include "test/support/hand_store.h"
#include "tier_region/core.h"

namespace skerry {

class LightSite final : private ParentOwner, private PeerPolicy {
public:
  // Made a member of the region by hand: its key, signed by the region's own. `machine` serves, has
  // orders for a site of this name, and outlives it, as `transport` does.
  LightSite(SimWorld& world, const Transport& transport, RegionMachine& machine, std::string name);
  ~LightSite() noexcept(false);
  KJ_DISALLOW_COPY(LightSite);

  void dial();
  // A register of its status has another value.
  void report(const std::string& key, std::string_view value);

  bool online() const { return parent.get() != nullptr && parent->online(); }
  // What each end holds of the other's half is the same.
  bool inSync();
  // Of its orders.
  VersionId version() const { return document->orders().version(); }
  uint64_t attempts() const { return parent->dialling().attempts; }
  const std::string& lastError() const { return parent->dialling().lastError; }
  const std::string name;

private:
  bool mayLead(const std::string& who) override { return who == "region:" + region.name(); }
  void fillHello(schema::ChildHello::Builder) override {}
  void greeted(schema::ParentHello::Reader hello) override;
  void ordersChanged(const std::set<std::string>&) override {}
  void blobArrived(const Hash&) override {}
  void linkChanged() override {}
  kj::Promise<kj::Array<kj::String>> logs(schema::LogQuery::Reader,
                                          schema::LineSink::Client) override {
    return kj::heapArray<kj::String>(0);
  }
  bool pins(const Hash& issuer) const override { return issuer == keyHash(*identity.root); }
  bool ignoresDates(Door, const Hash&) const override { return false; }
  bool isRevoked(const Hash&) const override { return false; }
  int64_t nowMs() const override { return clock.nowMs(); }

  RegionMachine& region;
  SimHost machine;
  TrustedClock clock{machine.host().clock};
  Identity identity;
  Bytes authority;  // central's key for statements
  HandStore store;
  Writer writer{store, [](kj::Exception) {}};
  Blobs blobs;
  RegisterSource registers{1};
  kj::Own<Document> document;
  kj::Own<Handshaker> handshaker;
  kj::Own<Parent> parent;
};

}  // namespace skerry
