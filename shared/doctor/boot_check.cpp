#include "shared/doctor/boot_check.h"
#include "shared/crypto/bytes.h"

namespace skerry {
namespace {

// One line, so that it can be pasted.
std::string makeUnit(const Subject& subject, const std::string& unit) {
  return subject.path + " unit --data " + subject.folder + " > /etc/systemd/system/" + unit +
         " && systemctl enable --now " + unit;
}

}  // namespace

kj::Promise<BootFacts> lookAtBoot(Host& host, std::string unit) {
  BootFacts facts;
  facts.hasSystemd = host.system.node("/run/systemd/system") != nullptr;
  facts.unit = std::move(unit);
  if (!facts.hasSystemd) return facts;
  Command asking;
  asking.program = kj::str("sh");
  // Its complaints would be printed as if they were ours.
  asking.arguments = kj::arr(kj::str("-c"), kj::str("systemctl is-enabled \"$0\" 2>/dev/null"),
                             kj::str(facts.unit));
  auto without = facts;
  return host.processes.run(kj::mv(asking)).then([facts](Ended&& ended) mutable {
    facts.state = text(ended.output);
    facts.state.resize(facts.state.find_last_not_of(" \n") + 1);
    if (facts.state == "not-found") facts.state.clear();
    return facts;
  }, [without](kj::Exception&&) { return without; });
}

bool startsAtBoot(const BootFacts& facts) {
  return facts.state == "enabled" || facts.state == "static" || facts.state == "alias" ||
         facts.state == "generated" || facts.state == "indirect";
}

Finding judgeBoot(const Subject& subject, const BootFacts& facts) {
  constexpr const char* CHECK = "boot";
  if (!facts.hasSystemd) {
    return warning(CHECK, "not known whether " + subject.program + " starts after a power cut: "
                   "systemd does not run here. Let whatever starts this machine's services run "
                   "this", subject.path + " serve --data " + subject.folder);
  }
  if (facts.state.empty()) {
    return warning(CHECK, "nothing starts " + subject.program + " after a power cut: there is no "
                   "service " + facts.unit, makeUnit(subject, facts.unit));
  }
  if (!startsAtBoot(facts)) {
    return warning(CHECK, "nothing starts " + subject.program + " after a power cut: the service " +
                   facts.unit + " is " + facts.state, "systemctl enable --now " + facts.unit);
  }
  return fine(CHECK, "the service " + facts.unit + " starts it after a power cut");
}

}  // namespace skerry
