#include "tier_site/log_sink.h"

namespace skerry {

// Lines that come while a call is under way, or in one turn of the loop, go together.
kj::Promise<void> LineSinkWriter::line(LogLine line) {
  held.push_back(std::move(line));
  if (!waiting) {
    waiting = true;
    sent = sent.addBranch()
               .then([this] { return kj::evalLater([this] { return send(); }); })
               .fork();
  }
  if (held.size() >= LOG_LINES_PER_CALL) return flush();
  return kj::READY_NOW;
}

kj::Promise<void> LineSinkWriter::send() {
  waiting = false;
  auto request = sink.writeRequest();
  auto lines = request.initLines(held.size());
  for (size_t i = 0; i < held.size(); ++i) {
    lines[i].setSite(site);
    lines[i].setInstance(instance);
    lines[i].setAtMs(held[i].wallMs);
    lines[i].setIsError(held[i].stream == LogLine::Stream::ERR);
    lines[i].setText(held[i].text);
  }
  held.clear();
  return request.send();
}

}  // namespace skerry
