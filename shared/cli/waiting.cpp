#include "shared/cli/waiting.h"
#include "shared/cli/cli_limits.h"
#include "shared/cli/table.h"
#include "shared/model/time_text.h"
#include <algorithm>
#include <set>

namespace skerry {
namespace {

Failure timedOut(const std::string& what) {
  return failure(ExitCode::TIMED_OUT, "timed-out", what, "wait longer with --timeout");
}

std::string join(const std::vector<std::string>& names) {
  constexpr size_t NAMES_MAX = 10;
  std::string joined;
  for (size_t i = 0; i < std::min(names.size(), NAMES_MAX); ++i) {
    joined += (i == 0 ? "" : ", ") + printable(names[i]);
  }
  if (names.size() > NAMES_MAX)
    joined += " and " + std::to_string(names.size() - NAMES_MAX) + " more";
  return joined;
}

Failure failedApp(const Waited::App& app) {
  std::string why;
  for (auto& [site, reason] : app.progress.refused) {
    why += (why.empty() ? "" : "; ") + site + ": " + (reason.empty() ? "refused" : reason);
  }
  if (why.empty()) why = "an instance failed for good";
  return failure(ExitCode::FAILED, "failed", app.awaited.app + ": " + printable(why), "",
                 "skerry get instances --app " + app.awaited.app);
}

// Nobody may run it anywhere: it does not become healthy by waiting.
bool isBlocked(const Progress& progress) {
  return !progress.blocked.empty() && progress.healthy.empty() && progress.pending.empty() &&
         progress.behind.empty();
}

Failure blockedApp(const Waited::App& app) {
  auto& [site, reason] = *app.progress.blocked.begin();
  auto tenant = app.awaited.tenant.empty() ? "" : " -t " + app.awaited.tenant;
  return failure(ExitCode::FAILED, "blocked", app.awaited.app + ": " + printable(reason), "",
                 "skerry why " + app.awaited.app + tenant + " --site " + site);
}

// The command that says what the first of those that are missing waits for.
std::string whyOf(const Waited& waited) {
  for (auto& app : waited.apps) {
    if (app.progress.behind.empty() || app.progress.behind[0] == app.awaited.app) continue;
    auto tenant = app.awaited.tenant.empty() ? "" : " -t " + app.awaited.tenant;
    return "skerry why " + app.awaited.app + tenant + " --site " + app.progress.behind[0];
  }
  return "";
}

// What the wait ends with; nothing: it goes on.
std::optional<Failures> verdictOf(const Waited& waited, WaitFor what, bool isLate) {
  Failures failures;
  bool isDone = true, onlyOffline = true;
  std::vector<std::string> behind;
  std::set<std::string> pending;
  for (auto& app : waited.apps) {
    if (app.progress.isFailed || (isLate && !app.progress.refused.empty())) {
      failures.push_back(failedApp(app));
    }
    if (isBlocked(app.progress)) failures.push_back(blockedApp(app));
    isDone = isDone && app.progress.isDone(what);
    onlyOffline = onlyOffline && app.progress.behind.empty();
    behind.insert(behind.end(), app.progress.behind.begin(), app.progress.behind.end());
    pending.insert(app.progress.pending.begin(), app.progress.pending.end());
  }
  if (!failures.empty() || isDone) return failures;
  if (!isLate) return std::nullopt;
  if (onlyOffline) {
    return Failures{failure(ExitCode::ONLY_OFFLINE, "only-offline",
                            "only sites that are offline are missing: " +
                                join({pending.begin(), pending.end()}),
                            "they follow when they are back")};
  }
  auto late = timedOut("not yet healthy: " + join(behind));
  late.next = whyOf(waited);
  return Failures{late};
}

}  // namespace

Task<Asked> Watcher::look(Named named, Narrowing narrowing, std::string tenant) {
  auto request = connection.admin.getRequest();
  fillQuery(cli, named, narrowing, request.initQuery());
  if (!tenant.empty()) request.getQuery().setTenant(tenant.c_str());
  auto& timer = cli.machine.timer();
  auto latest = kj::max(deadline, timer.now() + LAST_LOOK_MS * kj::MILLISECONDS);
  auto late = timer.atTime(latest).then([] {
    Asked asked;
    asked.failures.push_back(timedOut("the daemon did not answer in time"));
    return asked;
  });
  auto answer =
      request.send().then([kind = named.kind](capnp::Response<schema::Admin::GetResults> response) {
        Asked asked;
        asked.failures = failuresOf(response.getProblems());
        asked.items = copyItems(kind, response);
        return asked;
      });
  auto first = answer.exclusiveJoin(kj::mv(late));
  auto asked = co_await first;
  co_return asked;
}

Task<void> Watcher::pause() {
  auto& timer = cli.machine.timer();
  auto request = connection.admin.changedRequest();
  request.setSince(version);
  auto latest = kj::min(deadline, timer.now() + LOOK_AGAIN_MS_MAX * kj::MILLISECONDS);
  auto change =
      request.send().then([this](capnp::Response<schema::Admin::ChangedResults> response) {
        version = response.getVersion();
      });
  auto first = change.exclusiveJoin(timer.atTime(latest));
  co_await first;
  auto rest = timer.atTime(kj::min(deadline, timer.now() + LOOK_AGAIN_MS * kj::MILLISECONDS));
  co_await rest;
}

Task<Waited> waitForApps(Cli& cli, Connection& connection, std::vector<AwaitedApp> awaited,
                         WaitFor what) {
  Waited waited;
  std::vector<ProgressJudge> judges(awaited.size());
  Narrowing everywhere;
  for (auto& app : awaited) waited.apps.push_back({app, {}});
  Watcher watcher(cli, connection, cli.timeoutMs(WAITING_MS));
  while (true) {
    for (size_t i = 0; i < awaited.size(); ++i) {
      Named named{"application", awaited[i].app};
      auto looking = watcher.look(named, everywhere, awaited[i].tenant);
      auto asked = co_await looking;
      auto& found = asked.items.values;
      if (asked.failures.empty() && found.empty()) {
        asked.failures.push_back(failure(ExitCode::NOT_FOUND, "not-found",
                                         "the application `" + awaited[i].app + "` is gone"));
      }
      if (!asked.failures.empty()) {
        waited.failures = asked.failures;
        co_return waited;
      }
      waited.apps[i].progress = judges[i].judge(awaited[i], found[0], watcher.nowMs());
    }
    auto verdict = verdictOf(waited, what, watcher.isLate());
    if (verdict) {
      waited.failures = *verdict;
      co_return waited;
    }
    auto pausing = watcher.pause();
    co_await pausing;
  }
}

Task<Failures> waitUntilGone(Cli& cli, Connection& connection, Named named,
                             std::string tenant) {
  Watcher watcher(cli, connection, cli.timeoutMs(WAITING_MS));
  Narrowing everywhere, ofApp;
  ofApp.app = named.name;
  Named instances{"instance", ""};
  while (true) {
    auto looking = watcher.look(named, everywhere, tenant);
    auto asked = co_await looking;
    bool isGone = asked.items.values.empty();
    bool isUnknown = asked.failures.size() == 1 && asked.failures[0].code == ExitCode::NOT_FOUND;
    if (!asked.failures.empty() && !isUnknown) co_return asked.failures;
    if (isGone && named.kind == "application") {
      auto lookingAtRest = watcher.look(instances, ofApp, tenant);
      auto rest = co_await lookingAtRest;
      if (!rest.failures.empty()) co_return rest.failures;
      isGone = rest.items.values.empty();
    }
    if (isGone) co_return Failures();
    if (watcher.isLate()) {
      co_return Failures(1, timedOut(named.kind + " `" + named.name + "` is still there"));
    }
    auto pausing = watcher.pause();
    co_await pausing;
  }
}

PlainValue valueOf(const Waited& waited) {
  auto texts = [](const auto& names) {
    auto list = PlainValue::list();
    for (auto& name : names) list.items.push_back(PlainValue::of(name));
    return list;
  };
  auto apps = PlainValue::list();
  std::set<std::string> pending;
  for (auto& app : waited.apps) {
    auto& progress = app.progress;
    pending.insert(progress.pending.begin(), progress.pending.end());
    auto refused = PlainValue::object();
    for (auto& [site, reason] : progress.refused) refused.set(site, PlainValue::of(reason));
    auto blocked = PlainValue::object();
    for (auto& [site, reason] : progress.blocked) blocked.set(site, PlainValue::of(reason));
    apps.items.push_back(PlainValue::object({{"tenant", PlainValue::of(app.awaited.tenant)},
                                             {"app", PlainValue::of(app.awaited.app)},
                                             {"healthy", texts(progress.healthy)},
                                             {"pending", texts(progress.pending)},
                                             {"behind", texts(progress.behind)},
                                             {"refused", refused},
                                             {"blocked", blocked}}));
  }
  auto value = PlainValue::object();
  value.set("apps", std::move(apps));
  value.set("pending", texts(pending));
  return value;
}

std::string printWaited(const Waited& waited) {
  std::string printed;
  for (auto& app : waited.apps) {
    auto& progress = app.progress;
    printed +=
        "application/" + app.awaited.app + ": healthy at " +
        std::to_string(progress.healthy.size()) + " of " +
        std::to_string(progress.healthy.size() + progress.pending.size() + progress.behind.size()) +
        " sites\n";
    if (!progress.pending.empty())
      printed += "  pending, offline: " + join(progress.pending) + "\n";
    if (!progress.behind.empty()) printed += "  not yet: " + join(progress.behind) + "\n";
    for (auto& [site, reason] : progress.blocked) {
      printed += "  blocked: " + printable(site + ": " + reason) + "\n";
    }
  }
  return printed;
}

}  // namespace skerry
