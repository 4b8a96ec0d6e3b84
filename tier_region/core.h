// A region between two openings of its store: the document from central, the documents of its
// sites, and the links to both sides. Everything here is rebuilt from the store.
#pragma once
#include "shared/daemon/changes.h"
#include "shared/daemon/child.h"
#include "shared/daemon/event_desk.h"
#include "shared/daemon/front_door.h"
#include "shared/daemon/parent.h"
#include "shared/daemon/problems.h"
#include "shared/daemon/people.h"
#include "shared/daemon/recovery.h"
#include "shared/daemon/renewal.h"
#include "shared/daemon/rollup.h"
#include "shared/daemon/self.h"
#include "shared/link/proxy.h"
#include "tier_region/assign.h"
#include "tier_region/head_relay.h"
#include "tier_region/members.h"
#include "tier_region/pending.h"

namespace skerry {

class AuditLog;
class PersonDoor;

struct RegionConfig {
  std::string listen = "0.0.0.0:443";
  std::string advertise;  // HOST:PORT for its sites; empty: where it listens
};

class RegionCore final : private EnrollDesk, private RenewDesk, private Renewal::Owner,
                         private PeerPolicy, private ChildOwner, private ParentOwner {
public:
  using Failed = kj::Function<void(kj::Exception)>;
  // References outlive the core. FAILED when the folder never joined.
  static kj::Promise<kj::Own<RegionCore>> open(Host& host, const Transport& transport,
                                               RegionConfig config, Chronicle& chronicle,
                                               Failed failed);
  ~RegionCore() noexcept(false);
  KJ_DISALLOW_COPY(RegionCore);

  kj::Promise<kj::Array<kj::String>> logs(schema::LogQuery::Reader query,
                                          schema::LineSink::Client sink) override;
  kj::Promise<void> usage(UsageCall context) override;
  // Lets in, by an unused token of the site that central gave us, a host that waits; empty when it
  // did, otherwise why not. Resolves when that is durable.
  kj::Promise<Refusals> approve(const std::string& id, const std::string& site,
                                const std::string& name);
  // Of each application, what its sites here say of it.
  Rollups rollups();
  // What happened here and at the sites that the query means.
  kj::Promise<void> answerQuery(schema::EventQuery::Reader query, schema::EventSink::Client sink);

  // Where people come in, from now on; outlives the core. Without one nobody does.
  void receive(PersonDoor& door) { persons = &door; }
  // Where it is recorded who joined and who left, from now on; outlives the core.
  void recordTo(AuditLog& log) { audit = &log; }

  Host& host;
  RegionConfig config;
  Chronicle& chronicle;
  kj::Own<Store> store;
  Self self;
  Identity identity;
  Blobs blobs;
  Members members;
  Pending pending;
  People people;  // whose scope touches this region
  TrustedClock clock;
  kj::Own<Writer> writer;
  kj::Own<Document> upward;  // the document with central
  kj::Own<RegisterSource> registers;
  kj::Own<Assigner> assigner;
  std::map<std::string, kj::Own<Child>> children;  // by site: those with a home here
  kj::Own<Parent> parent;
  std::string address;  // HOST:PORT in use
  Changes changes;  // of anything shown
  kj::Own<HeadRelay> headRelay;
  Recovery recovery{SELF_DOCUMENT};

private:
  RegionCore(Host& host, const Transport& transport, RegionConfig config, Chronicle& chronicle)
      : host(host), config(std::move(config)), chronicle(chronicle), pending(host.timer),
        clock(host.clock), transport(transport), eventDesk(host.timer, chronicle),
        counting(chronicle, [this](const std::string&, const std::vector<Event>& events) {
          for (auto& event : events) hour.add(event, this->host.clock.wallMs());
        }) {}
  friend class RegionOpening;

  void openDoor(kj::Own<kj::ConnectionReceiver> port);
  kj::Promise<void> serveSession(Secured peer);
  // Projects what the central document says into the sites' documents it touches.
  void project(const Assigner::TouchedKeys& touched);
  void projectInto(Child& child, const std::set<std::string>& keys);
  void projectAll(Child& child);
  Authorship authorOf(const std::string& site) const {
    return {assigner->sites().at(site).homeGen, era, *documents};
  }
  void addChild(const std::string& site, kj::Own<Document> document);
  // This database is a backup: restored.cpp. Nothing goes down before central said what it wants
  // now, and to a site not before it showed what it holds.
  void takeRestored(const Restored& restored);
  void beginEra(uint64_t above);
  void hearCentral(schema::ParentHello::Reader hello);
  void noteCaughtUp();
  void endInherited(const std::string& site);
  void forgetChildren(const std::string& except);
  void adopt(const std::string& site, const Orders& shown);
  std::multiset<Hash> arriving;  // blobs of sites that are read back: of no orders yet
  // A host that joined after the backup was taken, known by the certificate that we gave it.
  const Members::Member* takeBack(const PeerIdentity& peer);
  void learnNumber(const std::string& site, uint32_t number);
  kj::Promise<void> addMissingChildren();
  kj::Promise<void> openMissingChildren();
  std::set<std::string> unopened;  // sites that may have a home here and have no child yet
  void dropChild(const std::string& site);
  void fetchMissing(const Orders::Stored& entry);
  void sweepBlobs();
  void reportLink(const std::string& site);
  // Of applications of a site: those that are left out are told by us, the others by the site.
  void reportApps(const std::string& site, const std::set<std::string>& keys);
  // Hosts that central blocked have no session.
  void endBlocked(const std::string& site);
  const BlockWord* blockOf(const Members::Member& member) const;  // null: not blocked
  // Of a token: that it was used, and by which host of the site.
  void reportUses();
  void reportUse(const std::string& token, const std::string& site, const std::string& host);

  // Of the orders, as they are now.
  void takePeople(const std::set<std::string>& keys);

  // What time it is at least, by what central signed.
  void takeTime();

  kj::Promise<EnrollAnswer> enroll(EnrollAsked asked) override;
  static EnrollRefused siteNotHere(const std::string& site);
  static EnrollRefused badHostName(const std::string& name);
  void admit(const std::string& token, const Hash& device, Members::Member member);
  kj::Promise<EnrollAnswer> grant(EnrollAsked asked);
  // Hosts without a token: home_desk.cpp.
  kj::Promise<EnrollAnswer> callHome(EnrollAsked asked);
  void noteCall(const Pending::Caller& caller);
  kj::Promise<void> forgetCallers();
  void noLongerPending(const std::string& id);
  std::string unusedToken(const std::string& site, const std::string& host);
  // The certificates of our sites, and our own: renew_desk.cpp.
  RenewAnswer renew(RenewAsked asked) override;
  Renewed certify(const Members::Member& member, EVP_PKEY& device);
  bool canIssue() const { return clock.nowMs() < validity(*caChain[0]).untilMs; }
  int64_t renewalDueMs() const override { return skerry::renewalDueMs(*caChain[0]); }
  bool isLinkUp() const override { return parent->online(); }
  kj::Promise<RenewAnswer> askForNext() override;
  void takeNext(Renewed next) override;

  // Towards the sites.
  void greeted(const std::string& site, schema::ChildHello::Reader hello) override;
  void fillHello(const std::string& site, schema::ChildHello::Reader said,
                 schema::ParentHello::Builder hello) override;
  void statusChanged(const std::string& site, const std::vector<std::string>& keys) override;
  kj::Promise<void> left(const std::string& site) override;
  kj::Promise<void> eventMark(const std::string& site, EventMarkCall context) override;
  kj::Promise<void> events(const std::string& site, EventsTold context) override;
  kj::Promise<void> events(EventsCall context) override;
  // About the region itself; of a site where one is named.
  void note(const char* kind, EventSeverity severity, std::string what,
            const std::string& site = "");
  void noteSite(const std::string& site, bool isOnline);
  void reportRollups();
  kj::Promise<void> rollUpForEver();
  Bytes documentKey() const override { return documents->publicKey(); }
  kj::Promise<void> shown(const std::string& site, const Orders& shown) override;
  void wasRead(const std::string& site) override;
  // Towards central.
  bool mayLead(const std::string& name) override { return name == "central"; }
  void fillHello(schema::ChildHello::Builder hello) override;
  void greeted(schema::ParentHello::Reader hello) override;
  void ordersChanged(const std::set<std::string>& keys) override;
  void blobArrived(const Hash&) override {}
  void linkChanged() override;
  void toldExpired() override { renewal->toldExpired(); }

  bool pins(const Hash& issuer) const override { return issuer == rootKey; }
  bool ignoresDates(Door door, const Hash& leaf) const override;
  bool isRevoked(const Hash& key) const override;
  int64_t nowMs() const override { return clock.nowMs(); }

  Hash rootKey;
  PersonDoor* persons = nullptr;
  AuditLog* audit = nullptr;
  void record(const char* action, const Members::Member& member, std::string text = "");
  uint64_t era = 0;
  bool isRestored = false;  // while opening
  std::optional<VersionId> centralHolds;  // as it said in this life
  int64_t startedMs = 0;
  OwnKey caKey;
  std::vector<OwnCert> caChain;
  std::unique_ptr<Signer> documents;
  const Transport& transport;
  kj::Own<Outward> outward;  // towards central
  EventDesk eventDesk;
  HourCounts hour;
  Chronicle::Follower counting;
  std::set<std::string> onlineNoted;  // sites
  kj::Own<FrontDoor> door;
  kj::Own<Renewal> renewal;
  kj::Promise<void> adding = kj::READY_NOW, forgetting = kj::READY_NOW;
  kj::Promise<void> rollingUp = kj::READY_NOW;
  kj::Canceler asking;  // who asks what happened
};

}  // namespace skerry
