// Central between two openings of its store: what is declared, its children, and who may talk to
// it. Everything here is rebuilt from the store; see shared/daemon/rebuilt.h.
#pragma once
#include "shared/daemon/child.h"
#include "shared/daemon/trusted_clock.h"
#include "shared/link/enroll.h"
#include "shared/link/listener.h"
#include "shared/replica/writer.h"
#include "tier_central/declare.h"

namespace skerry {

struct CentralConfig {
  std::string listen = "0.0.0.0:443";
  std::string advertise;  // HOST:PORT for tokens; empty: where it listens
};

class CentralCore final : private EnrollDesk, private PeerPolicy,
                          private ChildOwner {
public:
  using Failed = kj::Function<void(kj::Exception)>;
  // `host` and `transport` outlive the core. FAILED when the folder was never initialised.
  static kj::Promise<kj::Own<CentralCore>> open(Host& host, const Transport& transport,
                                                CentralConfig config, Failed failed);
  ~CentralCore() noexcept(false);
  KJ_DISALLOW_COPY(CentralCore);

  // A decision and its rows, projected into every document it touches; resolves when durable.
  kj::Promise<void> commit(Batch rows, const Touched& touched);
  void removeRegion(const std::string& name, Batch& rows);
  // A child's status or anything declared changed: wakes those who wait in changed().
  void noteChange();
  kj::Promise<void> whenChanged();

  Host& host;
  CentralConfig config;
  kj::Own<Store> store;
  Registry registry;
  Blobs blobs;
  std::unique_ptr<Signer> authority, documents;
  Identity identity;
  kj::Own<Writer> writer;
  kj::Own<AuthorityIssuer> issuer;
  kj::Own<Declarations> declarations;
  std::map<std::string, kj::Own<Child>> children;  // regions that joined
  uint64_t changes = 1;
  std::string address;  // HOST:PORT in use
  Bytes authorityEnvelope;  // kind "authority", signed by the root

private:
  CentralCore(Host& host, CentralConfig config)
      : host(host), config(std::move(config)),
        admission(host.timer, HELLOS_PER_SECOND, HELLOS_AT_ONCE) {}
  friend class CentralOpening;

  void openDoors(const Transport& transport, kj::Own<kj::ConnectionReceiver> port);
  kj::Promise<void> renewDaily(const Transport& transport);
  kj::Promise<void> serveSession(Secured peer);
  kj::Promise<EnrollAnswer> enroll(EnrollAsked asked) override;
  kj::Promise<void> addChild(const std::string& region);
  void project(Child& child, const std::set<std::string>& keys);

  void greeted(const std::string& region, schema::ChildHello::Reader hello) override;
  void fillHello(const std::string& region, schema::ParentHello::Builder hello) override;
  void statusChanged(const std::string& region, const std::vector<std::string>& keys) override;

  bool pins(const Hash& issuer) const override;
  bool ignoresDates(Door door, const Hash& leaf) const override;
  bool isRevoked(const Hash& key) const override;
  int64_t nowMs() const override { return host.clock.wallMs(); }

  Admission admission;  // of hellos: who is beyond it is told when to come back
  Hash rootKey;
  kj::Own<Handshaker> handshaker;
  kj::Own<Listener> listener;
  kj::Promise<void> renewing = kj::READY_NOW;
  kj::Own<kj::PromiseFulfiller<void>> wake;
  kj::ForkedPromise<void> woken = nullptr;
};

}  // namespace skerry
