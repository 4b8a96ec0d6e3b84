// Lets through the lines that were asked for, on their way from a driver.
#pragma once
#include "shared/model/line_pattern.h"
#include "tier_site/drivers/driver.h"

namespace skerry {

class LineFilter final : public LogSink {
public:
  // Lines that `pattern` finds, of `untilMs` or earlier by this host's clock; 0: no bound. `to`
  // outlives it.
  LineFilter(LogSink& to, LinePattern pattern, int64_t untilMs)
      : to(to), pattern(std::move(pattern)), untilMs(untilMs) {}

  kj::Promise<void> line(LogLine line) override {
    bool isLate = untilMs != 0 && line.wallMs > untilMs;
    if (isLate || !pattern.isIn(line.text)) return kj::READY_NOW;
    return to.line(std::move(line));
  }

private:
  LogSink& to;
  const LinePattern pattern;
  const int64_t untilMs;
};

}  // namespace skerry
