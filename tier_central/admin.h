// Central's answer to its administrators (admin.capnp): checks, decides, answers when durable.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/daemon/rebuilt.h"
#include "shared/daemon/rollup.h"
#include "shared/daemon/views.h"
#include "shared/model/time_text.h"
#include "tier_central/core.h"
#include <kj/refcount.h>

namespace skerry {

// Somebody joined with it: a region with us, a host with its region, which has reported it.
bool isUsed(const CentralCore& core, const std::string& id, const TokenObject& token);
// Status registers of all sites, as the regions reported them. Borrows the core.
Registers registers(const CentralCore& core);
// What all regions' sites say together of each application.
Rollups rollups(const CentralCore& core);
// A line for each site that is connected, all the way, and does not have what central said in the
// last hours. A head's time is central's own, so that no clock below can hide it.
std::vector<std::string> staleSites(const CentralCore& core,
                                    const std::map<std::string, SiteSummary>& summaries);
// The age of the oldest part of what is known, Unix epoch.
int64_t oldestKnowledgeMs(const CentralCore& core);
// Since when, and why.
std::string whenAndWhy(const BlockWord& block);
// A line for each tenant, site and host that is blocked, and the command that ends it.
std::vector<std::pair<std::string, std::string>> blockedObjects(const Registry& registry);
// Nothing may be declared while what the regions hold is not known: why, or nothing.
Refusals whileRecovering(const CentralCore& core);
Refusals resolveTenant(const CentralCore& core, TenantAndName& name);

struct WhyFinding { bool good; std::string text; };
std::vector<WhyFinding> explain(const CentralCore& core, const ApplicationObject& app,
                                const TenantAndName& name, const std::string& siteName,
                                const SiteObject& site);

class CentralAdmin final : public schema::Admin::Server {
public:
  // `core` outlives this.
  CentralAdmin(Host& host, Rebuilt<CentralCore>& core) : host(host), current(core) {}

  kj::Promise<void> status(StatusContext context) override;
  kj::Promise<void> apply(ApplyContext context) override;
  kj::Promise<void> plan(PlanContext context) override;
  kj::Promise<void> get(GetContext context) override;
  kj::Promise<void> delete_(DeleteContext context) override;
  kj::Promise<void> createToken(CreateTokenContext context) override;
  kj::Promise<void> revokeToken(RevokeTokenContext context) override;
  kj::Promise<void> logs(LogsContext context) override;
  kj::Promise<void> why(WhyContext context) override;
  kj::Promise<void> changed(ChangedContext context) override;
  kj::Promise<void> doctor(DoctorContext context) override;
  kj::Promise<void> usage(UsageContext context) override;
  kj::Promise<void> approveHost(ApproveHostContext context) override;
  kj::Promise<void> events(EventsContext context) override;
  kj::Promise<void> addUser(AddUserContext context) override;
  kj::Promise<void> removeUser(RemoveUserContext context) override;
  kj::Promise<void> block(BlockContext context) override;
  kj::Promise<void> label(LabelContext context) override;
  kj::Promise<void> backup(BackupContext context) override;
  kj::Promise<void> restoreStatus(RestoreStatusContext context) override;
  kj::Promise<void> restoreConfirm(RestoreConfirmContext context) override;

private:
  // Fails OVERLOADED while the store is being reopened.
  CentralCore& core();

  kj::Promise<void> askRegion(const std::string& region, Child& child,
                              schema::EventQuery::Reader query, schema::EventSink::Client sink);

  struct Missing : kj::Refcounted { std::vector<std::string> sites; };

  Host& host;
  Rebuilt<CentralCore>& current;
};

}  // namespace skerry
