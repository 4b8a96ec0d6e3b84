#include "shared/daemon/lower_admin.h"

namespace skerry {

kj::Promise<void> LowerAdmin::apply(ApplyContext context) {
  refuse(context.getResults(), {notHere(tier, "apply")});
  return kj::READY_NOW;
}

kj::Promise<void> LowerAdmin::plan(PlanContext context) {
  refuse(context.getResults(), {notHere(tier, "plan")});
  return kj::READY_NOW;
}

kj::Promise<void> LowerAdmin::delete_(DeleteContext context) {
  refuse(context.getResults(), {notHere(tier, "delete")});
  return kj::READY_NOW;
}

kj::Promise<void> LowerAdmin::createToken(CreateTokenContext context) {
  refuse(context.getResults(), {notHere(tier, "token create")});
  return kj::READY_NOW;
}

kj::Promise<void> LowerAdmin::revokeToken(RevokeTokenContext context) {
  refuse(context.getResults(), {notHere(tier, "token revoke")});
  return kj::READY_NOW;
}

kj::Promise<void> LowerAdmin::approveHost(ApproveHostContext context) {
  refuse(context.getResults(), {notHere(tier, "host approve")});
  return kj::READY_NOW;
}

kj::Promise<void> LowerAdmin::addUser(AddUserContext context) {
  bool isReset = context.getParams().getUser().getReset();
  refuse(context.getResults(), {notHere(tier, isReset ? "user reset" : "user add")});
  return kj::READY_NOW;
}

kj::Promise<void> LowerAdmin::removeUser(RemoveUserContext context) {
  refuse(context.getResults(), {notHere(tier, "user remove")});
  return kj::READY_NOW;
}

kj::Promise<void> LowerAdmin::block(BlockContext context) {
  refuse(context.getResults(),
         {notHere(tier, context.getParams().getBlocked() ? "block" : "unblock")});
  return kj::READY_NOW;
}

kj::Promise<void> LowerAdmin::label(LabelContext context) {
  refuse(context.getResults(), {notHere(tier, "label")});
  return kj::READY_NOW;
}

// Each of their documents recovers for itself, so there is nobody to do without.
kj::Promise<void> LowerAdmin::restoreConfirm(RestoreConfirmContext context) {
  refuse(context.getResults(), {notHere(tier, "restore confirm")});
  return kj::READY_NOW;
}

}  // namespace skerry
