// How far the sites are with an application: judged from what a tier's `get` says about it, with no
// memory but the time since when a site refuses.
//
// Healthy is a site that acts on the newest intent with every instance running. Of the others those
// that cannot be reached are `pending`, and no error; those that can are `behind`. A refusal, or an
// instance that failed for good, counts once it has lasted REFUSAL_SETTLES_MS, or at once when the
// site says it of the newest intent.
#pragma once
#include "shared/model/plain_value.h"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace skerry {

enum class WaitFor { REACHABLE, ALL };

struct AwaitedApp {
  std::string tenant, app;
  uint64_t era = 0, seq = 0;  // of the intent, or an older one; zero: whatever is the newest
};

struct Progress {
  std::vector<std::string> healthy, pending, behind;
  std::map<std::string, std::string> refused;  // by site: why
  std::map<std::string, std::string> blocked;  // the same, of what nobody waits for: by central
  bool isFailed = false;
  bool isDone(WaitFor what) const {
    return behind.empty() && !isFailed && (what == WaitFor::REACHABLE || pending.empty());
  }
};

class ProgressJudge {
public:
  // `item` is an application as in item_view.h; `nowMs` is any clock that does not jump.
  Progress judge(const AwaitedApp& awaited, const PlainValue& item, int64_t nowMs);

private:
  bool hasSettled(const std::string& what, int64_t nowMs);
  std::map<std::string, int64_t> since;  // refusals and failures, by site
};

}  // namespace skerry
