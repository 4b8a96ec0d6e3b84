// What every tier below central answers alike: declaring and admitting are central's, and the way
// out is said.
#pragma once
#include "shared/daemon/problems.h"

namespace skerry {

class LowerAdmin : public schema::Admin::Server {
public:
  // `tier`: region or site, as people say it; a literal.
  explicit LowerAdmin(const char* tier) : tier(tier) {}

  kj::Promise<void> apply(ApplyContext context) final;
  kj::Promise<void> plan(PlanContext context) final;
  kj::Promise<void> delete_(DeleteContext context) final;
  kj::Promise<void> createToken(CreateTokenContext context) final;
  kj::Promise<void> revokeToken(RevokeTokenContext context) final;
  kj::Promise<void> approveHost(ApproveHostContext context) override;
  kj::Promise<void> addUser(AddUserContext context) final;
  kj::Promise<void> removeUser(RemoveUserContext context) final;
  kj::Promise<void> block(BlockContext context) final;
  kj::Promise<void> label(LabelContext context) final;
  kj::Promise<void> restoreConfirm(RestoreConfirmContext context) final;

private:
  const char* tier;
};

}  // namespace skerry
