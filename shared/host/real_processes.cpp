#include "shared/host/real_processes.h"
#include "shared/async/task.h"
#include "shared/host/bounds.h"
#include <kj/debug.h>
#include <kj/io.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

namespace skerry {

namespace {

using FdObserver = kj::UnixEventPort::FdObserver;

// The reading end of a child's standard output: keeps the beginning, drops the rest, so that the
// child never blocks on us.
class Capture {
public:
  Capture(kj::UnixEventPort& port, kj::AutoCloseFd end)
      : timer(port.getTimer()), fd(kj::mv(end)), observer(port, fd, FdObserver::OBSERVE_READ),
        task(kj::Promise<void>(listen()).eagerlyEvaluate(nullptr)) {}

  // What the child wrote is all here once it has ended. The end of the stream is not waited for: a
  // grandchild may hold the pipe open for ever.
  kj::String finish() {
    task = nullptr;
    drain();
    return kj::heapString(kept.data(), kept.size());
  }

private:
  enum class State { EMPTY, FLOOD, END };

  State drain() {
    char buffer[4096];
    for (size_t total = 0; total < OUTPUT_BURST_BYTES_MAX;) {
      ssize_t size = ::read(fd, buffer, sizeof(buffer));
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) return State::EMPTY;
      if (size <= 0) return State::END;
      kept.append(buffer, kj::min(size_t(size), Ended::OUTPUT_BYTES_MAX - kept.size()));
      total += size;
    }
    return State::FLOOD;
  }

  Task<void> listen() {
    for (;;) {
      auto state = drain();
      if (state == State::END) co_return;
      auto more = state == State::EMPTY ? observer.whenBecomesReadable()
                                        : timer.afterDelay(OUTPUT_PAUSE_MS * kj::MILLISECONDS);
      co_await more;
    }
  }

  kj::Timer& timer;
  kj::AutoCloseFd fd;
  FdObserver observer;  // after the descriptor: gone before it is closed
  std::string kept;
  kj::Promise<void> task;
};

// A child process as libuv knows it. libuv frees the handle when it has let go of it, which may be
// later than this object's end.
class Child {
public:
  struct Exit {
    int code, signal;
  };

  Child(UvGuest& guest, Command& command, int standardOutput) : guest(guest) {
    auto arguments = kj::heapArray<char*>(command.arguments.size() + 2);
    arguments[0] = command.program.begin();
    for (size_t i = 0; i < command.arguments.size(); ++i) {
      arguments[i + 1] = command.arguments[i].begin();
    }
    arguments.back() = nullptr;

    uv_stdio_container_t streams[3] = {};
    streams[0].flags = UV_IGNORE;  // the null device
    streams[1].flags = UV_INHERIT_FD;
    streams[1].data.fd = standardOutput;
    streams[2].flags = UV_INHERIT_FD;
    streams[2].data.fd = STDERR_FILENO;

    uv_process_options_t options = {};
    options.file = command.program.cStr();
    options.args = arguments.begin();
    options.stdio = streams;
    options.stdio_count = 3;
    options.exit_cb = [](uv_process_t* handle, int64_t code, int signal) {
      auto child = static_cast<Child*>(handle->data);
      if (child != nullptr) child->exited->fulfill({int(code), signal});
    };

    auto paf = kj::newPromiseAndFulfiller<Exit>();
    exited = kj::mv(paf.fulfiller);
    exit = kj::mv(paf.promise);
    handle->data = this;
    int error = uv_spawn(guest.loop(), handle, &options);
    guest.kick();
    if (error == 0) return;
    close();
    KJ_FAIL_REQUIRE("cannot run a program; is it installed, and executable?", command.program,
                    uv_strerror(error));
  }
  ~Child() { close(); }
  KJ_DISALLOW_COPY(Child);

