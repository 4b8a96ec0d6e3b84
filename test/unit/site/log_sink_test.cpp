#include "tier_site/log_sink.h"
#include <doctest/doctest.h>
#include <kj/async.h>

namespace skerry {
namespace {

struct Shown {
  std::vector<std::string> lines;
  size_t calls = 0;
  kj::Maybe<kj::Promise<void>> slow;  // holds the next call back
};

class Asker final : public schema::LineSink::Server {
public:
  explicit Asker(Shown& shown) : shown(shown) {}
  kj::Promise<void> write(WriteContext context) override {
    ++shown.calls;
    for (auto line : context.getParams().getLines())
      shown.lines.push_back(line.getText().cStr());
    KJ_IF_MAYBE(slow, shown.slow) {
      auto promise = kj::mv(*slow);
      shown.slow = nullptr;
      return promise;
    }
    return kj::READY_NOW;
  }

private:
  Shown& shown;
};

LogLine line(const std::string& text) {
  LogLine made;
  made.text = text;
  return made;
}

struct Fixture {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  Shown shown;
  LineSinkWriter writer{kj::heap<Asker>(shown), "oslo", "acme.pos.till.0"};
  void settle() { scope.poll(); }
};

}  // namespace

TEST_CASE("a line that comes after others were sent is sent too") {
  Fixture f;
  for (auto text : {"one", "two", "three"}) {
    f.writer.line(line(text)).wait(f.scope);
    f.settle();
  }
  CHECK(f.shown.lines == std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("lines that come together go in one call, and flush waits for it") {
  Fixture f;
  kj::Vector<kj::Promise<void>> taken;
  for (auto text : {"one", "two", "three"}) taken.add(f.writer.line(line(text)));
  f.writer.flush().wait(f.scope);
  CHECK(f.shown.lines == std::vector<std::string>{"one", "two", "three"});
  CHECK(f.shown.calls == 1);
}

TEST_CASE("an asker that is slow holds the reader back after a bounded number of lines") {
  Fixture f;
  auto pair = kj::newPromiseAndFulfiller<void>();
  f.shown.slow = kj::mv(pair.promise);
  f.writer.line(line("first")).wait(f.scope);
  f.settle();
  for (size_t i = 1; i < LOG_LINES_PER_CALL; ++i) {
    auto taken = f.writer.line(line("more"));
    CHECK(taken.poll(f.scope));
  }
  auto last = f.writer.line(line("last"));
  CHECK(!last.poll(f.scope));
  pair.fulfiller->fulfill();
  last.wait(f.scope);
  CHECK(f.shown.lines.size() == LOG_LINES_PER_CALL + 1);
  CHECK(f.shown.lines.back() == "last");
}

}  // namespace skerry
