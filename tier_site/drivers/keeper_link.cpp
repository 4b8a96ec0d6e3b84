#include "tier_site/drivers/keeper_link.h"
#include "shared/async/task.h"
#include "tier_site/drivers/driver_limits.h"
#include <kj/debug.h>

namespace skerry {

namespace {

kj::Exception goneAway(kj::StringPtr what) {
  return KJ_EXCEPTION(DISCONNECTED, what, "the service itself goes on; it is found again later");
}

// A socket's address holds 107 bytes; the kernel's name of the open folder is short.
kj::String socketAddress(const kj::Directory& folder, const std::string& path) {
  auto whole = kj::str("unix:", path, "/sock");
  if (path.size() + 5 <= SOCKET_PATH_BYTES_MAX) return whole;
  KJ_IF_MAYBE(fd, folder.getFd()) return kj::str("unix:/proc/self/fd/", *fd, "/sock");
  return whole;
}

// `host` outlives the task.
Task<kj::Own<KeeperLink>> connectTask(Host& host, kj::Own<const kj::Directory> folder,
                                      std::string path) {
  auto parsing = host.network.parseAddress(socketAddress(*folder, path));
  auto address = co_await parsing;
  auto connecting = address->connect();
  auto stream = co_await connecting;
  auto link = kj::heap<KeeperLink>(host, kj::mv(stream));
  auto greeting = link->ask(nullptr);
  co_await greeting;
  co_return kj::mv(link);
}

}  // namespace

kj::Promise<kj::Own<KeeperLink>> KeeperLink::connect(Host& host, const kj::Directory& folder,
                                                     std::string path) {
  kj::Promise<kj::Own<KeeperLink>> link = connectTask(host, folder.clone(), path);
  return link.catch_([path](kj::Exception&& e) -> kj::Promise<kj::Own<KeeperLink>> {
    return KJ_EXCEPTION(DISCONNECTED, "no keeper answers", path, e.getDescription());
  });
}

KeeperLink::KeeperLink(Host& host, kj::Own<kj::AsyncIoStream> s)
    : timer(host.timer), stream(kj::mv(s)) {
  reading = readLines().then([this]() { lose(); }, [this](kj::Exception&&) { lose(); })
                .eagerlyEvaluate(nullptr);
}

KeeperLink::~KeeperLink() noexcept(false) {}

kj::Promise<void> KeeperLink::readLines() {
  return stream->tryRead(chunk, 1, sizeof chunk).then([this](size_t n) -> kj::Promise<void> {
    if (n == 0) return kj::READY_NOW;
    buffered.append(chunk, n);
    for (size_t end; (end = buffered.find('\n')) != buffered.npos;) {
      auto line = buffered.substr(0, end);
      buffered.erase(0, end + 1);
      take(line);
    }
    KJ_REQUIRE(buffered.size() <= KEEPER_LINE_BYTES_MAX, "a keeper's line is too long");
    return readLines();
  });
}

// The greeting is the answer to a question that need not be asked.
void KeeperLink::take(std::string_view line) {
  KeeperStatus status(line);
  if (!status.get("state").empty()) newest = status;
  if (!newest.isRunning()) {
    for (auto& waiter : idleWaiters) waiter->fulfill();
    idleWaiters.clear();
  }
  if (status.head() == "event") return onEvent(status);
  if (asked.empty()) return;
  auto waiter = kj::mv(asked.front());
  asked.pop_front();
  waiter->fulfill(kj::mv(status));
}

void KeeperLink::lose() {
  lost = true;
  for (auto& waiter : asked) waiter->reject(goneAway("a keeper went away without an answer"));
  for (auto& waiter : idleWaiters) waiter->reject(goneAway("a keeper went away while waited for"));
  for (auto& waiter : lossWaiters) waiter->fulfill();
  asked.clear();
  idleWaiters.clear();
  lossWaiters.clear();
  onLost();
}

kj::Promise<KeeperStatus> KeeperLink::ask(kj::String request) {
  if (lost) return goneAway("the keeper is gone");
  auto paf = kj::newPromiseAndFulfiller<KeeperStatus>();
  asked.push_back(kj::mv(paf.fulfiller));
  if (request != nullptr) {
    auto line = kj::str(request, "\n");
    auto text = line.asBytes();
    writing = writing.then([this, text]() { return stream->write(text.begin(), text.size()); })
                  .attach(kj::mv(line))
                  .eagerlyEvaluate([](kj::Exception&&) {});  // the reader notices
  }
  return timer.timeoutAfter(KEEPER_ANSWER_MS * kj::MILLISECONDS, kj::mv(paf.promise))
      .catch_([](kj::Exception&& e) -> kj::Promise<KeeperStatus> {
        if (e.getType() == kj::Exception::Type::DISCONNECTED) return kj::mv(e);
        return goneAway("a keeper does not answer");
      });
}

kj::Promise<void> KeeperLink::watch(kj::Function<void(const KeeperStatus&)> eventCallback,
                                    kj::Function<void()> lossCallback) {
  onEvent = kj::mv(eventCallback);
  onLost = kj::mv(lossCallback);
  return ask(kj::str("watch")).ignoreResult();
}

kj::Promise<void> KeeperLink::untilIdle() {
  if (lost) return goneAway("the keeper is gone");
  if (!newest.isRunning()) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  idleWaiters.push_back(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

kj::Promise<void> KeeperLink::untilLost() {
  if (lost) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  lossWaiters.push_back(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

}  // namespace skerry
