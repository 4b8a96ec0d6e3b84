#include "shared/host/real_host.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/vector.h>
#include <signal.h>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace skerry {
namespace {

constexpr auto PATIENCE = 10 * kj::SECONDS;

struct Fixture {
  Fixture() {
    char name[] = "/tmp/skerry-host-XXXXXX";
    KJ_REQUIRE(mkdtemp(name) != nullptr);
    above = kj::str(name);
    real = kj::heap<RealHost>(io, kj::str(above, "/data"));
  }
  ~Fixture() noexcept(false) {
    real = nullptr;
    auto filesystem = kj::newDiskFilesystem();
    filesystem->getRoot().remove(filesystem->getCurrentPath().evalNative(above));
  }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::String above;
  kj::Own<RealHost> real;

  Host& host() { return real->host(); }
  template <typename T>
  T await(kj::Promise<T> promise) {
    return host().timer.timeoutAfter(PATIENCE, kj::mv(promise)).wait(io.waitScope);
  }
  Ended shell(kj::StringPtr script) { return await(host().processes.run(command(script))); }
  static Command command(kj::StringPtr script) {
    return {kj::str("sh"), kj::arr(kj::str("-c"), kj::str(script))};
  }
};

TEST_CASE("the data folder is created for its owner only, and opened again") {
  Fixture f;
  struct stat info;
  KJ_SYSCALL(stat(kj::str(f.above, "/data").cStr(), &info));
  CHECK((info.st_mode & 07777) == 0700);
  CHECK(f.host().path == kj::str(f.above, "/data"));
  f.host().files.openFile(kj::Path("mark"), kj::WriteMode::CREATE)->writeAll("here");
  f.real = nullptr;
  f.real = kj::heap<RealHost>(f.io, kj::str(f.above, "/data"));
  CHECK(f.host().files.openFile(kj::Path("mark"))->readAllText() == "here");
  CHECK(f.host().disk.databasePath("ledger.db") == kj::str(f.above, "/data/ledger.db"));
  CHECK(f.host().disk.vfs() == nullptr);
}

TEST_CASE("a data folder that cannot be is refused by name") {
  Fixture f;
  auto path = kj::str(f.above, "/data");
  f.host().files.openFile(kj::Path("file"), kj::WriteMode::CREATE)->writeAll("not a folder");
  auto reason = kj::runCatchingExceptions([&]() { RealHost bad(f.io, kj::str(path, "/file")); });
  CHECK(std::string(KJ_REQUIRE_NONNULL(reason).getDescription().cStr()).find("/data/file") !=
        std::string::npos);
}

TEST_CASE("the clocks are the machine's") {
  Fixture f;
  auto& clock = f.host().clock;
  CHECK(std::abs(clock.wallMs() - int64_t(time(nullptr)) * 1000) < 5000);
  auto before = clock.bootMs();
  f.host().timer.afterDelay(20 * kj::MILLISECONDS).wait(f.io.waitScope);
  CHECK(clock.bootMs() >= before + 19);
  CHECK(clock.bootId().size() == 36);
}

TEST_CASE("entropy fills everything it is given") {
  Fixture f;
  kj::byte bytes[512] = {};
  f.host().entropy.fill(bytes);
  size_t zeros = 0;
  for (auto b : bytes) zeros += b == 0;
  CHECK(zeros < 30);  // two expected
  CHECK(f.host().entropy.next() != f.host().entropy.next());
}

TEST_CASE("a child's exit code and output are reported") {
  Fixture f;
  auto ended = f.shell("echo hello; exit 7");
  CHECK(ended.code == 7);
  CHECK(ended.signal == 0);
  CHECK(ended.output == "hello\n");
}

TEST_CASE("a child gets its arguments as they are and no standard input") {
  Fixture f;
  Command command {kj::str("printf"), kj::arr(kj::str("[%s]"), kj::str("a b"), kj::str("$HOME"))};
  CHECK(f.await(f.host().processes.run(kj::mv(command))).output == "[a b][$HOME]");
  CHECK(f.shell("cat; echo end").output == "end\n");
}

TEST_CASE("a child ended by a signal says which") {
  Fixture f;
  auto ended = f.shell("kill -TERM $$");
  CHECK(ended.code == -1);
  CHECK(ended.signal == SIGTERM);
}

TEST_CASE("output beyond the limit is drained and dropped") {
  Fixture f;
  auto ended = f.shell("head -c 3000000 /dev/zero | tr '\\0' x; exit 4");
  CHECK(ended.code == 4);
  CHECK(ended.output.size() == Ended::OUTPUT_BYTES_MAX);
  auto exact = f.shell("head -c 65536 /dev/zero | tr '\\0' y");
  CHECK(exact.output.size() == Ended::OUTPUT_BYTES_MAX);
}

TEST_CASE("a child that floods its output does not keep the loop from turning") {
  Fixture f;
  auto flood = f.host().processes.run(Fixture::command("exec timeout 1 yes"));
  int turns = 0;
  for (auto end = f.host().timer.now() + 300 * kj::MILLISECONDS; f.host().timer.now() < end;) {
    f.host().timer.afterDelay(10 * kj::MILLISECONDS).wait(f.io.waitScope);
    ++turns;
  }
  CHECK(turns > 3);
  CHECK(f.await(kj::mv(flood)).output.size() == Ended::OUTPUT_BYTES_MAX);
}

TEST_CASE("a grandchild that keeps the output open does not hold up its parent's end") {
  Fixture f;
  auto ended = f.shell("sleep 30 & echo $!");
  CHECK(ended.code == 0);
  int grandchild = atoi(ended.output.cStr());
  REQUIRE(grandchild > 1);
  CHECK(::kill(grandchild, SIGKILL) == 0);
}

TEST_CASE("a program that does not exist fails and says which") {
  Fixture f;
  auto reason = kj::runCatchingExceptions([&]() {
    f.await(f.host().processes.run({kj::str("/no/such/program"), nullptr}));
  });
  auto& failure = KJ_REQUIRE_NONNULL(reason);
  CHECK(failure.getType() == kj::Exception::Type::FAILED);
  CHECK(std::string(failure.getDescription().cStr()).find("/no/such/program") != std::string::npos);
  CHECK(f.shell("exit 0").code == 0);
}

TEST_CASE("dropping the promise of a child does not end the child") {
  Fixture f;
  auto mark = kj::str(f.above, "/mark");
  {
    auto dropped = f.host().processes.run(
        Fixture::command(kj::str("sleep 0.1; echo still writing; echo done > ", mark)));
    dropped.poll(f.io.waitScope);
  }
  f.host().timer.afterDelay(400 * kj::MILLISECONDS).wait(f.io.waitScope);
  CHECK(access(mark.cStr(), F_OK) == 0);
}

TEST_CASE("a host that goes leaves its children to themselves") {
  Fixture f;
  auto left = f.host().processes.run(Fixture::command("sleep 0.05"));
  f.real = nullptr;
  CHECK_THROWS_AS(left.wait(f.io.waitScope), kj::Exception);
  CHECK(waitpid(-1, nullptr, 0) > 0);  // nobody else reaps it now
}

// A process that this one did not start: its parent, a shell, has ended.
int orphan(Fixture& f, kj::StringPtr script) {
  int pid = atoi(f.shell(kj::str("(", script, ") > /dev/null & echo $!")).output.cStr());
  KJ_REQUIRE(pid > 1);
  return pid;
}

TEST_CASE("the end of a process that is no child is heard of") {
  Fixture f;
  int pid = orphan(f, "exec sleep 30");
  auto exit = f.host().processes.onExit(pid);
  f.host().timer.afterDelay(20 * kj::MILLISECONDS).wait(f.io.waitScope);
  CHECK(!exit.poll(f.io.waitScope));
  ::kill(pid, SIGKILL);
  f.await(kj::mv(exit));
}

TEST_CASE("many watches of processes end each on its own, and may be dropped") {
  Fixture f;
  int stays = orphan(f, "exec sleep 30");
  kj::Vector<kj::Promise<void>> exits;
  for (int i = 0; i < 20; ++i) exits.add(f.host().processes.onExit(orphan(f, "sleep 0.1")));
  { auto dropped = f.host().processes.onExit(stays); }
  auto watched = f.host().processes.onExit(stays);
  for (auto& exit : exits) f.await(kj::mv(exit));
  CHECK(!watched.poll(f.io.waitScope));
  ::kill(stays, SIGKILL);
  f.await(kj::mv(watched));
}

TEST_CASE("a process that is gone has ended already and has no start time") {
  Fixture f;
  int pid = atoi(f.shell("echo $$").output.cStr());
  REQUIRE(pid > 1);
  f.await(f.host().processes.onExit(pid));
  CHECK(f.host().processes.startTime(pid) == 0);
}

TEST_CASE("a start time is the process's own, whatever its name") {
  Fixture f;
  auto odd = kj::str(f.above, "/a) (b 1 2");
  f.shell(kj::str("cp /bin/sleep '", odd, "'"));
  int pid = orphan(f, kj::str("exec '", odd, "' 30"));
  f.host().timer.afterDelay(50 * kj::MILLISECONDS).wait(f.io.waitScope);
  auto started = f.host().processes.startTime(pid);
  CHECK(started > 0);
  CHECK(started == f.host().processes.startTime(pid));
  auto ticksNow = f.host().clock.bootMs() * uint64_t(sysconf(_SC_CLK_TCK)) / 1000;
  CHECK(started <= ticksNow + 1);
  CHECK(started + 1000 > ticksNow);
  ::kill(pid, SIGKILL);
}

TEST_CASE("the stop signals arrive as a promise, each by its number") {
  captureStopSignals();
  for (int number : {SIGTERM, SIGINT}) {
    auto io = kj::setupAsyncIo();
    auto stop = onStopSignal(io);
    CHECK(!stop.poll(io.waitScope));
    ::kill(getpid(), number);
    CHECK(stop.wait(io.waitScope) == number);
  }
}

TEST_CASE("children do not inherit the daemon's blocked signals") {
  captureStopSignals();
  Fixture f;
  auto child = f.host().processes.run(Fixture::command("sleep 0.1; kill -TERM $$; sleep 5"));
  CHECK(f.await(kj::mv(child)).signal == SIGTERM);
}

}  // namespace
}  // namespace skerry
