// Asking children what things use at them and below, all at once, and adding up what they say: the
// same at central and at regions.
#pragma once
#include "shared/daemon/child.h"
#include "shared/daemon/usage.h"
#include <kj/refcount.h>

namespace skerry {

// What was heard, and of whom nothing was.
struct GatheredUsage : kj::Refcounted {
  UsageTable table;
  std::vector<std::string> missing;

  template <typename Results>
  void write(Results results) const {
    table.write(results);
    auto list = results.initMissing(missing.size());
    for (size_t i = 0; i < missing.size(); ++i) list.set(i, missing[i]);
  }
};

// How much longer a child is waited for whose link is slow.
constexpr unsigned USAGE_ROUND_TRIPS = 3;
constexpr auto USAGE_SLOW_MAX = 6 * kj::SECONDS;

class UsageGathering final {
public:
  // `timer` outlives what ask() and done() return. Who has not answered after `wait`,
  // and what its link takes besides, is missing.
  UsageGathering(kj::Timer& timer, kj::Duration wait) : timer(timer), wait(wait) {}

  // `who` names the child for people; its rows count where `mayName` lets them.
  void ask(Child& child, std::string who, schema::UsageQuery::Reader query,
           UsageTable::MayName mayName);
  // Every child asked so far has answered or is missing. Once.
  kj::Promise<kj::Own<GatheredUsage>> done();

private:
  kj::Timer& timer;
  kj::Duration wait;
  kj::Own<GatheredUsage> gathered = kj::refcounted<GatheredUsage>();
  kj::Vector<kj::Promise<void>> asked;
};

}  // namespace skerry
