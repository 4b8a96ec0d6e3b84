#include "shared/cli/real_machine.h"
#include "shared/host/real_host.h"
#include "shared/host/real_processes.h"
#include "shared/host/real_service.h"
#include <kj/debug.h>
#include <kj/time.h>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace skerry {
namespace {

void writeAll(int fd, const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
    auto size = ::write(fd, text.data() + written, text.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) {
      // A terminal shared with a program that made it non-blocking.
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (size <= 0) KJ_FAIL_REQUIRE("cannot write the output", strerror(errno));
    written += size;
  }
}

std::string readAll(int fd, size_t bytesMax, std::string& error) {
  std::string text;
  char piece[16 << 10];
  while (text.size() <= bytesMax) {
    auto size = ::read(fd, piece, std::min(sizeof(piece), bytesMax + 1 - text.size()));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) error = strerror(errno);
    if (size <= 0) break;
    text.append(piece, size);
  }
  return text;
}

}  // namespace

struct RealMachine::Children {
  explicit Children(kj::UnixEventPort& port) : guest(port), processes(port, guest) {}
  UvGuest guest;
  RealProcesses processes;
};

RealMachine::RealMachine(kj::AsyncIoContext& io) : io(io), random(newSystemEntropy()) {}
RealMachine::~RealMachine() noexcept(false) {}

std::string RealMachine::programFolder() { return ownFolder(); }

kj::Promise<Ended> RealMachine::runScript(const std::string& script) {
  if (children == nullptr) children = kj::heap<Children>(io.unixEventPort);
  Command command;
  command.program = kj::str("/bin/sh");
  command.arguments = kj::arr(kj::str("-c"), kj::str(script.c_str()));
  return KJ_ASSERT_NONNULL(children)->processes.run(kj::mv(command));
}

kj::Promise<void> RealMachine::onStopSignal() {
  captureStopSignals();
  return skerry::onStopSignal(io).ignoreResult();
}

int64_t RealMachine::wallMs() {
  return (kj::systemPreciseCalendarClock().now() - kj::UNIX_EPOCH) / kj::MILLISECONDS;
}

std::optional<std::string> RealMachine::environment(const std::string& name) {
  auto* value = ::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

void RealMachine::out(const std::string& text) { writeAll(STDOUT_FILENO, text); }
void RealMachine::err(const std::string& text) { writeAll(STDERR_FILENO, text); }
bool RealMachine::outIsTerminal() { return ::isatty(STDOUT_FILENO); }
bool RealMachine::inIsTerminal() { return ::isatty(STDIN_FILENO); }

std::optional<std::string> RealMachine::readLine() {
  std::string line;
  char c;
  while (::read(STDIN_FILENO, &c, 1) == 1) {
    if (c == '\n') return line;
    line += c;
  }
  if (line.empty()) return std::nullopt;
  return line;
}

FileText RealMachine::read(const std::string& path, size_t bytesMax) {
  FileText file;
  if (path == "-") {
    file.text = readAll(STDIN_FILENO, bytesMax, file.error);
    return file;
  }
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    file.error = strerror(errno);
    return file;
  }
  file.text = readAll(fd, bytesMax, file.error);
  ::close(fd);
  return file;
}

std::string RealMachine::write(const std::string& path, const std::string& text,
                               Existing existing) {
  auto folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty() && !std::filesystem::exists(folder, error)) {
    std::filesystem::create_directories(folder, error);
    if (error) return error.message();
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  auto temporary = path + ".new";
  ::unlink(temporary.c_str());
  int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return strerror(errno);
  auto failed = kj::runCatchingExceptions([&] { writeAll(fd, text); }) != nullptr;
  failed |= ::fsync(fd) != 0;
  std::string reason = failed ? strerror(errno) : "";
  ::close(fd);
  // A link does not replace what is there.
  bool isThere = reason.empty() && existing == Existing::KEEP
                     ? ::link(temporary.c_str(), path.c_str()) != 0
                     : reason.empty() && ::rename(temporary.c_str(), path.c_str()) != 0;
  if (isThere) reason = strerror(errno);
  ::unlink(temporary.c_str());
  return reason;
}

void RealMachine::remove(const std::string& path) { ::unlink(path.c_str()); }

std::optional<std::vector<std::string>> RealMachine::list(const std::string& path) {
  std::error_code error;
  std::filesystem::directory_iterator entries(path, error);
  if (error) return std::nullopt;
  std::vector<std::string> names;
  for (auto& entry : entries) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace skerry
