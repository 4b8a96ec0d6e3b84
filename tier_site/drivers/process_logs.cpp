#include "tier_site/drivers/process_logs.h"
#include "shared/async/task.h"
#include "tier_site/drivers/driver_limits.h"
#include "tier_site/drivers/ring_reader.h"
#include "tier_site/drivers/service_folder.h"
#include <deque>

namespace skerry {

namespace {

constexpr size_t STAMP_BYTES_MIN = 18;  // what the ring holds of each line besides its text

// `host` and `sink` outlive the task.
Task<void> readTask(Host& host, InstanceId id, LogOptions options, LogSink& sink) {
  ServiceFolder folder(host, id);
  kj::Own<const kj::ReadableFile> file;
  KJ_IF_MAYBE(log, folder.log()) file = kj::mv(*log);
  else co_return;
  RingReader reader(kj::mv(file));
  std::deque<LogLine> tail;
  // One ring's worth: a service that writes all the time would never let this end.
  size_t bytes = 0;
  for (auto lines = reader.next(); !lines.empty(); lines = reader.next()) {
    for (auto& line : lines) {
      bytes += line.text.size() + STAMP_BYTES_MIN;
      if (line.wallMs < options.sinceMs) continue;
      tail.push_back(kj::mv(line));
      if (tail.size() > options.tailLines) tail.pop_front();
    }
    if (bytes >= LOG_RING_BYTES) break;
  }
  for (auto& line : tail) {
    auto taken = sink.line(kj::mv(line));
    co_await taken;
  }
  while (options.follow == LogOptions::Follow::YES && folder.exists()) {
    auto lines = reader.next();
    for (auto& line : lines) {
      if (line.wallMs < options.sinceMs) continue;
      auto taken = sink.line(kj::mv(line));
      co_await taken;
    }
    if (!lines.empty()) continue;
    auto pause = host.timer.afterDelay(LOG_FOLLOW_INTERVAL_MS * kj::MILLISECONDS);
    co_await pause;
  }
}

}  // namespace

kj::Promise<void> readProcessLogs(Host& host, InstanceId id, LogOptions options, LogSink& sink) {
  return readTask(host, kj::mv(id), options, sink);
}

}  // namespace skerry
