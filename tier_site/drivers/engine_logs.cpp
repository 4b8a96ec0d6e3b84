#include "tier_site/drivers/engine_logs.h"
#include "shared/async/task.h"
#include "tier_site/drivers/driver_limits.h"
#include "tier_site/drivers/log_frames.h"

namespace skerry {

namespace {

kj::String logsPath(const std::string& container, const LogOptions& options) {
  auto tail = options.tailLines == UINT32_MAX ? kj::str("all") : kj::str(options.tailLines);
  auto since = options.sinceMs > 0 ? kj::str("&since=", options.sinceMs / 1000) : kj::str();
  auto follow = options.follow == LogOptions::Follow::YES ? "&follow=true" : "";
  return kj::str("/containers/", encodePath(container),
                 "/logs?stdout=true&stderr=true&timestamps=true&tail=", tail, since, follow);
}

// `client` and `sink` outlive the task.
Task<void> readTask(EngineClient& client, std::string container, LogOptions options,
                    LogSink& sink) {
  auto opening = client.stream(logsPath(container, options));
  auto stream = co_await opening;
  LogFrames frames;
  auto buffer = kj::heapArray<char>(LOG_READ_BYTES);
  for (size_t size = 1; size > 0;) {
    auto reading = stream->tryRead(buffer.begin(), 1, buffer.size());
    size = co_await reading;
    auto lines = size > 0 ? frames.feed(std::string_view(buffer.begin(), size)) : frames.finish();
    for (auto& line : lines) {
      if (line.wallMs < options.sinceMs) continue;  // engines count in whole seconds
      auto taken = sink.line(kj::mv(line));
      co_await taken;
    }
  }
}

}  // namespace

kj::Promise<void> readEngineLogs(EngineClient& client, std::string container, LogOptions options,
                                 LogSink& sink) {
  return readTask(client, kj::mv(container), options, sink);
}

}  // namespace skerry
