// A driver's lines into an asker's LineSink, a batch per call, one call at a time.
#pragma once
#include "capnp/logs.capnp.h"
#include "tier_site/drivers/driver.h"

namespace skerry {

constexpr size_t LOG_LINES_PER_CALL = 100;

class LineSinkWriter final : public LogSink {
public:
  LineSinkWriter(schema::LineSink::Client sink, std::string site, std::string instance)
      : sink(kj::mv(sink)), site(std::move(site)), instance(std::move(instance)),
        sent(kj::Promise<void>(kj::READY_NOW).fork()) {}
  kj::Promise<void> line(LogLine line) override;
  // Until the asker has every line given so far.
  kj::Promise<void> flush() { return sent.addBranch(); }

private:
  kj::Promise<void> send();

  schema::LineSink::Client sink;
  std::string site, instance;
  std::vector<LogLine> held;
  bool waiting = false;            // the last call of `sent` has not begun
  kj::ForkedPromise<void> sent;    // every call so far
};

}  // namespace skerry
