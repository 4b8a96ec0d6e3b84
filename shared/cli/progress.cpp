#include "shared/cli/progress.h"
#include "shared/cli/cli_limits.h"
#include <charconv>
#include <set>

namespace skerry {
namespace {

uint64_t numberOf(const PlainValue* value) {
  uint64_t number = 0;
  if (value == nullptr) return 0;
  std::from_chars(value->text.data(), value->text.data() + value->text.size(), number);
  return number;
}

bool flag(const PlainValue& value, const char* name) {
  auto* found = value.find(name);
  return found != nullptr && found->boolean;
}

std::string textOf(const PlainValue& value, const char* name) {
  auto* found = value.find(name);
  return found == nullptr ? "" : found->text;
}

// The tier we ask knows the intent.
bool knows(const PlainValue& status, const AwaitedApp& awaited) {
  auto era = numberOf(status.find("era")), seq = numberOf(status.find("seq"));
  return era > awaited.era || (era == awaited.era && seq >= awaited.seq);
}

bool hasFailedInstances(const PlainValue& status) {
  auto* counts = status.find("counts");
  auto* failed = counts == nullptr ? nullptr : counts->find("failed");
  return failed != nullptr && failed->number > 0;
}

}  // namespace

bool ProgressJudge::hasSettled(const std::string& what, int64_t nowMs) {
  return nowMs - since.emplace(what, nowMs).first->second >= REFUSAL_SETTLES_MS;
}

Progress ProgressJudge::judge(const AwaitedApp& awaited, const PlainValue& item, int64_t nowMs) {
  Progress progress;
  auto* status = item.find("status");
  auto* targets = status == nullptr ? nullptr : status->find("targets");
  if (targets == nullptr || !knows(*status, awaited)) {
    progress.behind.push_back(awaited.app);
    return progress;
  }
  std::set<std::string> complaints;
  bool allCurrent = true;
  for (auto& target : targets->items) {
    auto site = textOf(target, "site");
    bool isCurrent = flag(target, "current"), isOnline = flag(target, "online");
    if (isCurrent && flag(target, "healthy")) {
      progress.healthy.push_back(site);
      continue;
    }
    if (isCurrent && textOf(target, "verdict") == "blocked") {
      progress.blocked[site] = textOf(target, "reason");
      continue;
    }
    (isOnline ? progress.behind : progress.pending).push_back(site);
    if (!isOnline) continue;
    allCurrent = allCurrent && isCurrent;
    if (textOf(target, "verdict") != "refused") continue;
    progress.refused[site] = textOf(target, "reason");
    complaints.insert(site);
    progress.isFailed = progress.isFailed || isCurrent || hasSettled(site, nowMs);
  }
  constexpr const char* INSTANCES = "/instances";  // no site is called that
  if (allCurrent && !progress.behind.empty() && hasFailedInstances(*status)) {
    complaints.insert(INSTANCES);
    progress.isFailed = progress.isFailed || hasSettled(INSTANCES, nowMs);
  }
  std::erase_if(since, [&](auto& known) { return complaints.count(known.first) == 0; });
  return progress;
}

}  // namespace skerry
