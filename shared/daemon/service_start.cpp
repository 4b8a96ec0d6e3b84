#include "shared/daemon/service_start.h"
#include "shared/async/task.h"
#include "shared/crypto/bytes.h"
#include "shared/doctor/service_unit.h"

namespace skerry {
namespace {

// The service that there is serves the standard folder.
bool isKnownToSystemd(const Subject& subject, const BootFacts& facts) {
  return facts.hasSystemd && !facts.state.empty() && subject.folder == subject.standardFolder();
}

bool isReady(Host& host) { return host.files.exists(kj::Path("run.json")); }

// Its parameters outlive the promise.
Task<std::string> startTask(Host& host, Subject subject) {
  auto unit = unitName(subject);
  auto looking = lookAtBoot(host, unit);
  auto facts = co_await looking;
  if (!isKnownToSystemd(subject, facts)) co_return "next: " + howToStart(subject, facts);
  Command starting;
  starting.program = kj::str("systemctl");
  // Not waited for here: a daemon may take its time to be ready.
  starting.arguments = kj::arr(kj::str("--no-block"), kj::str("enable"), kj::str("--now"),
                               kj::str(unit));
  auto running = host.processes.run(kj::mv(starting));
  auto ended = co_await running;
  if (ended.code != 0) {
    co_return "systemd did not start " + unit + ": " + text(ended.output) +
        "\nnext: systemctl enable --now " + unit;
  }
  for (kj::Duration waited = 0 * kj::SECONDS; waited < START_WAIT; waited += START_LOOK) {
    if (isReady(host)) co_return "started: " + unit + " serves, now and after every boot";
    auto waiting = host.timer.afterDelay(START_LOOK);
    co_await waiting;
  }
  co_return unit + " is enabled, and not ready yet\nnext: systemctl status " + unit;
}

}  // namespace

std::string howToStart(const Subject& subject, const BootFacts& facts) {
  if (isKnownToSystemd(subject, facts)) return "systemctl enable --now " + unitName(subject);
  bool isStandard = facts.hasSystemd && subject.folder == subject.standardFolder();
  return isStandard ? judgeBoot(subject, facts).next : subject.serve();
}

kj::Promise<std::string> tellHowToStart(Host& host, Subject subject) {
  auto looking = lookAtBoot(host, unitName(subject));
  return looking.then([subject = std::move(subject)](BootFacts&& facts) {
    return "next: " + howToStart(subject, facts);
  });
}

kj::Promise<std::string> startService(Host& host, Subject subject) {
  return startTask(host, std::move(subject));
}

}  // namespace skerry
