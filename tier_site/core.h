// A site's host between two openings of its store: the document with its region, what it acts on,
// the link. What runs is the supervisor's, which lives longer.
//
// Opening reads and writes nothing, so that a full disk hides nothing of what is wanted: a machine
// that boots with one starts its applications. What opening has to write waits until begin(), and
// the link until that is on disk, since nothing leaves before.
#pragma once
#include "shared/daemon/parent.h"
#include "shared/link/listener.h"
#include "shared/daemon/people.h"
#include "shared/daemon/recovery.h"
#include "shared/daemon/renewal.h"
#include "shared/daemon/self.h"
#include "shared/daemon/usage.h"
#include "shared/link/proxy.h"
#include "tier_site/assignments.h"
#include "tier_site/head_watch.h"
#include "tier_site/render.h"
#include "tier_site/run_book.h"
#include "tier_site/site_journal.h"

namespace skerry {

constexpr auto LOCAL_LOOK_EVERY = 15 * kj::SECONDS;  // at what ends by itself

class PersonDoor;

class SiteCore final : private PeerPolicy, private ParentOwner, private Renewal::Owner {
public:
  using Failed = kj::Function<void(kj::Exception)>;
  // What the core tells its service.
  struct Events {
    virtual ~Events() noexcept(false) {}
    // What should run has changed, slots(); it is durable.
    virtual void wanted() = 0;
    virtual kj::Promise<void> logs(const InstanceId& id, schema::LogQuery::Reader query,
                                   schema::LineSink::Client sink) = 0;
    virtual UsageTable usage(schema::UsageQuery::Reader query) = 0;
    virtual void changed() = 0;
    virtual SiteJournal& journal() = 0;
  };
  // `host`, `transport` and `events` outlive the core. FAILED when the folder never joined.
  static kj::Promise<kj::Own<SiteCore>> open(Host& host, const Transport& transport,
                                             Events& events, kj::Promise<kj::Own<Store>> store,
                                             Failed failed);
  ~SiteCore() noexcept(false);
  KJ_DISALLOW_COPY(SiteCore);

  // Writes, after `quiet`, what opening found to be written; what fails is told to `failed`.
  void begin(kj::Duration quiet);
  // Dials the region, once that is on disk. Not before what runs was adopted.
  void connect();
  // Lets people in, those who have anything to do with this site; needs no upper tier. `door`
  // outlives the core.
  void receive(kj::Own<kj::ConnectionReceiver> port, PersonDoor& door);
  // Whether the disk took what opening had to write.
  bool isSettled() const { return settled; }
  // One instance moved; null: it is gone.
  void report(const InstanceId& id, kj::Maybe<Supervisor::View> view);
  // Every slot of what is wanted, before it is known whether there is room for it.
  std::map<InstanceId, Slot> slots() const;
  // What an application that was acted on runs as.
  InForce inForce(const TenantAndName& app) const;
  kj::Promise<kj::Array<kj::String>> logs(schema::LogQuery::Reader query,
                                          schema::LineSink::Client sink) override;
  kj::Promise<void> usage(UsageCall context) override;

  Host& host;
  Events& events;
  kj::Own<Store> store;
  Self self;
  Identity identity;
  Blobs blobs;
  TrustedClock clock;
  std::map<InstanceId, Run> histories;
  kj::Own<Writer> writer;
  kj::Own<Document> document;
  kj::Own<RegisterSource> registers;
  kj::Own<Assignments> assignments;
  kj::Own<HeadWatch> headWatch;
  kj::Maybe<kj::Own<Parent>> parent;
  People people;
  std::string regionName;
  // After a restore: while it awaits its parent, what runs is not ended for what a backup says.
  Recovery recovery{SELF_DOCUMENT};

private:
  SiteCore(Host& host, const Transport& transport, Events& events)
      : host(host), events(events), clock(host.clock), transport(transport) {}
  friend class SiteOpening;

  void takeHome(BytesView envelope);
  void takeHead();
  void takePeople(const std::set<std::string>& keys);
  kj::Promise<void> servePerson(Secured peer);
  kj::Promise<void> watchHead();
  // Ends what holds for a time only: local_ends.cpp.
  kj::Promise<void> watchLocal();
  void endExpired();
  void dial();
  void acted(const std::set<TenantAndName>& apps);
  void reportApp(const TenantAndName& app);
  void noteOrders(const TenantAndName& name, const Assignments::App* app);
  void reportHost();
  void takeRestored(const Restored& restored);
  void hearRegion(schema::ParentHello::Reader hello);
  void noteCaughtUp();
  void fetchMissing();
  void statusMoved();

  bool mayLead(const std::string& name) override;
  void fillHello(schema::ChildHello::Builder hello) override;
  void greeted(schema::ParentHello::Reader hello) override;
  void ordersChanged(const std::set<std::string>& keys) override;
  void blobArrived(const Hash& hash) override;
  void linkChanged() override;
  void answered(schema::Uplink::Client uplink) override {
    events.journal().answered(kj::mv(uplink));
  }
  void toldExpired() override { renewal->toldExpired(); }

  // Our certificate: certificates.cpp.
  int64_t renewalDueMs() const override { return skerry::renewalDueMs(*identity.chain[0]); }
  bool isLinkUp() const override;
  kj::Promise<RenewAnswer> askForNext() override;
  void takeNext(Renewed next) override;
  // What time it is at least, by what central signed.
  void takeTime();

  bool pins(const Hash& issuer) const override { return issuer == rootKey; }
  // Of the region that was followed: it is known by its key.
  bool ignoresDates(Door, const Hash& leaf) const override { return leaf == self.parentKey; }
  bool isRevoked(const Hash&) const override { return false; }
  // Who is not known by its key is judged by what is certain: our own clock decides about nobody.
  int64_t nowMs() const override { return clock.floor(); }
  bool knowsOnlyAFloor() const override { return true; }

  Hash rootKey;
  Bytes authorityKey;
  int64_t startedMs = 0;
  int64_t aloneSinceMs = 0;  // by the boot clock
  std::optional<VersionId> regionHolds;  // as it said in this life
  const Transport& transport;
  kj::Own<Outward> outward;  // towards the region
  kj::Own<Handshaker> handshaker;
  kj::Own<Renewal> renewal;
  PersonDoor* persons = nullptr;
  kj::Maybe<kj::Own<Listener>> listener;
  std::set<TenantAndName> unreported;  // judged anew, not yet on disk
  bool settled = false, mayDial = false;
  JournalWatch::Events untold;         // of what ended here, not yet on disk
  kj::Promise<void> settling = kj::READY_NOW, acting = kj::READY_NOW, watching = kj::READY_NOW;
  kj::Promise<void> ending = kj::READY_NOW, watchingLocal = kj::READY_NOW;
};

}  // namespace skerry
