// The Admin of a role that is bounded: a tier's own Admin, behind a check of every call and without
// whatever the role does not see. What is not named here is denied, later methods included.
#pragma once
#include "shared/daemon/any_call.h"
#include "shared/daemon/problems.h"
#include "shared/daemon/seen.h"

namespace skerry {

class BoundedAdmin final : public schema::Admin::Server {
public:
  BoundedAdmin(schema::Admin::Client tier, AdminPlace place, Principal principal)
      : tier(kj::mv(tier)), place(std::move(place)), principal(std::move(principal)) {}

  kj::Promise<void> status(StatusContext context) override;
  kj::Promise<void> apply(ApplyContext context) override;
  kj::Promise<void> plan(PlanContext context) override;
  kj::Promise<void> get(GetContext context) override;
  kj::Promise<void> delete_(DeleteContext context) override;
  kj::Promise<void> logs(LogsContext context) override;
  kj::Promise<void> why(WhyContext context) override;
  kj::Promise<void> changed(ChangedContext context) override;
  kj::Promise<void> usage(UsageContext context) override;
  kj::Promise<void> events(EventsContext context) override;
  kj::Promise<void> addUser(AddUserContext context) override;
  kj::Promise<void> removeUser(RemoveUserContext context) override;

  DispatchCallResult dispatchCall(uint64_t interfaceId, uint16_t methodId,
                                  AnyContext context) override;

private:
  bool isOfTenant() const { return principal.scope.of == Scope::Of::TENANT; }
  kj::Promise<Seen> look() { return lookAround(tier, place, principal); }
  // A change to one site or host, passed on to who may and sees it.
  kj::Promise<void> passWholeTier(AdminMethod method, AnyContext context);
  kj::Promise<void> passForSite(AdminMethod method, AnyContext context, Action action,
                                std::string kind, std::string name);
  Refusals checkManifests(capnp::List<schema::Manifest>::Reader manifests) const;
  Refusals checkSet(capnp::Text::Reader set) const;
  // Of lines or numbers: no more than the role sees.
  template <typename Query>
  void narrow(Query query) const {
    if (isOfTenant()) query.setTenant(principal.scope.name);
    if (principal.scope.of == Scope::Of::REGION) query.setRegion(principal.scope.name);
  }
  // Why lines or numbers of this cannot be had; the question is about `site` and `app`.
  Refusals checkReading(const Seen& seen, const std::string& site, const std::string& app) const;

  schema::Admin::Client tier;
  const AdminPlace place;
  const Principal principal;
};

}  // namespace skerry
