// HTTP requests from anybody who reaches the pages, and patterns out of queries for lines.
#include "shared/http/request_framing.h"
#include "shared/model/line_pattern.h"
#include "test/fuzz/fuzz.h"

namespace skerry {
namespace {

constexpr size_t SEARCHED_BYTES_MAX = 1'024;

struct Judged {
  std::string passed;
  unsigned status = 0;
  bool operator==(const Judged&) const = default;
};

Judged judge(std::string_view bytes, size_t pieceBytes) {
  RequestFraming framing;
  Judged judged;
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, pieceBytes);
    bytes.remove_prefix(piece.size());
    if (!framing.take(piece, judged.passed)) break;
  }
  judged.status = framing.refusal().status;
  return judged;
}

void run(BytesView input) {
  auto bytes = text(input);
  auto whole = judge(bytes, bytes.size());
  mustHold(bytes.starts_with(whole.passed), "what passes is what came, in its order");
  for (size_t pieceBytes : {1, 3, 64}) {
    mustHold(judge(bytes, pieceBytes) == whole, "the cut of the bytes changes nothing");
  }
  mustHold(judge(whole.passed, bytes.size() + 1) == Judged{whole.passed, 0},
           "what passed passes again");
  ParsedPattern pattern(bytes);
  if (pattern.error.empty()) pattern.pattern.isIn(bytes.substr(0, SEARCHED_BYTES_MAX));
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  std::string get = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (auto& written : {
         get + get, post + "Content-Length: 3\r\n\r\nabc" + get,
         post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n" + get,
         post + "Content-Length: 18446744073709551615\r\n\r\nabc",
         post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
         post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         std::string("GET / HTTP/1.0\r\n\r\n"), std::string("^GET /[a-z]+ 5[0-9]+$|timed? ?out"),
         std::string("(a*)*b|[^x]\\{")}) {
    all.push_back(copy(view(written)));
  }
  return all;
}

FUZZ_TARGET("requests", run, seeds);

}  // namespace
}  // namespace skerry
