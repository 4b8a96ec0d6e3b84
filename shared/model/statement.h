// What central signs (authority.capnp), as values: made at central, checked wherever it is acted
// on. The bytes of an envelope are kept and passed on as they were received.
#pragma once
#include "shared/crypto/signature.h"
#include <compare>
#include <optional>
#include <string>

namespace skerry {

// Orders everything one authority signs; the era leads, and grows with each restore of central.
struct AuthoritySeq {
  uint64_t era = 0, n = 0;
  bool operator==(const AuthoritySeq&) const = default;
  std::strong_ordering operator<=>(const AuthoritySeq&) const = default;
};

struct Statement {
  std::string kind, id, tenant;
  AuthoritySeq seq;
  int64_t notBeforeMs = 0;
  Hash bodyHash;
  Bytes body;  // empty when it travels as a blob under `bodyHash`
};

enum class BodyIs { INLINE, BLOB };

// An encoded schema::Signed over `body`, left out of it when it is a BLOB.
Bytes signStatement(const Signer& signer, const Statement& about, BytesView body, BodyIs where);

// Why an envelope is not believed, for a person.
struct Disbelief { std::string reason; };

// Checks the signature by `key` (32 bytes), that `kind` is what it was signed as, and that an
// inline body has the hash signed. Never throws.
std::optional<Statement> openStatement(BytesView key, std::string_view kind, BytesView envelope,
                                       Disbelief& why);

}  // namespace skerry
