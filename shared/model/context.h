// A context: how a person reaches a fleet from anywhere, as a file (docs/guides/people.md). It
// holds the person's key, so it is the person.
#pragma once
#include "shared/model/problem.h"
#include <optional>
#include <string>

namespace skerry {

constexpr size_t CONTEXT_BYTES_MAX = 64 << 10;
constexpr const char* CONTEXT_EXTENSION = ".context";

struct Context {
  std::string name;         // what it is called on this machine
  std::string server;       // HOST:PORT
  std::string pin;          // of the fleet: SHA-256 of the root's public key, 64 hexadecimal digits
  std::string tenant;       // used where none is said; may be empty
  std::string peer;         // whom the server has to be: `central`, `region:north`; empty: whoever
                            // of the fleet answers
  std::string certificate;  // PEM: the person's, then the root's
  std::string key;          // PEM, PKCS#8
  bool operator==(const Context&) const = default;
};

std::string printContext(const Context& context);
// Null, with what is wrong, when it is none.
std::optional<Context> parseContext(const std::string& fileName, const std::string& text,
                                    Problems& problems);

}  // namespace skerry
