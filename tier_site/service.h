// The site tier at work on one host: the supervisor, which never stops healing, and the core,
// which comes and goes with its store.
#pragma once
#include "shared/daemon/admin_socket.h"
#include "shared/daemon/audit_head.h"
#include "shared/daemon/person_door.h"
#include "shared/daemon/program.h"
#include "shared/daemon/rebuilt.h"
#include "tier_site/allot.h"
#include "tier_site/core.h"
#include "tier_site/runtimes.h"
#include "tier_site/usage_sampler.h"
#include <kj/debug.h>

namespace skerry {

constexpr auto SOCKET_RETRY = 10 * kj::SECONDS;

class SiteService final : public Service, private SiteCore::Events {
public:
  // `host` and `transport` outlive it.
  SiteService(Host& host, const Transport& transport, SiteConfig config);
  ~SiteService() noexcept(false);

  // Opens the store, adopts what runs, starts what is missing, then dials: neither a network nor
  // room on the disk is needed.
  kj::Promise<void> start() override;
  kj::Promise<void> stop() override;
  std::string address() override { return listening; }
  const char* tier() const override { return "site"; }
  void measure(Exposition& to) override;
  std::vector<std::string> unready() override;
  // As its own administrator.
  schema::Admin::Client admin() { return desk.unguarded(); }

  // Null while the store is being reopened.
  kj::Maybe<SiteCore&> current() { return core.get(); }
  // What the disk does not let us do, for a person; empty when it does all.
  std::string diskTrouble();
  const SiteConfig& configuration() const { return config; }
  Supervisor& running() { return *KJ_ASSERT_NONNULL(supervisor); }
  uint64_t changeCount() const { return changes; }
  kj::Promise<void> whenChanged() { return woken.addBranch(); }
  kj::Promise<void> logs(const InstanceId& id, schema::LogQuery::Reader query,
                         schema::LineSink::Client sink) override;
  UsageTable usage(schema::UsageQuery::Reader query) override;
  SiteJournal& journal() override { return happened; }

private:
  void equip(SiteCore& opened);
  std::map<InstanceId, int> processes() const;
  std::map<InstanceId, Slot> allotted(SiteCore& opened);
  void tellAll(SiteCore& opened);
  kj::Promise<void> watchForEver();
  void want(SiteCore& opened);
  kj::Promise<void> openSocket();
  kj::Promise<void> stopCore();
  kj::Promise<void> openDoor();
  void wanted() override;
  void changed() override;

  Host& host;
  SiteConfig config;
  SiteDrivers drivers;
  RunBook book;
  SiteJournal happened;
  kj::Maybe<kj::Own<Supervisor>> supervisor;
  UsageSampler sampler;
  bool adopted = false;
  uint64_t changes = 1;
  kj::Own<kj::PromiseFulfiller<void>> wake;
  kj::ForkedPromise<void> woken = nullptr;
  Rebuilt<SiteCore> core;
  kj::Own<AuditLog> log;
  AdminDesk desk;
  PersonDoor persons;
  kj::Maybe<kj::Own<AdminSocket>> socket;
  std::string listening;  // where people come in
  kj::Promise<void> reopening = kj::READY_NOW;  // of the socket
  kj::Promise<void> watching = kj::READY_NOW;
  kj::Promise<void> opening = kj::READY_NOW;    // of the door, after the core was opened again
};

}  // namespace skerry
