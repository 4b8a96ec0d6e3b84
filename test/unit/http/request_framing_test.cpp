#include "shared/http/request_framing.h"
#include "shared/http/http_limits.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

const std::string GET = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(const std::string& headers, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body;
}
std::string chunked(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

struct Outcome {
  std::string passed;
  unsigned status = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome judged(const std::string& bytes, size_t pieceBytes) {
  RequestFraming framing;
  Outcome outcome;
  for (size_t i = 0; i < bytes.size(); i += pieceBytes) {
    if (!framing.take(std::string_view(bytes).substr(i, pieceBytes), outcome.passed)) break;
  }
  outcome.status = framing.refusal().status;
  return outcome;
}

// The same, however the bytes arrive.
Outcome judged(const std::string& bytes) {
  auto whole = judged(bytes, bytes.size());
  for (size_t pieceBytes : {1, 2, 3, 7}) CHECK(judged(bytes, pieceBytes) == whole);
  return whole;
}

void passes(const std::string& bytes) {
  CAPTURE(bytes);
  CHECK(judged(bytes) == Outcome{bytes, 0});
}
void isRefused(const std::string& bytes, unsigned status = 400) {
  CAPTURE(bytes);
  auto outcome = judged(bytes);
  CHECK(outcome.status == status);
  CHECK(bytes.starts_with(outcome.passed));
}

}  // namespace

TEST_CASE("requests with one reading pass unchanged, also one after the other") {
  passes(GET);
  passes("GET /metrics?x=1 HTTP/1.0\r\n\r\n");
  passes(GET + GET + post("Content-Length: 3\r\n", "abc") + GET);
  passes(post("content-length:  0 \r\n") + GET);
  passes(chunked("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n") + GET);
  passes(chunked("0000003\r\nabc\r\n0\r\n\r\n"));
  passes(post("Transfer-Encoding: CHUNKED\r\nX-Name: \xc3\xa6\t1\r\n", "0\r\n\r\n"));
}

TEST_CASE("a head passes only once it is whole") {
  RequestFraming framing;
  std::string passed;
  CHECK(framing.take(GET.substr(0, GET.size() - 1), passed));
  CHECK(passed == "");
  CHECK(framing.take("\n", passed));
  CHECK(passed == GET);
}

TEST_CASE("the lengths that kj-http 0.9.2 does not check never reach it") {
  for (auto length : {"-1", "+1", "0x10", "1e3", "", " ", "1 2", "1,1", "1234567890",
                      "18446744073709551615", "18446744073709551617", "\xef\xbc\x91"}) {
    isRefused(post(std::string("Content-Length: ") + length + "\r\n", "abc"));
  }
  for (auto size : {"-1", "+1", "0x1", "", " 1", "1 ", "1;a=b", "12345678", "ffffffffffffffff",
                    "10000000000000001", "g"}) {
    isRefused(chunked(std::string(size) + "\r\nabc\r\n0\r\n\r\n"));
  }
  isRefused(post("Content-Length: 999999999\r\n"), 413);
  isRefused(chunked("fffffff\r\n"), 413);
}

TEST_CASE("a request whose end has two readings is refused") {
  isRefused(post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  isRefused(post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"));
  isRefused(post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"));
  isRefused(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  isRefused(post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501);
  isRefused(post("Transfer-Encoding: identity\r\n"), 501);
  isRefused(post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"));
  isRefused(post("Content-Length: 3\r\n Transfer-Encoding: chunked\r\n", "abc"));
  isRefused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  isRefused(chunked("3\r\nabcd\r\n0\r\n\r\n"));
  isRefused(chunked("3\nabc\r\n0\r\n\r\n"));
  isRefused(chunked("3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n"));
}

TEST_CASE("line ends, names and versions have one spelling") {
  isRefused("GET / HTTP/1.1\nHost: a\n\n\r\n\r\n");
  isRefused("GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n");
  isRefused("GET / HTTP/1.1\r\nHost: a\r\nX: 1\nContent-Length: 9\r\n\r\n");
  isRefused("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1, 0) + "\r\n\r\n");
  isRefused("\r\n\r\n");
  isRefused("\r\n" + GET);
  isRefused("GET /\r\n\r\n");
  isRefused("get / HTTP/1.1\r\nHost: a\r\n\r\n");
  isRefused("GET  / HTTP/1.1\r\nHost: a\r\n\r\n");
  isRefused("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n");
  isRefused("GET / HTTP/1.1\r\n\r\n");
  isRefused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  isRefused("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n");
  isRefused("GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n");
  isRefused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
  isRefused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

TEST_CASE("heads and bodies have their limits, and what is there has room in them") {
  auto padded = [](size_t size) { return "GET / HTTP/1.1\r\nHost: a\r\nX: " +
                                         std::string(size, 'x') + "\r\n\r\n"; };
  auto room = HTTP_HEAD_BYTES_MAX - padded(0).size();
  passes(padded(room));
  isRefused(padded(room + 1), 431);
  isRefused(std::string(HTTP_HEAD_BYTES_MAX, 'x'), 431);
  std::string headers;
  for (size_t i = 1; i < HTTP_HEADERS_MAX; ++i) headers += "X: 1\r\n";
  passes(post(headers));
  isRefused(post(headers + "X: 1\r\n"), 431);
  auto whole = std::to_string(HTTP_BODY_BYTES_MAX), more = std::to_string(HTTP_BODY_BYTES_MAX + 1);
  passes(post("Content-Length: " + whole + "\r\n", std::string(HTTP_BODY_BYTES_MAX, 'x')));
  isRefused(post("Content-Length: " + more + "\r\n"), 413);
  auto half = "8000\r\n" + std::string(0x8000, 'x') + "\r\n";
  passes(chunked(half + half + "0\r\n\r\n"));
  isRefused(chunked(half + half + "1\r\nx\r\n0\r\n\r\n"), 413);
}

TEST_CASE("a request that is refused takes nothing of those before it") {
  auto outcome = judged(GET + GET + "nonsense\r\n\r\n" + GET);
  CHECK(outcome == Outcome{GET + GET, 400});
}
