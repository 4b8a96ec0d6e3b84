#include "tier_site/drivers/engine_client.h"
#include "shared/async/plainly.h"
#include "shared/async/task.h"
#include "tier_site/drivers/driver_limits.h"
#include "tier_site/drivers/engine_json.h"
#include <kj/compat/http.h>
#include <kj/debug.h>
#include <kj/encoding.h>

namespace skerry {

struct EngineClient::Tables {
  kj::Own<kj::HttpHeaderTable> headers = kj::HttpHeaderTable::Builder().build();
};

// One request and its answer on a connection of its own. Members die in the order that kj-http asks
// for: streams before the client, the client before the connection.
struct EngineClient::Exchange {
  kj::Own<kj::NetworkAddress> address;
  kj::Own<kj::AsyncIoStream> connection;
  kj::Own<kj::HttpClient> client;
  uint status = 0;
  kj::Own<kj::AsyncInputStream> body;
};

namespace {

kj::HttpMethod httpMethod(EngineClient::Method method) {
  switch (method) {
    case EngineClient::Method::GET: return kj::HttpMethod::GET;
    case EngineClient::Method::POST: return kj::HttpMethod::POST;
    case EngineClient::Method::DELETE: return kj::HttpMethod::DELETE;
  }
  KJ_UNREACHABLE;
}

}  // namespace

EngineClient::EngineClient(Host& host, std::string socketPath)
    : host(host), socketPath(kj::mv(socketPath)), tables(kj::heap<Tables>()) {}
EngineClient::~EngineClient() noexcept(false) {}

kj::Exception EngineClient::unreachable(const kj::Exception& cause) const {
  return KJ_EXCEPTION(DISCONNECTED, kj::str("the container engine at ", socketPath.c_str(),
                                            " does not answer: ", plainly(cause).c_str(),
                                            "; what runs goes on. Is the engine started?"));
}

kj::Promise<kj::Own<EngineClient::Exchange>> EngineClient::send(Method method, kj::String path,
                                                                std::string body) {
  auto exchange = kj::heap<Exchange>();
  auto& x = *exchange;
  auto connected = host.network.parseAddress(kj::str("unix:", socketPath.c_str()))
                       .then([&x](kj::Own<kj::NetworkAddress> address) {
                         x.address = kj::mv(address);
                         return x.address->connect();
                       });
  auto answered = connected.then([this, &x, method, path = kj::mv(path), body = kj::mv(body)](
                                     kj::Own<kj::AsyncIoStream> connection) mutable {
    x.connection = kj::mv(connection);
    x.client = kj::newHttpClient(*tables->headers, *x.connection);
    kj::HttpHeaders headers(*tables->headers);
    headers.set(kj::HttpHeaderId::HOST, "engine");  // engines refuse a request without
    if (!body.empty()) headers.set(kj::HttpHeaderId::CONTENT_TYPE, "application/json");
    auto content = kj::heap<std::string>(kj::mv(body));
    auto request = x.client->request(httpMethod(method), path, headers, uint64_t(content->size()));
    kj::Promise<void> sent = kj::READY_NOW;
    if (!content->empty()) sent = request.body->write(content->data(), content->size());
    // Dropping the body's stream ends the request.
    return sent.attach(kj::mv(content), kj::mv(request.body), kj::mv(path))
        .then([response = kj::mv(request.response)]() mutable { return kj::mv(response); });
  });
  return answered.then(
      [exchange = kj::mv(exchange)](kj::HttpClient::Response&& response) mutable {
        exchange->status = response.statusCode;
        exchange->body = kj::mv(response.body);
        return kj::mv(exchange);
      });
}

kj::Promise<EngineClient::Reply> EngineClient::call(Method method, kj::String path,
                                                    uint32_t timeoutMs, std::string body) {
  auto answered = send(method, kj::mv(path), kj::mv(body)).then([](kj::Own<Exchange> exchange) {
    auto& x = *exchange;
    return x.body->readAllBytes(ENGINE_BODY_BYTES_MAX)
        .then([&x](kj::Array<kj::byte> bytes) {
          return Reply{x.status, std::string(bytes.asChars().begin(), bytes.size())};
        })
        .attach(kj::mv(exchange));
  });
  return host.timer.timeoutAfter(timeoutMs * kj::MILLISECONDS, kj::mv(answered))
      .catch_([this](kj::Exception&& e) -> kj::Promise<Reply> { return unreachable(e); });
}

kj::Promise<kj::Own<kj::AsyncInputStream>> EngineClient::stream(kj::String path) {
  return send(Method::GET, kj::mv(path), std::string())
      .catch_(
          [this](kj::Exception&& e) -> kj::Promise<kj::Own<Exchange>> { return unreachable(e); })
      .then([](kj::Own<Exchange> exchange) -> kj::Promise<kj::Own<kj::AsyncInputStream>> {
        auto& x = *exchange;
        if (x.status == 200) return x.body.attach(kj::mv(exchange));
        return x.body->readAllText(ENGINE_BODY_BYTES_MAX)
            .then([&x](kj::String text) -> kj::Own<kj::AsyncInputStream> {
              kj::throwFatalException(KJ_EXCEPTION(
                  FAILED, kj::str("the container engine answers ", x.status, ": ",
                                  decodeFailure(text.cStr()).c_str())));
            })
            .attach(kj::mv(exchange));
      });
}

kj::String encodePath(const std::string& text) {
  static constexpr char PLAIN[] = "-._~/:@";
  kj::Vector<char> out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (isalnum(byte) || (c != 0 && strchr(PLAIN, c) != nullptr)) {
      out.add(c);
    } else {
      out.add('%');
      out.addAll(kj::encodeHex(kj::arrayPtr(&byte, 1)));
    }
  }
  return kj::heapString(out.begin(), out.size());
}

kj::String labelFilter(const std::string& label) {
  return kj::encodeUriComponent(kj::str("{\"label\":[\"", label.c_str(), "\"]}"));
}

}  // namespace skerry