  kj::Promise<Exit> onExit() { return kj::mv(exit); }

private:
  void close() {
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* closed) {
      delete reinterpret_cast<uv_process_t*>(closed);
    });
    guest.kick();
  }

  UvGuest& guest;
  uv_process_t* handle = new uv_process_t();
  kj::Own<kj::PromiseFulfiller<Exit>> exited;
  kj::Promise<Exit> exit = nullptr;
};

Task<void> attend(kj::Own<Child> child, kj::Own<Capture> capture,
                  kj::Own<kj::PromiseFulfiller<Ended>> ended) {
  auto exiting = child->onExit();
  auto exit = co_await exiting;
  Ended result;
  result.code = exit.signal == 0 ? exit.code : -1;
  result.signal = exit.signal;
  result.output = capture->finish();
  ended->fulfill(kj::mv(result));
}

struct PidWatch {
  PidWatch(kj::UnixEventPort& port, kj::AutoCloseFd end)
      : fd(kj::mv(end)), observer(port, fd, FdObserver::OBSERVE_READ) {}
  kj::AutoCloseFd fd;
  FdObserver observer;  // after the descriptor: gone before it is closed
};

}  // namespace

RealProcesses::RealProcesses(kj::UnixEventPort& port, UvGuest& guest)
    : port(port), guest(guest), children(*this) {}

RealProcesses::~RealProcesses() noexcept(false) {}

kj::Promise<Ended> RealProcesses::run(Command command) {
  if (running >= CHILDREN_MAX) {
    return KJ_EXCEPTION(OVERLOADED, "too many child processes at once", command.program,
                        CHILDREN_MAX);
  }
  int ends[2];
  KJ_SYSCALL(pipe2(ends, O_CLOEXEC));
  kj::AutoCloseFd readEnd(ends[0]), writeEnd(ends[1]);
  KJ_SYSCALL(fcntl(readEnd, F_SETFL, O_NONBLOCK));

  kj::Own<Child> child;
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&]() {
    child = kj::heap<Child>(guest, command, writeEnd.get());
  })) {
    return kj::mv(*reason);
  }
  auto paf = kj::newPromiseAndFulfiller<Ended>();
  ++running;
  kj::Promise<void> attending =
      attend(kj::mv(child), kj::heap<Capture>(port, kj::mv(readEnd)), kj::mv(paf.fulfiller));
  children.add(attending.attach(kj::defer([this]() { --running; })));
  return kj::mv(paf.promise);
}

void RealProcesses::taskFailed(kj::Exception&& reason) {
  KJ_LOG(FATAL, "a child process is no longer attended", reason);
}

kj::Promise<void> RealProcesses::onExit(int pid) {
  KJ_REQUIRE(pid > 0, "not the number of a process", pid);
  int descriptor = syscall(SYS_pidfd_open, pid, 0);
  if (descriptor < 0 && errno == ESRCH) return kj::READY_NOW;
  KJ_REQUIRE(descriptor >= 0, "cannot watch a process: Linux 5.3 or later is needed", pid, errno);
  auto watch = kj::heap<PidWatch>(port, kj::AutoCloseFd(descriptor));
  struct pollfd ended = {descriptor, POLLIN, 0};
  if (::poll(&ended, 1, 0) > 0) return kj::READY_NOW;
  auto ending = watch->observer.whenBecomesReadable();
  return ending.attach(kj::mv(watch));
}

uint64_t RealProcesses::startTime(int pid) {
  KJ_REQUIRE(pid > 0, "not the number of a process", pid);
  auto path = kj::str("/proc/", pid, "/stat");
  FILE* file = fopen(path.cStr(), "re");
  if (file == nullptr) return 0;
  char text[1024];
  size_t size = fread(text, 1, sizeof(text) - 1, file);
  fclose(file);
  text[size] = '\0';
  // The second field is the program's name in brackets, and may itself hold blanks and brackets.
  const char* at = strrchr(text, ')');
  for (int field = 2; at != nullptr && field < 22; ++field) at = strchr(at + 1, ' ');
  return at == nullptr ? 0 : strtoull(at + 1, nullptr, 10);
}

}  // namespace skerry
