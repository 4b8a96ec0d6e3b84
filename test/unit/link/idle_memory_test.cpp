#include "test/unit/link/script_server.h"
#include <malloc.h>

namespace skerry {
namespace {

// Of a session with its TLS, between pings. A region has ten thousand of them.
constexpr size_t IDLE_SESSION_BYTES_MAX = 22 << 10;
constexpr size_t IDLE_TLS_BYTES_MAX = 12 << 10;

// Zero under a sanitizer, whose allocator does not say.
size_t allocated() { return mallinfo2().uordblks; }

TEST_CASE("a listener keeps little of a peer it let in, and none of its certificates") {
  LinkWorld w;
  auto warm = w.dial(w.child);
  w.jar->ticket = nullptr;
  auto streams = w.dial(w.child);
  kj::byte byte;
  auto idle = streams.server.stream->tryRead(&byte, 1, 1);
  w.timer.afterDelay(10 * kj::MILLISECONDS).wait(w.wait);
  REQUIRE_FALSE(streams.server.peer.resumed);
  auto before = allocated();
  idle = nullptr;
  streams.server.stream = nullptr;
  auto freed = before - allocated();
  CAPTURE(freed);
  CHECK(freed <= IDLE_TLS_BYTES_MAX);
  CHECK((freed > IDLE_TLS_BYTES_MAX / 2 || before == 0));
}

TEST_CASE("an idle session costs its end less than what it may") {
  LinkWorld w;
  Linked l(w);
  l.pingUp();
  w.timer.afterDelay(10 * kj::MILLISECONDS).wait(w.wait);
  auto before = allocated();
  l.parent = nullptr;
  auto freed = before - allocated();
  CAPTURE(freed);
  CHECK(freed <= IDLE_SESSION_BYTES_MAX);
  CHECK((freed > IDLE_SESSION_BYTES_MAX / 2 || before == 0));
}

}  // namespace
}  // namespace skerry
