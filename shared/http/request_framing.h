// Where the requests of one HTTP/1 connection begin and end (RFC 9112), judged before anything
// else reads them. Pure; bytes in, bytes that may go on out.
//
// Two readers that disagree about an end are how requests are smuggled, and kj-http 0.9.2 computes
// lengths that it did not check. So only what has one reading passes: a head with CRLF line ends
// and no folded line, and a body of one Content-Length of 1 to 9 digits, or in chunks with sizes of
// 1 to 7 hexadecimal digits, without extensions and trailers; never both. A head passes whole.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skerry {

class RequestFraming {
public:
  // Appends to `passed` what may go on of `bytes`, the next of the connection. False: the rest of
  // the connection is worth nothing; what was appended before still counts.
  bool take(std::string_view bytes, std::string& passed);

  // Of a refusal, for the peer.
  struct Refusal {
    unsigned status = 0;  // 400, 413, 431, 501, 505; 0: none
    const char* reason = "";
  };
  const Refusal& refusal() const { return refused; }
  // No part of a body is awaited: an answer to a refusal cannot be taken for something else.
  bool isBetweenBodies() const { return state == State::HEAD; }

private:
  enum class State : uint8_t { HEAD, BODY, CHUNK_SIZE, CHUNK, CHUNK_END, LAST_END };
  struct Lengths;

  size_t takeHead(std::string_view bytes, std::string& passed);
  size_t takeCounted(std::string_view bytes, std::string& passed);
  size_t takeLine(std::string_view bytes, std::string& passed);
  void endOfHead();
  void endOfSizeLine();
  void requestLine(std::string_view line);
  void header(std::string_view line, Lengths& lengths);
  void length(std::string_view value, Lengths& lengths);
  void refuse(unsigned status, const char* reason);

  State state = State::HEAD;
  Refusal refused;
  std::string held;     // of a head, or of a chunk's line, that is not whole yet
  bool isOld = false;   // HTTP/1.0
  size_t counted = 0;   // bytes left of the body, or of the chunk
  size_t bodyBytes = 0; // of all chunks so far
};

}  // namespace skerry
