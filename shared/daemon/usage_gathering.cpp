#include "shared/daemon/usage_gathering.h"

namespace skerry {

void UsageGathering::ask(Child& child, std::string who, schema::UsageQuery::Reader query,
                         UsageTable::MayName mayName) {
  KJ_IF_MAYBE(down, child.downlink()) {
    auto request = down->usageRequest();
    request.setQuery(query);
    auto answer = request.send().then(
        [to = kj::addRef(*gathered), of = query.getOf(), mayName = std::move(mayName)](
            auto&& response) mutable {
      to->table.add(of, response.getRows(), response.getOmitted(), mayName);
      for (auto site : response.getMissing()) to->missing.push_back(text(site));
    });
    auto slow = kj::min(child.roundTrip() * USAGE_ROUND_TRIPS, kj::Duration(USAGE_SLOW_MAX));
    asked.add(timer.timeoutAfter(wait + slow, kj::mv(answer))
        .catch_([to = kj::addRef(*gathered), who = std::move(who)](kj::Exception&&) mutable {
      to->missing.push_back(std::move(who));
    }));
  } else {
    gathered->missing.push_back(std::move(who));
  }
}

kj::Promise<kj::Own<GatheredUsage>> UsageGathering::done() {
  return kj::joinPromises(asked.releaseAsArray())
      .then([result = kj::mv(gathered)]() mutable { return kj::mv(result); });
}

}  // namespace skerry
