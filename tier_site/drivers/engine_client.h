// HTTP to the container engine's unix socket. One connection per call: it costs microseconds there,
// and none is ever met just as the engine closes it.
#pragma once
#include "shared/host/host.h"
#include <kj/async-io.h>
#include <string>

namespace skerry {

class EngineClient {
public:
  enum class Method { GET, POST, DELETE };
  struct Reply {
    uint status = 0;
    std::string body;  // at most ENGINE_BODY_BYTES_MAX
    bool isOk() const { return status >= 200 && status < 400; }
  };

  // `host` outlives the client, and the client its promises and streams.
  EngineClient(Host& host, std::string socketPath);
  ~EngineClient() noexcept(false);
  KJ_DISALLOW_COPY(EngineClient);

  // `path` is encoded already. A `body` is JSON. DISCONNECTED when the engine cannot be reached,
  // breaks off, talks no HTTP or takes longer than `timeoutMs`: whether it did what it was asked is
  // unknown then. Dropping the promise closes the connection, at any point.
  kj::Promise<Reply> call(Method method, kj::String path, uint32_t timeoutMs,
                          std::string body = std::string());
  // A body that stays open; the engine may send even the headers only with the first of it. FAILED
  // when the answer is no 200.
  kj::Promise<kj::Own<kj::AsyncInputStream>> stream(kj::String path);

private:
  struct Tables;
  struct Exchange;
  kj::Promise<kj::Own<Exchange>> send(Method method, kj::String path, std::string body);
  kj::Exception unreachable(const kj::Exception& cause) const;

  Host& host;
  const std::string socketPath;
  kj::Own<Tables> tables;
};

// Percent-encodes what may not stand in a path, or in a query; slashes and colons stay.
kj::String encodePath(const std::string& text);
// {"label":["KEY=VALUE"]}, encoded for a query.
kj::String labelFilter(const std::string& label);

}  // namespace skerry
