// The limits of shared/http.
#pragma once
#include <kj/time.h>
#include <cstddef>

namespace skerry {

constexpr size_t HTTP_HEAD_BYTES_MAX = 16 << 10;   // request line and headers together
constexpr size_t HTTP_HEADERS_MAX = 64;
constexpr size_t HTTP_BODY_BYTES_MAX = 64 << 10;   // of a request
constexpr size_t HTTP_LENGTH_DIGITS_MAX = 9;       // of a Content-Length
constexpr size_t HTTP_CHUNK_DIGITS_MAX = 7;        // hexadecimal, of a chunk's size
constexpr size_t HTTP_READ_BYTES = 4096;           // taken from a connection at once
constexpr size_t HTTP_CONNECTIONS_MAX = 32;        // beyond it the oldest gives way
constexpr auto HTTP_HEAD_WAIT = 5 * kj::SECONDS;   // for a whole head, and for the next one
constexpr auto HTTP_BODY_WAIT = 1 * kj::SECONDS;   // for the rest of a body that nobody reads
constexpr auto HTTP_WRITE_WAIT = 10 * kj::SECONDS; // for a peer that does not read its answer

}  // namespace skerry
