// The one-time tokens that a person carries to a new machine (capnp/token.capnp): as text, as what
// the parent stores of them, and the rule of their use.
#pragma once
#include "shared/crypto/hash.h"
#include "shared/host/host.h"
#include <optional>
#include <variant>

namespace skerry {

constexpr std::string_view TOKEN_PREFIX = "skerry1.";
constexpr size_t TOKEN_SECRET_BYTES = 32;
constexpr size_t TOKEN_TEXT_BYTES_MAX = 4096;
constexpr int64_t TOKEN_LIFE_MS = 24 * 60 * 60 * 1000;  // unless said otherwise
constexpr int64_t TOKEN_LIFE_MS_MAX = 365 * TOKEN_LIFE_MS;

enum class TokenKind : uint8_t { REGION, SITE, WITNESS };
const char* wordOf(TokenKind kind);

struct Token {
  std::vector<std::string> addresses;  // of the parent: HOST:PORT, at least one
  Hash rootKey;
  TokenKind kind = TokenKind::SITE;
  std::string name;        // of the region or site
  std::string host;        // empty: the joiner says
  uint32_t writer = 0;     // number of the writer; 0: allotted at enrolment
  std::string id;
  Bytes secret;            // TOKEN_SECRET_BYTES
  int64_t expiresMs = 0;   // by the parent's clock
  bool operator==(const Token&) const = default;
};

std::string newTokenId(Entropy& entropy);
Bytes newTokenSecret(Entropy& entropy);

std::string formatToken(const Token& token);

struct TokenError {
  std::string reason;  // `token-malformed`, `token-truncated`, `token-newer`
  std::string text;    // what is wrong and what to do
};
// White space around is no error.
std::variant<Token, TokenError> parseToken(std::string_view text);

// What a parent keeps of a token.
struct StoredToken {
  Hash secretHash;               // SHA-256 of the secret
  int64_t expiresMs = 0;
  std::optional<Hash> usedBy;    // the device key it admitted
};

enum class TokenVerdict : uint8_t {
  ACCEPTED,        // record the key in the transaction that acts on it
  ACCEPTED_AGAIN,  // the same key once more: an answer was lost. Expiry no longer matters.
  USED,
  EXPIRED,
  UNKNOWN,         // no such token, or not its secret
};
TokenVerdict judgeToken(const std::optional<StoredToken>& stored, BytesView secret,
                        const Hash& deviceKey, int64_t nowMs);
// `token-used` and so on; what a person does about it. Not for verdicts that accept.
const char* reasonOf(TokenVerdict verdict);
std::string adviceOn(TokenVerdict verdict, std::string_view tokenId);

}  // namespace skerry
