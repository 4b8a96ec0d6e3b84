// Letting regions and hosts in: tokens.
#include "shared/model/time_text.h"
#include "shared/pki/token.h"
#include "tier_central/admin.h"
#include "tier_central/orders.h"

namespace skerry {
namespace {

Refusal noAddress(const std::string& region) {
  Refusal refusal;
  refusal.code = 6;
  refusal.reason = "no-region-address";
  refusal.message = "region '" + region + "' has not said yet where its sites reach it";
  refusal.hint = "start it and wait until it is online, then ask again";
  refusal.next = "skerry wait region " + region + " --for online";
  return refusal;
}

Refusal badLife() {
  Refusal refusal;
  refusal.reason = "ttl-too-long";
  refusal.message = "a token is good for a year at most, and for some time at least";
  refusal.hint = "whoever finds a token can join with it: give it days, and make another when it "
                 "is needed";
  return refusal;
}

std::string commandOf(const std::string& kind, const std::string& token) {
  return "skerry-" + kind + " join " + token;
}

}  // namespace

kj::Promise<void> CentralAdmin::createToken(CreateTokenContext context) {
  auto& core = this->core();
  auto request = context.getParams().getRequest();
  auto kind = text(request.getKind()), name = text(request.getName());
  auto results = context.getResults();
  auto refused = [&](Refusal refusal) {
    refuse(results, {std::move(refusal)});
    return kj::Promise<void>(kj::READY_NOW);
  };
  // A region may have to be told where central is now, to be heard at all.
  auto waiting = whileRecovering(core);
  if (!waiting.empty() && kind != "region") return refused(waiting[0]);
  if (request.getTtlMs() < 0 || request.getTtlMs() > TOKEN_LIFE_MS_MAX) return refused(badLife());
  Token token;
  Batch rows;
  if (kind == "region") {
    auto region = core.registry.regions.find(name);
    if (region == core.registry.regions.end()) return refused(notFound("region", name));
    token.kind = TokenKind::REGION;
    token.addresses = {core.config.advertise.empty() ? core.address : core.config.advertise};
    if (region->second.number == 0) {
      region->second.number = core.registry.nextNumber(rows);
      core.registry.saveRegion(name, rows);
    }
    token.writer = region->second.number;
  } else {
    auto site = core.registry.sites.find(name);
    if (site == core.registry.sites.end()) return refused(notFound("site", name));
    auto& address = core.registry.regions[site->second.region].address;
    if (address.empty()) return refused(noAddress(site->second.region));
    token.kind = TokenKind::SITE;
    token.addresses = {address};
    token.writer = core.registry.nextNumber(rows);
    token.host = text(request.getHost());
  }
  token.rootKey = keyHash(*core.identity.root);
  token.name = name;
  token.id = newTokenId(host.entropy);
  token.secret = newTokenSecret(host.entropy);
  token.expiresMs = host.clock.wallMs() +
                    (request.getTtlMs() > 0 ? request.getTtlMs() : TOKEN_LIFE_MS);
  TokenObject object;
  object.kind = kind == "region" ? "region" : "site";
  object.name = name;
  object.host = token.host;
  object.number = token.writer;
  object.secretHash = sha256(view(token.secret));
  object.expiresMs = token.expiresMs;
  object.seq = core.registry.nextSeq(rows);
  core.registry.tokens[token.id] = object;
  core.registry.saveToken(token.id, rows);
  Touched touched;
  if (object.kind == "site") touched.in(core.registry.sites[name].region, tokenKey(token.id));
  auto written = formatToken(token);
  auto grant = results.initToken();
  grant.setToken(written);
  grant.setCommand(commandOf(object.kind, written));
  grant.setExpires(printTime(token.expiresMs));
  return core.commit(kj::mv(rows), touched);
}

kj::Promise<void> CentralAdmin::revokeToken(RevokeTokenContext context) {
  auto& core = this->core();
  auto name = text(context.getParams().getName());
  auto waiting = whileRecovering(core);
  if (!waiting.empty()) {
    refuse(context.getResults(), waiting);
    return kj::READY_NOW;
  }
  Batch rows;
  Touched touched;
  bool any = false;
  for (auto& [id, token] : core.registry.tokens) {
    if (token.name != name && id != name) continue;
    any = true;
    if (token.revoked || isUsed(core, id, token)) continue;
    token.revoked = true;
    token.seq = core.registry.nextSeq(rows);
    core.registry.saveToken(id, rows);
    if (token.kind == "site") touched.in(core.registry.sites[token.name].region, tokenKey(id));
  }
  if (!any) {
    refuse(context.getResults(), {notFound("token", name)});
    return kj::READY_NOW;
  }
  return core.commit(kj::mv(rows), touched);
}

}  // namespace skerry
