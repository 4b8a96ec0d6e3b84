// Central between two openings of its store: what is declared, its children, and who may talk to
// it. Everything here is rebuilt from the store; see shared/daemon/rebuilt.h.
#pragma once
#include "shared/daemon/changes.h"
#include "shared/daemon/child.h"
#include "shared/daemon/front_door.h"
#include "shared/journal/chronicle.h"
#include "shared/daemon/recovery.h"
#include "shared/daemon/trusted_clock.h"
#include "shared/replica/writer.h"
#include "tier_central/declare.h"
#include "tier_central/heads.h"

namespace skerry {

class AuditLog;
class PersonDoor;
constexpr uint64_t CENTRAL_HOME_GEN = 1;  // regions do not move

struct CentralConfig {
  std::string listen = "0.0.0.0:443";
  std::string advertise;  // HOST:PORT for tokens; empty: where it listens
};

class Adoption;

class CentralCore final : private EnrollDesk, private RenewDesk, private PeerPolicy,
                          private ChildOwner {
public:
  using Failed = kj::Function<void(kj::Exception)>;
  // References outlive the core. FAILED when the folder was never initialised.
  static kj::Promise<kj::Own<CentralCore>> open(Host& host, const Transport& transport,
                                                CentralConfig config, Chronicle& chronicle,
                                                Failed failed);
  ~CentralCore() noexcept(false);
  KJ_DISALLOW_COPY(CentralCore);

  // A decision and its rows, projected into every document it touches; resolves when durable.
  kj::Promise<void> commit(Batch rows, const Touched& touched);
  void removeRegion(const std::string& name, Batch& rows);
  // By which who has no token knows this fleet: the hash of the root's key.
  std::string rootPin() const { return rootKey.hex(); }
  // Signs for the person, whose key before, if there was one, is worth nothing from then on.
  void letIn(Person person, Batch& rows, Touched& touched);
  // The person's certificate, then the root's.
  std::vector<OwnCert> certifyPerson(const std::string& id, EVP_PKEY& key);
  bool isRevokedKey(const Hash& key) const { return registry.revoked.contains(key); }
  // Where people come in, from now on; outlives the core. Without one nobody does.
  void receive(PersonDoor& door) { persons = &door; }
  // Where it is recorded who joined and who left, from now on; outlives the core.
  void recordTo(AuditLog& log) { audit = &log; }
  // After a restore: regions whose orders were not read back and that nobody wrote off. While there
  // are any, nothing may be declared.
  std::vector<std::string> awaited() const;
  // From now on it is not waited for; when it comes, it is read all the same.
  kj::Promise<void> writeOff(const std::string& region);

  Host& host;
  CentralConfig config;
  Chronicle& chronicle;
  std::string fleet;  // its name
  kj::Own<Store> store;
  Registry registry;
  Blobs blobs;
  std::unique_ptr<Signer> authority, documents;
  Identity identity;
  TrustedClock clock;
  kj::Own<Writer> writer;
  kj::Own<AuthorityIssuer> issuer;
  kj::Own<Declarations> declarations;
  std::map<std::string, kj::Own<Child>> children;  // regions that joined
  Changes changes;  // of a child's status, or of anything declared
  std::string address;  // HOST:PORT in use
  Bytes authorityEnvelope;  // kind "authority", signed by the root
  Recovery recovery{CENTRAL_DOCUMENT};

private:
  CentralCore(Host& host, CentralConfig config, Chronicle& chronicle)
      : host(host), config(std::move(config)),
        chronicle(chronicle), clock(host.clock) {}
  friend class CentralOpening;

  void openDoor(const Transport& transport, kj::Own<kj::ConnectionReceiver> port);
  kj::Promise<void> serveSession(Secured peer);
  kj::Promise<EnrollAnswer> enroll(EnrollAsked asked) override;
  RenewAnswer renew(RenewAsked asked) override;
  RenewAnswer renewPerson(const Person& person, const RenewAsked& asked);
  // `ca`: the key it issues with; null: none is asked for.
  Renewed certify(const std::string& region, EVP_PKEY& device, EVP_PKEY* ca);
  const std::string* regionOf(const Hash& device) const;  // null: no region joined with this key
  bool canIssue() const { return nowMs() < validity(*identity.root).untilMs; }
  // `isUnread`: it may hold what we do not know of.
  kj::Promise<void> addChild(const std::string& region, bool isUnread);
  void project(Child& child, const std::set<std::string>& keys);
  void noteRegion(const std::string& region, bool isOnline);
  void projectAll(Child& child);
  Authorship authorship() const { return {CENTRAL_HOME_GEN, registry.getEra(), *documents}; }
  // This database is a backup: a new era, and every document to be read: restored.cpp.
  void takeRestored(const Restored& restored);
  void beginEra(uint64_t above);
  // A region that joined after the backup was taken, known by the certificate that we gave it.
  bool mayReturn(const PeerIdentity& peer) const;
  kj::Promise<void> takeBack(const PeerIdentity& peer);
  void learnKeys(const std::string& region, schema::ChildHello::Reader hello);
  void forgetChildren(const std::string& except);
  // A region that was not read yet may still hold what is deleted meanwhile.
  void rememberEnded(const Touched& touched, Batch& rows);
  // Once nobody is awaited: what no region could say alone.
  void settleRestore();
  void adopt(const std::string& region, const Orders& shown, Adoption& adoption);
  Bytes documentKey() const override { return documents->publicKey(); }
  kj::Promise<void> shown(const std::string& region, const Orders& shown) override;
  void wasRead(const std::string& region) override;
  kj::Promise<void> signHead(const std::string& region);

  void greeted(const std::string& region, schema::ChildHello::Reader hello) override;
  void fillHello(const std::string& region, schema::ChildHello::Reader said,
                 schema::ParentHello::Builder hello) override;
  void statusChanged(const std::string& region, const std::vector<std::string>& keys) override;

  bool pins(const Hash& issuer) const override { return issuer == rootKey; }
  bool ignoresDates(Door door, const Hash& leaf) const override;
  bool isRevoked(const Hash& key) const override { return registry.revoked.contains(key); }
  int64_t nowMs() const override { return clock.nowMs(); }

  void sweepPersons();

  Hash rootKey;
  std::set<std::string> onlineNoted;  // regions
  PersonDoor* persons = nullptr;
  AuditLog* audit = nullptr;
  kj::Own<FrontDoor> door;
  kj::Own<Heads> heads;
};

}  // namespace skerry
