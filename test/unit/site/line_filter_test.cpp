#include "tier_site/line_filter.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

struct Kept final : LogSink {
  std::vector<std::string> texts;
  kj::Promise<void> line(LogLine line) override {
    texts.push_back(line.text);
    return kj::READY_NOW;
  }
};

std::vector<std::string> kept(const std::string& pattern, int64_t untilMs) {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  Kept sink;
  LineFilter filter(sink, ParsedPattern(pattern).pattern, untilMs);
  int64_t wallMs = 0;
  for (auto text : {"start", "error one", "well", "error two"}) {
    LogLine line;
    line.wallMs = ++wallMs;
    line.text = text;
    filter.line(line).wait(scope);
  }
  return sink.texts;
}

using Texts = std::vector<std::string>;

TEST_CASE("only lines that were asked for leave the site") {
  CHECK(kept("", 0).size() == 4);
  CHECK(kept("^error", 0) == Texts{"error one", "error two"});
  CHECK(kept("", 2) == Texts{"start", "error one"});
  CHECK(kept("^error", 3) == Texts{"error one"});
}

}  // namespace
}  // namespace skerry
