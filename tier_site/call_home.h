// Joining without a token: the host calls its region with its key, and calls again until somebody
// approved it.
//
//   CALLING --pending, busy, nobody there--> RESTING --time--> CALLING ... --accepted--> joined
//
// Rests double from CALL_HOME_BASE to CALL_HOME_CAP, each shortened by up to half at random, so
// that a pallet of machines switched on together does not call together.
#pragma once
#include "shared/daemon/joining.h"

namespace skerry {

constexpr auto CALL_HOME_BASE = 2 * kj::SECONDS;
constexpr auto CALL_HOME_CAP = 2 * kj::MINUTES;

// The device's key, made and kept when there is none.
Hash deviceKeyOf(Host& host);

// Hears why it still waits, each time that this is another reason.
using StillWaits = kj::Function<void(const std::string& reason, const std::string& text)>;

// `home` is a token without an id. Not ok when calling again is of no use. `host`, through which it
// dials, and `transport` outlive the promise; `proxy` is remembered.
kj::Promise<JoinOutcome> callHome(Host& host, const Transport& transport, Token home,
                                  std::string hostName, std::string proxy, StillWaits told);

}  // namespace skerry
