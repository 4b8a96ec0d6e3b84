#include "shared/http/page_server.h"
#include "shared/async/plainly.h"
#include "shared/http/guard.h"
#include "shared/http/http_limits.h"
#include <kj/compat/http.h>
#include <kj/debug.h>
#include <list>

namespace skerry {
namespace {

constexpr auto ACCEPT_RETRY = 1 * kj::SECONDS;  // when there is no descriptor left for a connection

const char* phrase(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 503: return "Service Unavailable";
    default: return "Internal Server Error";
  }
}

class PageService final : public kj::HttpService {
public:
  PageService(const kj::HttpHeaderTable& table, Pages pages)
      : table(table), pages(std::move(pages)) {}

  kj::Promise<void> request(kj::HttpMethod method, kj::StringPtr url, const kj::HttpHeaders&,
                            kj::AsyncInputStream&, Response& response) override {
    auto answer = kj::heap<PageAnswer>(find(method, url.cStr()));
    kj::HttpHeaders headers(table);
    headers.set(kj::HttpHeaderId::CONTENT_TYPE,
                kj::StringPtr(answer->type.c_str(), answer->type.size()));
    headers.add("Cache-Control"_kj, "no-store"_kj);
    headers.add("X-Content-Type-Options"_kj, "nosniff"_kj);
    if (answer->status == 405) headers.add("Allow"_kj, "GET, HEAD"_kj);
    auto to = response.send(answer->status, phrase(answer->status), headers, answer->body.size());
    auto writing = to->write(answer->body.data(), answer->body.size());
    return writing.attach(kj::mv(to), kj::mv(answer));
  }

private:
  PageAnswer find(kj::HttpMethod method, std::string url) {
    if (method != kj::HttpMethod::GET && method != kj::HttpMethod::HEAD) {
      return {405, PageAnswer().type, "nothing is changed here: GET and HEAD only\n"};
    }
    auto page = pages.find(url.substr(0, url.find('?')));
    if (page == pages.end()) return {404, PageAnswer().type, "there is " + list() + "\n"};
    PageAnswer answer;
    KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] { answer = page->second(); })) {
      answer = {500, PageAnswer().type, plainly(*reason) + "\n"};
    }
    return answer;
  }
  std::string list() {
    std::string all;
    for (auto& [path, page] : pages) all += (all.empty() ? "" : ", ") + path;
    return all;
  }

  const kj::HttpHeaderTable& table;
  Pages pages;
};

kj::HttpServerSettings settings() {
  kj::HttpServerSettings settings;
  settings.headerTimeout = HTTP_HEAD_WAIT;
  settings.pipelineTimeout = HTTP_HEAD_WAIT;
  settings.canceledUploadGracePeriod = HTTP_BODY_WAIT;
  settings.canceledUploadGraceBytes = HTTP_BODY_BYTES_MAX;
  return settings;
}

class KjPageServer final : public PageServer, private kj::TaskSet::ErrorHandler {
public:
  KjPageServer(kj::Timer& timer, kj::Own<kj::ConnectionReceiver> port, Pages pages)
      : timer(timer), port(kj::mv(port)), service(table, std::move(pages)),
        server(timer, table, service, settings()), ended(*this) {
    accepting = acceptForEver().eagerlyEvaluate(nullptr);
  }
  ~KjPageServer() noexcept(false) {
    accepting = nullptr;
    connections.clear();
  }
  size_t connectionCount() const override { return connections.size(); }

private:
  struct Connection {
    kj::Promise<void> serving = nullptr;
  };
  using Place = std::list<Connection>::iterator;

  kj::Promise<void> acceptForEver() {
    return port->accept()
        .then([this](kj::Own<kj::AsyncIoStream>&& stream) -> kj::Promise<void> {
      if (connections.size() >= HTTP_CONNECTIONS_MAX) connections.pop_front();
      serve(connections.emplace(connections.end()), kj::mv(stream));
      return kj::READY_NOW;
    }, [this](kj::Exception&&) -> kj::Promise<void> {
      return timer.afterDelay(ACCEPT_RETRY);
    }).then([this] { return acceptForEver(); });
  }
  void serve(Place place, kj::Own<kj::AsyncIoStream> stream) {
    place->serving = server.listenHttp(newRequestGuard(kj::mv(stream), timer))
        .catch_([](kj::Exception&&) {})  // the peer's affair
        .then([this, place] {
      // A promise must not drop itself.
      ended.add(kj::evalLater([gone = kj::mv(place->serving)] {}));
      connections.erase(place);
    }).eagerlyEvaluate(nullptr);
  }
  void taskFailed(kj::Exception&&) override {}

  kj::Timer& timer;
  kj::Own<kj::ConnectionReceiver> port;
  kj::HttpHeaderTable table;
  PageService service;
  kj::HttpServer server;
  kj::TaskSet ended;
  std::list<Connection> connections;  // the oldest first
  kj::Promise<void> accepting = nullptr;
};

}  // namespace

kj::Own<PageServer> newPageServer(kj::Timer& timer, kj::Own<kj::ConnectionReceiver> port,
                                  Pages pages) {
  return kj::heap<KjPageServer>(timer, kj::mv(port), std::move(pages));
}

}  // namespace skerry
