// Letting a host in by its identity, before or after it called home: a token that its key stands in
// for.
#include "shared/model/name_check.h"
#include "shared/pki/host_id.h"
#include "shared/pki/token.h"
#include "tier_central/admin.h"
#include "tier_central/orders.h"

namespace skerry {
namespace {

Refusal noIdentity(const std::string& id) {
  Refusal refusal;
  refusal.reason = "id-malformed";
  refusal.message = "'" + id + "' is no identity of a host";
  refusal.hint = "it has " + std::to_string(HOST_ID_DIGITS) + " digits of 0-9a-f; on the host: "
                 "skerry-site id";
  refusal.next = "skerry get pending";
  return refusal;
}

Refusal approvedElsewhere(const std::string& id, const std::string& site) {
  Refusal refusal;
  refusal.code = 6;
  refusal.reason = "approved-elsewhere";
  refusal.message = "host " + id + " was let in for site '" + site + "'";
  refusal.hint = "take that back, or, if it joined already, on the host: skerry-site leave";
  refusal.next = "skerry token revoke " + id;
  return refusal;
}

Refusal noHostName(const std::string& name) {
  Refusal refusal;
  refusal.reason = "invalid";
  refusal.message = "`" + name + "` is no name of a host";
  refusal.hint = NAME_HINT;
  return refusal;
}

}  // namespace

kj::Promise<void> CentralAdmin::approveHost(ApproveHostContext context) {
  auto& core = this->core();
  auto params = context.getParams();
  auto id = text(params.getId()), site = text(params.getSite());
  auto refused = [&](Refusal refusal) {
    refuse(context.getResults(), {std::move(refusal)});
    return kj::Promise<void>(kj::READY_NOW);
  };
  auto waiting = whileRecovering(core);
  if (!waiting.empty()) return refused(waiting[0]);
  if (!isHostId(id)) return refused(noIdentity(id));
  auto declared = core.registry.sites.find(site);
  if (declared == core.registry.sites.end()) return refused(notFound("site", site));
  auto before = core.registry.tokens.find(id);
  bool isKnown = before != core.registry.tokens.end() && !before->second.revoked;
  if (isKnown && before->second.name != site) {
    return refused(approvedElsewhere(id, before->second.name));
  }
  auto name = text(params.getName());
  if (!name.empty() && !isName(name)) return refused(noHostName(name));
  Batch rows;
  TokenObject object;
  if (isKnown) object = before->second;
  object.kind = "site";
  object.name = site;
  if (!name.empty()) object.host = name;
  if (!isKnown) object.number = core.registry.nextNumber(rows);
  object.callsHome = true;
  object.expiresMs = host.clock.wallMs() + TOKEN_LIFE_MS_MAX;
  object.seq = core.registry.nextSeq(rows);
  core.registry.tokens[id] = object;
  core.registry.saveToken(id, rows);
  Touched touched;
  touched.in(declared->second.region, tokenKey(id));
  return core.commit(kj::mv(rows), touched);
}

}  // namespace skerry
