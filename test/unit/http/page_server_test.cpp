#include "shared/http/page_server.h"
#include "shared/http/http_limits.h"
#include "test/sim/sim_host.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

using namespace skerry;

namespace {

constexpr uint64_t SEED = 1, PATIENCE_MS = 60'000;

// A server on one simulated machine, its clients on another.
struct Web {
  SimWorld world{SEED};
  SimHost box{world, "box"}, desk{world, "desk"};
  unsigned asked = 0;
  std::string large;
  kj::Own<PageServer> server;

  Web() {
    box.powerOn();
    desk.powerOn();
    auto address = wait(box.host().network.parseAddress("box:9100"));
    server = newPageServer(world.timer(), address->listen(), {
        {"/healthz", [this] { ++asked; return PageAnswer{200, "text/plain", "ok\n"}; }},
        {"/readyz", [] { return PageAnswer{503, "text/plain", "the disk is full\n"}; }},
        {"/broken", []() -> PageAnswer { KJ_FAIL_REQUIRE("the page is torn"); }},
        {"/large", [this] { return PageAnswer{200, "text/plain", large}; }}});
  }
  ~Web() { server = nullptr; }

  template <typename T> T wait(kj::Promise<T> promise) {
    return world.run(kj::mv(promise), PATIENCE_MS);
  }
  kj::Own<kj::AsyncIoStream> dial() {
    auto address = wait(desk.host().network.parseAddress("box:9100"));
    return wait(address->connect());
  }
  void say(kj::AsyncIoStream& to, const std::string& text) {
    wait(to.write(text.data(), text.size()));
  }
  // Until the server ends the connection.
  std::string rest(kj::AsyncIoStream& from) {
    return std::string(wait(from.readAllText().then([](kj::String text) { return text; },
                                                    [](kj::Exception&&) {
      return kj::str("(broken)");
    })).cStr());
  }
  std::string ask(const std::string& text) {
    auto stream = dial();
    say(*stream, text);
    stream->shutdownWrite();
    return rest(*stream);
  }
  std::string get(const std::string& path, const std::string& method = "GET") {
    return ask(method + " " + path + " HTTP/1.1\r\nHost: box\r\n\r\n");
  }
  bool ends(kj::AsyncIoStream& stream, uint64_t withinMs) {
    auto reading = stream.readAllText().ignoreResult().catch_([](kj::Exception&&) {});
    auto begin = world.nowMs();
    wait(kj::mv(reading));
    return world.nowMs() - begin <= withinMs;
  }
};

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("pages are answered with their status, and HEAD without the page") {
  Web web;
  auto page = web.get("/healthz");
  CHECK(page.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(page.ends_with("\r\n\r\nok\n"));
  CHECK(web.get("/healthz?verbose").ends_with("ok\n"));
  auto head = web.get("/healthz", "HEAD");
  CHECK(head.find("Content-Length: 3\r\n") != head.npos);
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(web.get("/readyz").starts_with("HTTP/1.1 503 "));
  CHECK(web.get("/readyz").ends_with("the disk is full\n"));
}

TEST_CASE("what is no page is answered with what there is, and nothing can be changed") {
  Web web;
  CHECK(web.get("/").starts_with("HTTP/1.1 404 "));
  CHECK(web.get("/").find("/healthz, /large, /readyz") != std::string::npos);
  CHECK(web.get("/healthz/../x").starts_with("HTTP/1.1 404 "));
  auto posted = web.ask("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
  CHECK(posted.starts_with("HTTP/1.1 405 "));
  CHECK(posted.find("Allow: GET, HEAD\r\n") != posted.npos);
  CHECK(web.asked == 0);
  CHECK(web.get("/broken").starts_with("HTTP/1.1 500 "));
  CHECK(web.get("/broken").ends_with("the page is torn\n"));
}

TEST_CASE("requests that come at once are answered in order on one connection") {
  Web web;
  auto stream = web.dial();
  std::string one = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
  web.say(*stream, one + one + "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n" + one);
  stream->shutdownWrite();
  auto answers = web.rest(*stream);
  CHECK(count(answers, "HTTP/1.1 200 OK") == 3);
  CHECK(count(answers, "HTTP/1.1 503 ") == 1);
  CHECK(answers.find("503") > answers.find("200"));
  CHECK(web.asked == 3);
}

TEST_CASE("hostile: a request that is refused is told why, after the answers before it") {
  Web web;
  auto both = web.ask("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
                      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                      "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(both.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(both.find("HTTP/1.1 400 ") != both.npos);
  CHECK(both.ends_with("a length, and chunks\n"));
  CHECK(web.asked == 1);
  auto huge = web.ask("GET / HTTP/1.1\r\nHost: " + std::string(HTTP_HEAD_BYTES_MAX, 'a'));
  CHECK(huge.starts_with("HTTP/1.1 431 "));
}

TEST_CASE("hostile: a length or a chunk that would wrap is refused and harms nobody") {
  Web web;
  for (auto head : {"Content-Length: -1", "Content-Length: 18446744073709551615"}) {
    CHECK(web.ask("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(head) + "\r\n\r\nabc")
              .starts_with("HTTP/1.1 400 "));
  }
  web.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          "ffffffffffffffff\r\nabc");
  CHECK(web.get("/healthz").ends_with("ok\n"));
}

TEST_CASE("hostile: a head that comes a byte at a time is not waited for") {
  Web web;
  auto stream = web.dial();
  auto sending = kj::Promise<void>(kj::READY_NOW);
  auto ended = stream->readAllText().ignoreResult().catch_([](kj::Exception&&) {}).fork();
  auto begin = web.world.nowMs();
  bool isOver = false;
  auto watching = ended.addBranch().then([&] { isOver = true; }).eagerlyEvaluate(nullptr);
  for (int i = 0; i < 100 && !isOver; ++i) {
    kj::runCatchingExceptions([&] { web.say(*stream, "x"); });
    web.world.runFor(1000);
  }
  CHECK(isOver);
  CHECK(web.world.nowMs() - begin <= 10'000);
  CHECK(web.server->connectionCount() == 0);
}

TEST_CASE("hostile: silence before, between and inside requests ends with its deadline") {
  Web web;
  for (auto text : {"", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "GET /healthz HT",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1"}) {
    CAPTURE(text);
    auto stream = web.dial();
    web.say(*stream, text);
    CHECK(web.ends(*stream, 10'000));
  }
  CHECK(web.server->connectionCount() == 0);
}

TEST_CASE("hostile: a peer that does not read its answer is given up") {
  Web web;
  web.large = std::string(8 << 20, 'x');
  auto stream = web.dial();
  web.say(*stream, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  web.world.network().cutOneWay("box", "desk");
  web.world.runFor(30'000);
  CHECK(web.server->connectionCount() == 0);
}

TEST_CASE("hostile: when too many are connected the oldest gives way to who asks") {
  Web web;
  std::vector<kj::Own<kj::AsyncIoStream>> idle;
  for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; ++i) idle.push_back(web.dial());
  web.world.runFor(100);
  CHECK(web.server->connectionCount() == HTTP_CONNECTIONS_MAX);
  CHECK(web.get("/healthz").ends_with("ok\n"));
  CHECK(web.ends(*idle[0], 100));
  web.world.runFor(100);
  CHECK(web.server->connectionCount() == HTTP_CONNECTIONS_MAX - 1);
}
