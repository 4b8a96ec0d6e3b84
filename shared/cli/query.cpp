#include "shared/cli/query.h"
#include <set>

namespace skerry {

Failure ambiguous(const Named& named, const std::vector<PlainValue>& found) {
  std::set<std::string> tenants, sites;
  for (auto& item : found) {
    tenants.insert(item.find("tenant")->text);
    sites.insert(statusText(item, "site"));
  }
  bool isOfTenants = tenants.size() > 1;
  std::string owners;
  for (auto& owner : isOfTenants ? tenants : sites) owners += (owners.empty() ? "" : ", ") + owner;
  return failure(ExitCode::USAGE, "name-ambiguous",
                 "there are several `" + named.name + "`: of " +
                     (isOfTenants ? "tenants " : "sites ") + owners,
                 isOfTenants ? "say which one with -t TENANT" : "say which one with --site SITE");
}

void fillQuery(const Cli& cli, const Named& named, const Narrowing& narrowing,
               schema::Query::Builder query) {
  query.setKind(named.kind.c_str());
  query.setName(named.name.c_str());
  query.setTenant(cli.options.tenant.c_str());
  query.setSelector(narrowing.selector.c_str());
  query.setRegion(narrowing.region.c_str());
  query.setSite(narrowing.site.c_str());
  query.setHost(narrowing.host.c_str());
  query.setApp(narrowing.app.c_str());
}

Task<Asked> ask(Cli& cli, Connection& connection, Named named, Narrowing narrowing) {
  Asked asked;
  auto request = connection.admin.getRequest();
  fillQuery(cli, named, narrowing, request.initQuery());
  auto sent = request.send();
  auto response = co_await sent;
  asked.failures = failuresOf(response.getProblems());
  asked.items = copyItems(named.kind, response);
  co_return asked;
}

Task<Asked> askOne(Cli& cli, Connection& connection, Named named, Narrowing narrowing) {
  auto asking = ask(cli, connection, named, narrowing);
  auto asked = co_await asking;
  auto& found = asked.items.values;
  if (!asked.failures.empty() || found.size() == 1) co_return asked;
  if (found.empty()) {
    asked.failures.push_back(failure(ExitCode::NOT_FOUND, "not-found",
                                     "there is no " + named.kind + " `" + named.name + "`", "",
                                     "skerry get " + pluralOf(named.kind)));
    co_return asked;
  }
  asked.failures.push_back(ambiguous(named, found));
  co_return asked;
}

}  // namespace skerry
