// A clock that stands still until the test moves it.
#pragma once
#include "shared/host/host.h"

namespace skerry {

struct StoppedClock final : Clock {
  int64_t wallMs() const override { return ms; }
  uint64_t bootMs() const override { return 0; }
  kj::StringPtr bootId() const override { return "boot"_kj; }
  int64_t ms = 1'700'000'000'000;
};

}  // namespace skerry
