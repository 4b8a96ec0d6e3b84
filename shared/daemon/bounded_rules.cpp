// Which calls of a bounded role are dealt with, and how those are that are about one site.
#include "shared/crypto/bytes.h"
#include "shared/daemon/bounded_admin.h"
#include <set>

namespace skerry {
namespace {

// Every method that is dealt with by itself. Others may come.
const std::set<std::string_view> KNOWN{"status", "apply", "plan",    "get",    "delete",  "logs",
                                       "why",    "changed", "usage", "events", "addUser",
                                       "removeUser"};

// Those that are about one site, or a host of one, and answer with nothing that is hidden: who may,
// and which parameters say about what.
struct SiteRule {
  std::string_view method;
  Action action;
  const char* within;  // the parameter that the others are in; null: they are the parameters
  const char* kind;    // null: always a site
  const char* name;
};
constexpr SiteRule SITE_RULES[] = {
    {"createToken", Action::ADMIT, "request", "kind", "name"},
    {"revokeToken", Action::ADMIT, nullptr, nullptr, "name"},
    {"approveHost", Action::ADMIT, nullptr, nullptr, "site"},
    {"block", Action::OPERATE, nullptr, "kind", "name"},
    {"label", Action::OPERATE, nullptr, "kind", "name"},
};

const SiteRule* siteRuleOf(std::string_view method) {
  for (auto& rule : SITE_RULES) {
    if (rule.method == method) return &rule;
  }
  return nullptr;
}

std::string wordIn(capnp::DynamicStruct::Reader from, const char* field) {
  return text(from.get(field).as<capnp::Text>());
}

}  // namespace

// What nobody thought of is denied: as a problem where the answer has room for one.
BoundedAdmin::Server::DispatchCallResult BoundedAdmin::dispatchCall(uint64_t interfaceId,
                                                                    uint16_t methodId,
                                                                    AnyContext context) {
  KJ_IF_MAYBE(method, adminMethod(interfaceId, methodId)) {
    if (auto* rule = siteRuleOf(nameOf(*method))) {
      auto params = paramsOf(*method, context);
      if (rule->within != nullptr) params = params.get(rule->within).as<capnp::DynamicStruct>();
      auto kind = rule->kind == nullptr ? "site" : wordIn(params, rule->kind);
      return {passForSite(*method, context, rule->action, kind, wordIn(params, rule->name)), false};
    }
    if (nameOf(*method) == "doctor") return {passWholeTier(*method, context), false};
    if (!KNOWN.contains(nameOf(*method))) {
      auto refusal = denied(principal, Action::ADMINISTER, place.tier);
      return {refuseAny(*method, context, refusal), false};
    }
  }
  return schema::Admin::Server::dispatchCall(interfaceId, methodId, context);
}

// What is said of the machine as a whole is for who sees all of its tier.
kj::Promise<void> BoundedAdmin::passWholeTier(AdminMethod method, AnyContext context) {
  return look().then([this, method, context](Seen&& seen) mutable {
    auto refusal = denied(principal, Action::ADMINISTER, place.tier);
    if (!seen.isWholeTier) return refuseAny(method, context, refusal);
    return passOn(tier, method, context).send().then([context](auto&& answer) mutable {
      context.getResults().set(answer);
    });
  });
}

kj::Promise<void> BoundedAdmin::passForSite(AdminMethod method, AnyContext context, Action action,
                                            std::string kind, std::string name) {
  bool isOfSite = kind == "site" || kind == "host";
  if (!isOfSite || !permitsKind(principal.role, action, kind)) {
    return refuseAny(method, context, denied(principal, action, kind));
  }
  auto site = kind == "host" ? name.substr(0, name.find('/')) : name;
  return look().then([this, method, context, kind, name, site](Seen&& seen) mutable {
    if (!seen.seesSite(site)) return refuseAny(method, context, notFound(kind, name));
    return passOn(tier, method, context).send().then([context](auto&& answer) mutable {
      context.getResults().set(answer);
    });
  });
}

}  // namespace skerry
