#include "shared/http/request_framing.h"
#include "shared/http/http_limits.h"
#include <algorithm>
#include <charconv>

namespace skerry {
namespace {

constexpr std::string_view END_OF_HEAD = "\r\n\r\n", END_OF_LINE = "\r\n";

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isHex(char c) { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isToken(char c) {
  return isLetter(c) || isDigit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
// Also of other alphabets; no control characters, so no end of a line.
bool isText(char c) { return c == '\t' || uint8_t(c) >= 0x80 || (c >= ' ' && c <= '~'); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }
bool isNamed(std::string_view name, std::string_view wanted) {
  return name.size() == wanted.size() &&
         std::equal(name.begin(), name.end(), wanted.begin(),
                    [](char a, char b) { return lower(a) == b; });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

size_t number(std::string_view digits, int base) {
  size_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  return value;
}

template <typename Predicate>
bool consistsOf(std::string_view text, Predicate of) {
  return !text.empty() && std::all_of(text.begin(), text.end(), of);
}

}  // namespace

// What the headers of one head say of its body.
struct RequestFraming::Lengths {
  bool hasLength = false, isChunked = false, hasHost = false;
  size_t bytes = 0;
};

bool RequestFraming::take(std::string_view bytes, std::string& passed) {
  while (!bytes.empty() && refused.status == 0) {
    size_t used = state == State::HEAD ? takeHead(bytes, passed)
                  : state == State::BODY || state == State::CHUNK ? takeCounted(bytes, passed)
                                                                  : takeLine(bytes, passed);
    bytes.remove_prefix(used);
  }
  return refused.status == 0;
}

size_t RequestFraming::takeHead(std::string_view bytes, std::string& passed) {
  auto before = held.size();
  auto room = HTTP_HEAD_BYTES_MAX - before;
  held += bytes.substr(0, room);
  auto from = before < END_OF_HEAD.size() ? 0 : before - END_OF_HEAD.size();
  auto end = held.find(END_OF_HEAD, from);
  if (end == std::string::npos) {
    if (held.size() == HTTP_HEAD_BYTES_MAX) refuse(431, "the head of the request is too large");
    return std::min(bytes.size(), room);
  }
  held.resize(end + END_OF_HEAD.size());
  auto used = held.size() - before;
  endOfHead();
  if (refused.status == 0) passed += held;
  held.clear();
  return used;
}

void RequestFraming::endOfHead() {
  std::string_view rest(held);
  rest.remove_suffix(END_OF_LINE.size());  // of the empty line
  Lengths lengths;
  size_t lines = 0;
  while (!rest.empty() && refused.status == 0) {
    auto end = rest.find(END_OF_LINE);
    auto line = rest.substr(0, end);
    rest.remove_prefix(end + END_OF_LINE.size());
    if (!consistsOf(line, isText)) return refuse(400, "a line of the head is not plain text");
    if (lines++ == 0) requestLine(line);
    else header(line, lengths);
    if (lines > HTTP_HEADERS_MAX + 1) return refuse(431, "too many headers");
  }
  if (refused.status != 0) return;
  if (!lengths.hasHost && !isOld) return refuse(400, "no Host");
  if (lengths.hasLength && lengths.isChunked) return refuse(400, "a length, and chunks");
  if (lengths.isChunked && isOld) return refuse(400, "chunks in HTTP/1.0");
  bodyBytes = 0;
  counted = lengths.bytes;
  if (lengths.isChunked) state = State::CHUNK_SIZE;
  else if (counted > 0) state = State::BODY;
}

void RequestFraming::requestLine(std::string_view line) {
  auto first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return refuse(400, "no request line");
  auto target = line.substr(first + 1, last - first - 1), version = line.substr(last + 1);
  auto isUpper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (!consistsOf(line.substr(0, first), isUpper)) return refuse(400, "no method");
  auto isTarget = [](char c) { return c > ' ' && c <= '~'; };
  if (!consistsOf(target, isTarget) || target[0] != '/') return refuse(400, "no path");
  isOld = version == "HTTP/1.0";
  if (!isOld && version != "HTTP/1.1") refuse(505, "neither HTTP/1.1 nor HTTP/1.0");
}

// A folded line begins with a blank, which no name does.
void RequestFraming::header(std::string_view line, Lengths& lengths) {
  auto colon = line.find(':');
  auto name = line.substr(0, colon);
  if (colon == std::string_view::npos || !consistsOf(name, isToken)) {
    return refuse(400, "a header without a proper name");
  }
  auto value = trimmed(line.substr(colon + 1));
  if (isNamed(name, "host")) {
    if (lengths.hasHost) return refuse(400, "two Hosts");
    lengths.hasHost = true;
  } else if (isNamed(name, "content-length")) {
    length(value, lengths);
  } else if (isNamed(name, "transfer-encoding")) {
    if (lengths.isChunked) return refuse(400, "two transfer encodings");
    if (!isNamed(value, "chunked")) return refuse(501, "a transfer encoding other than chunked");
    lengths.isChunked = true;
  }
}

void RequestFraming::length(std::string_view value, Lengths& lengths) {
  if (lengths.hasLength) return refuse(400, "two lengths");
  if (value.size() > HTTP_LENGTH_DIGITS_MAX || !consistsOf(value, isDigit)) {
    return refuse(400, "a length that is none");
  }
  lengths.hasLength = true;
  lengths.bytes = number(value, 10);
  if (lengths.bytes > HTTP_BODY_BYTES_MAX) refuse(413, "the body is too large");
}

size_t RequestFraming::takeCounted(std::string_view bytes, std::string& passed) {
  auto used = std::min(bytes.size(), counted);
  passed += bytes.substr(0, used);
  counted -= used;
  if (counted == 0) state = state == State::BODY ? State::HEAD : State::CHUNK_END;
  return used;
}

// A chunk's size, or the end of the line after a chunk or after the last one: byte by byte, few as
// they are.
size_t RequestFraming::takeLine(std::string_view bytes, std::string& passed) {
  char c = bytes[0];
  bool isSize = state == State::CHUNK_SIZE, isEnding = held.ends_with('\r');
  auto digits = held.size() - isEnding;
  bool fits = isEnding ? c == '\n'
              : c == '\r' ? (digits > 0) == isSize
                          : isSize && isHex(c) && digits < HTTP_CHUNK_DIGITS_MAX;
  held += c;
  if (!fits) refuse(400, "a chunk that is none");
  if (!fits || c != '\n') return 1;
  if (isSize) endOfSizeLine();
  else state = state == State::LAST_END ? State::HEAD : State::CHUNK_SIZE;
  if (refused.status == 0) passed += held;
  held.clear();
  return 1;
}

void RequestFraming::endOfSizeLine() {
  counted = number(std::string_view(held).substr(0, held.size() - END_OF_LINE.size()), 16);
  bodyBytes += counted;
  if (bodyBytes > HTTP_BODY_BYTES_MAX) return refuse(413, "the body is too large");
  state = counted == 0 ? State::LAST_END : State::CHUNK;
}

void RequestFraming::refuse(unsigned status, const char* reason) {
  if (refused.status == 0) refused = {status, reason};
}

}  // namespace skerry
