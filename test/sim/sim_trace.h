// What happened in a simulated world, one line each: "MILLISECONDS WHO WHAT". Equal seeds give
// byte-identical traces, which is how a replay is known to be one.
#pragma once
#include <kj/string.h>
#include <kj/timer.h>
#include <cstdint>
#include <string>

namespace skerry {

class SimTrace {
public:
  explicit SimTrace(const kj::Timer& timer) : timer(timer) {}

  uint64_t nowMs() const { return (timer.now() - kj::origin<kj::TimePoint>()) / kj::MILLISECONDS; }
  void note(kj::StringPtr who, kj::StringPtr what) {
    written += kj::str(nowMs(), " ", who, " ", what, "\n").cStr();
  }
  const std::string& text() const { return written; }

private:
  const kj::Timer& timer;
  std::string written;
};

}  // namespace skerry
