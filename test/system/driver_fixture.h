// What the driver tests stand on: a real host with a data folder of its own, removed at the end.
#pragma once
#include "shared/host/real_host.h"
#include "tier_site/drivers/driver.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <fcntl.h>
#include <filesystem>
#include <signal.h>
#include <unistd.h>

namespace skerry {

class ScratchFolder {
public:
  ScratchFolder() {
    char name[] = "/tmp/skerry-test-XXXXXX";
    KJ_REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~ScratchFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

class KeptLines final : public LogSink {
public:
  kj::Promise<void> line(LogLine line) override {
    lines.push_back(kj::mv(line));
    return kj::READY_NOW;
  }
  bool has(const std::string& text) const {
    for (auto& line : lines)
      if (line.text.find(text) != line.text.npos) return true;
    return false;
  }
  std::vector<LogLine> lines;
};

// Everything a test needs, in the order of its death.
struct DriverFixture {
  explicit DriverFixture(const std::string& subfolder = "")
      : io(kj::setupAsyncIo()), real(io, kj::StringPtr((scratch.path + subfolder).c_str())),
        host(real.host()) {}

  template <typename T>
  T wait(kj::Promise<T> promise, uint64_t limitMs = 60000) {
    return host.timer.timeoutAfter(limitMs * kj::MILLISECONDS, kj::mv(promise)).wait(io.waitScope);
  }
  void sleep(uint64_t ms) { host.timer.afterDelay(ms * kj::MILLISECONDS).wait(io.waitScope); }
  // The text of the failure; empty when there is none.
  template <typename T>
  std::string failureOf(kj::Promise<T> promise,
                        kj::Exception::Type type = kj::Exception::Type::FAILED) {
    auto problem = kj::runCatchingExceptions([&]() { wait(kj::mv(promise)); });
    KJ_IF_MAYBE(e, problem) {
      CHECK(e->getType() == type);
      return e->getDescription().cStr();
    }
    return "";
  }
  // Until a change that satisfies `wanted` was told.
  template <typename Wanted>
  Observed awaitChange(std::vector<Observed>& changes, Wanted&& wanted, uint64_t limitMs = 20000) {
    for (uint64_t waitedMs = 0;; waitedMs += 5) {
      for (auto& change : changes)
        if (wanted(change)) return change;
      KJ_REQUIRE(waitedMs < limitMs, "the change was never told", changes.size());
      sleep(5);
    }
  }
  // The log until it holds `text`.
  KeptLines awaitLog(Driver& driver, const InstanceId& id, const std::string& text) {
    for (int tries = 0;; ++tries) {
      KeptLines kept;
      wait(driver.logs(id, LogOptions(), kept));
      if (kept.has(text)) return kept;
      KJ_REQUIRE(tries < 500, "the log never held it", text.c_str(), kept.lines.size());
      sleep(10);
    }
  }

  ScratchFolder scratch;
  kj::AsyncIoContext io;
  RealHost real;
  Host& host;
};

// Not a zombie either.
inline bool isAlive(int pid) {
  if (pid <= 0 || ::kill(pid, 0) != 0) return false;
  char file[64], text[512] = {};
  snprintf(file, sizeof file, "/proc/%d/stat", pid);
  FILE* stat = fopen(file, "r");
  if (stat == nullptr) return false;
  size_t n = fread(text, 1, sizeof text - 1, stat);
  fclose(stat);
  auto state = std::string_view(text, n);
  auto at = state.rfind(')');
  return at != state.npos && state.substr(at + 2, 1) != "Z";
}

inline std::string readAll(const std::string& path) {
  FILE* file = fopen(path.c_str(), "r");
  if (file == nullptr) return "";
  std::string text(1 << 16, 0);
  text.resize(fread(text.data(), 1, text.size(), file));
  fclose(file);
  return text;
}

}  // namespace skerry
