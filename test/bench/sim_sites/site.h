// A site without a machine: the product's own core, so all that its region sees of it is true (its
// identity, its link, its document, what it verifies and reports), on a store in memory and with
// nothing that runs. What it is told to run it reports as running.
#pragma once
#include "shared/pki/token.h"
#include "test/support/hand_store.h"
#include "tier_site/core.h"
#include "tier_site/site_journal.h"

namespace skerry {

class SimSite final : private SiteCore::Events {
public:
  // Outlives the sites it watches.
  class Watcher {
  public:
    virtual ~Watcher() noexcept(false) {}
    // Its link came up: what both ends hold was compared.
    virtual void greeted(SimSite& site) = 0;
    // What it should run is durable and reported; the answer to who told it leaves now.
    virtual void acted(SimSite& site) = 0;
  };
  // `machine` and `transport` outlive it.
  SimSite(Host& machine, const Transport& transport, Token token, Watcher& watcher);
  ~SimSite() noexcept(false);
  KJ_DISALLOW_COPY(SimSite);

  // Through its region's door for those with a token. FAILED when that is refused.
  kj::Promise<void> join();
  // Dials, and goes on dialling, as the product does after it started.
  kj::Promise<void> begin();
  // Forgets its link and what it could resume, and dials.
  void beginAnew();
  bool isOnline() const;
  // Of its dialling since it began, or began anew.
  Dialer::State dialling() const;
  // Of the intent it acts on for this application; zeros: none.
  AuthoritySeq intentOf(const TenantAndName& app) const;
  const std::string& region() const { return token.addresses[0]; }
  double actedMs = 0;  // kept by the watcher

private:
  void wanted() override;
  kj::Promise<void> logs(const InstanceId& id, schema::LogQuery::Reader query,
                         schema::LineSink::Client sink) override;
  UsageTable usage(schema::UsageQuery::Reader query) override;
  void changed() override;
  SiteJournal& journal() override { return happened; }

  kj::Own<const kj::Directory> files;
  Host host;
  const Transport& transport;
  Token token;
  Watcher& watcher;
  SiteJournal happened{host};  // never begun: what happens is told to nobody
  kj::Own<Store> store = kj::heap<HandStore>();  // the core's, once it has begun
  std::map<InstanceId, Hash> running;  // by the digest of what was rendered
  bool wasOnline = false;
  kj::Maybe<kj::Own<SiteCore>> core;
};

}  // namespace skerry
