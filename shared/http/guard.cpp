#include "shared/http/guard.h"
#include "shared/http/http_limits.h"
#include "shared/http/request_framing.h"
#include <kj/debug.h>
#include <cstring>

namespace skerry {
namespace {

class RequestGuard final : public kj::AsyncIoStream {
public:
  RequestGuard(kj::Own<kj::AsyncIoStream> connection, kj::Timer& timer)
      : connection(kj::mv(connection)), timer(timer) {}

  kj::Promise<size_t> tryRead(void* buffer, size_t minBytes, size_t maxBytes) override {
    auto given = give(buffer, maxBytes);
    if (given >= minBytes) return given;
    if (framing.refusal().status != 0) return refuse();
    auto to = static_cast<char*>(buffer) + given;
    auto more = connection->tryRead(scratch, 1, sizeof(scratch))
        .then([this, to, minBytes, maxBytes, given](size_t size) -> kj::Promise<size_t> {
      if (size == 0) return size_t(0);
      framing.take({scratch, size}, passed);
      return tryRead(to, minBytes - given, maxBytes - given);
    });
    if (given == 0) return more;  // without another link, for heads that come byte by byte
    return more.then([given](size_t size) { return given + size; });
  }
  kj::Promise<void> write(const void* buffer, size_t size) override {
    return within(connection->write(buffer, size));
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    return within(connection->write(pieces));
  }
  kj::Promise<void> whenWriteDisconnected() override {
    return connection->whenWriteDisconnected();
  }
  void shutdownWrite() override { connection->shutdownWrite(); }
  void abortRead() override { connection->abortRead(); }

private:
  size_t give(void* buffer, size_t maxBytes) {
    auto size = kj::min(maxBytes, passed.size());
    memcpy(buffer, passed.data(), size);
    passed.erase(0, size);
    return size;
  }
  kj::Promise<void> within(kj::Promise<void> writing) {
    // DISCONNECTED, which is the peer's affair: of other failures kj-http writes a line each.
    return writing.exclusiveJoin(timer.afterDelay(HTTP_WRITE_WAIT).then([]() -> kj::Promise<void> {
      return KJ_EXCEPTION(DISCONNECTED, "the peer does not read its answer");
    }));
  }
  // What came before was answered: kj-http does not ask for the next request earlier.
  kj::Promise<size_t> refuse() {
    auto& refusal = framing.refusal();
    auto failure = KJ_EXCEPTION(DISCONNECTED, "a request was refused", refusal.reason);
    if (!framing.isBetweenBodies()) return kj::mv(failure);
    auto answer = kj::str("HTTP/1.1 ", refusal.status, " Refused\r\nConnection: close\r\n"
                          "Content-Type: text/plain\r\nContent-Length: ",
                          strlen(refusal.reason) + 1, "\r\n\r\n", refusal.reason, "\n");
    auto writing = write(answer.begin(), answer.size()).attach(kj::mv(answer));
    return writing.then([failure = kj::mv(failure)]() mutable -> kj::Promise<size_t> {
      return kj::mv(failure);
    });
  }

  kj::Own<kj::AsyncIoStream> connection;
  kj::Timer& timer;
  RequestFraming framing;
  std::string passed;  // judged, not read yet: at most a head and a scratch
  char scratch[HTTP_READ_BYTES];
};

}  // namespace

kj::Own<kj::AsyncIoStream> newRequestGuard(kj::Own<kj::AsyncIoStream> connection,
                                           kj::Timer& timer) {
  return kj::heap<RequestGuard>(kj::mv(connection), timer);
}

}  // namespace skerry
