// Giving a daemon to the machine's service manager, once it has something to serve.
#pragma once
#include "shared/doctor/boot_check.h"

namespace skerry {

constexpr auto START_WAIT = 15 * kj::SECONDS;     // for a daemon that was started to be ready
constexpr auto START_LOOK = 100 * kj::MILLISECONDS;

// Pure: the command with which a person starts it.
std::string howToStart(const Subject& subject, const BootFacts& facts);

// Both answer a sentence or two for a person; `host` outlives the promises. The first has systemd
// start it now and at every boot and says how far it is, or says that command where systemd does
// not run, has no such service, or refuses; the second only says it.
kj::Promise<std::string> startService(Host& host, Subject subject);
kj::Promise<std::string> tellHowToStart(Host& host, Subject subject);

}  // namespace skerry
