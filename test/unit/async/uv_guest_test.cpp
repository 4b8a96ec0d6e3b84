#include "shared/async/uv_guest.h"
#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <kj/vector.h>
#include <thread>
#include <unistd.h>
#include <uv.h>

namespace skerry {
namespace {

constexpr auto PATIENCE = 10 * kj::SECONDS;  // a lost wake-up fails the test instead of hanging it

struct Fixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::Timer& timer = io.provider->getTimer();
  UvGuest guest {io.unixEventPort};

  template <typename T>
  T await(kj::Promise<T> promise) {
    return timer.timeoutAfter(PATIENCE, kj::mv(promise)).wait(io.waitScope);
  }
};

// A shell as a child; frees itself when libuv has let go of it.
struct Shell {
  uv_process_t handle;
  kj::Own<kj::PromiseFulfiller<int64_t>> exited;
};

kj::Promise<int64_t> shell(UvGuest& guest, kj::StringPtr script) {
  auto paf = kj::newPromiseAndFulfiller<int64_t>();
  auto child = new Shell {{}, kj::mv(paf.fulfiller)};
  child->handle.data = child;
  auto text = kj::str(script);
  char name[] = "sh", flag[] = "-c";
  char* arguments[] = {name, flag, text.begin(), nullptr};
  uv_process_options_t options = {};
  options.file = name;
  options.args = arguments;
  options.exit_cb = [](uv_process_t* handle, int64_t status, int) {
    static_cast<Shell*>(handle->data)->exited->fulfill(kj::mv(status));
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete static_cast<Shell*>(closed->data); });
  };
  KJ_REQUIRE(uv_spawn(guest.loop(), &child->handle, &options) == 0);
  guest.kick();
  return kj::mv(paf.promise);
}

TEST_CASE("a hundred children at once are all heard of") {
  Fixture f;
  kj::Vector<kj::Promise<int64_t>> exits;
  for (int i = 0; i < 100; ++i) exits.add(shell(f.guest, i % 2 == 0 ? "exit 0" : "exit 3"));
  int64_t sum = 0;
  for (auto& exit : exits) sum += f.await(kj::mv(exit));
  CHECK(sum == 150);
}

TEST_CASE("an idle guest takes no turns") {
  Fixture f;
  f.timer.afterDelay(20 * kj::MILLISECONDS).wait(f.io.waitScope);
  auto before = f.guest.turnsTaken();
  f.timer.afterDelay(200 * kj::MILLISECONDS).wait(f.io.waitScope);
  CHECK(f.guest.turnsTaken() == before);
}

struct Bell {
  uv_async_t handle;
  kj::Own<kj::PromiseFulfiller<void>> rung;
};

TEST_CASE("no wake-up from another thread is lost") {
  Fixture f;
  Bell bell;
  uv_async_init(f.guest.loop(), &bell.handle, [](uv_async_t* handle) {
    static_cast<Bell*>(handle->data)->rung->fulfill();
  });
  bell.handle.data = &bell;
  f.guest.kick();
  for (int i = 0; i < 2000; ++i) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    bell.rung = kj::mv(paf.fulfiller);
    if (i % 50 == 0) {
      std::thread other([&]() {
        usleep(i);
        uv_async_send(&bell.handle);
      });
      f.await(kj::mv(paf.promise));
      other.join();
    } else {
      uv_async_send(&bell.handle);
      f.await(kj::mv(paf.promise));
    }
  }
}

struct Reader {
  uv_pipe_t handle;
  size_t left;
  kj::Own<kj::PromiseFulfiller<void>> done;
};

// libuv reads level-triggered inside, KJ watches edge-triggered outside.
TEST_CASE("a pipe that holds more than one read takes is read to its end") {
  Fixture f;
  int ends[2];
  KJ_SYSCALL(pipe2(ends, O_CLOEXEC));
  constexpr size_t SIZE = 2 << 20;
  auto paf = kj::newPromiseAndFulfiller<void>();
  Reader reader {{}, SIZE, kj::mv(paf.fulfiller)};
  uv_pipe_init(f.guest.loop(), &reader.handle, 0);
  uv_pipe_open(&reader.handle, ends[0]);
  reader.handle.data = &reader;
  auto allocate = [](uv_handle_t*, size_t, uv_buf_t* into) {
    static char buffer[512];
    *into = uv_buf_init(buffer, sizeof(buffer));
  };
  auto read = [](uv_stream_t* stream, ssize_t size, const uv_buf_t*) {
    auto& reader = *static_cast<Reader*>(stream->data);
    if (size > 0) reader.left -= size;
    if (reader.left == 0) reader.done->fulfill();
  };
  uv_read_start(reinterpret_cast<uv_stream_t*>(&reader.handle), allocate, read);
  f.guest.kick();
  std::thread writer([end = ends[1]]() {
    char chunk[4096] = {};
    for (size_t left = SIZE; left > 0;) {
      ssize_t size = write(end, chunk, kj::min(left, sizeof(chunk)));
      if (size > 0) left -= size;
    }
    close(end);
  });
  f.await(kj::mv(paf.promise));
  writer.join();
  CHECK(reader.left == 0);
}

TEST_CASE("a timer of the guest fires though KJ sleeps") {
  Fixture f;
  struct Alarm {
    uv_timer_t handle;
    kj::Own<kj::PromiseFulfiller<void>> fired;
  } alarm;
  uv_timer_init(f.guest.loop(), &alarm.handle);
  alarm.handle.data = &alarm;
  auto paf = kj::newPromiseAndFulfiller<void>();
  alarm.fired = kj::mv(paf.fulfiller);
  auto begin = f.timer.now();
  uv_update_time(f.guest.loop());
  uv_timer_start(&alarm.handle, [](uv_timer_t* handle) {
    static_cast<Alarm*>(handle->data)->fired->fulfill();
  }, 50, 0);
  f.guest.kick();
  f.await(kj::mv(paf.promise));
  CHECK((f.timer.now() - begin) / kj::MILLISECONDS >= 45);
}

TEST_CASE("a guest that is destroyed closes what still runs") {
  Fixture* f = new Fixture;
  uv_timer_t timer;
  uv_timer_init(f->guest.loop(), &timer);
  uv_timer_start(&timer, [](uv_timer_t*) {}, 100'000, 0);
  f->guest.kick();
  f->timer.afterDelay(1 * kj::MILLISECONDS).wait(f->io.waitScope);
  delete f;
  CHECK(uv_is_closing(reinterpret_cast<uv_handle_t*>(&timer)));
}

}  // namespace
}  // namespace skerry
