// Whether the machine would start something by itself after a power cut. What cannot be judged is
// said to be unknown, not guessed.
#pragma once
#include "shared/doctor/subject.h"
#include "shared/host/host.h"
#include "shared/model/finding.h"

namespace skerry {

struct BootFacts {
  bool hasSystemd = false;
  std::string unit;   // `skerry-site.service`
  std::string state;  // of the unit, as `systemctl is-enabled` says it; empty: there is none
};
// `host` outlives the promise.
kj::Promise<BootFacts> lookAtBoot(Host& host, std::string unit);

// Pure. Of the daemon's own service.
Finding judgeBoot(const Subject& subject, const BootFacts& facts);
bool startsAtBoot(const BootFacts& facts);

}  // namespace skerry
