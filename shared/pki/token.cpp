#include "shared/pki/token.h"
#include "capnp/token.capnp.h"
#include <capnp/message.h>
#include <kj/debug.h>
#include <openssl/crypto.h>
#include <cstring>

namespace skerry {

namespace {

using capnp::word;

constexpr size_t COUNT_BYTES = 2, CHECKSUM_BYTES = 4, ID_BYTES = 8;
constexpr size_t ADDRESS_BYTES_MAX = 255;
constexpr auto WORDS_MAX = TOKEN_TEXT_BYTES_MAX / sizeof(word);

TokenError malformed(std::string_view what) {
  return {"token-malformed", "this is not a whole join token: " + std::string(what) +
          ". Copy it again from where it was made (it begins with `skerry1.` and is one line), or "
          "make another with `skerry token create`"};
}

TokenError truncated() {
  return {"token-truncated", "the end of the join token is missing. Copy all of it, it is one long "
          "line; or pass it in a file, `join @FILE`"};
}

TokenError newer() {
  return {"token-newer", "this join token was made by a newer version of Skerry. Install that "
          "version here, then join again"};
}

Bytes checksum(BytesView bytes) {
  auto hash = sha256(bytes);
  return Bytes(hash.bytes.begin(), hash.bytes.begin() + CHECKSUM_BYTES);
}

std::string_view trimmed(std::string_view from) {
  constexpr auto SPACE = " \t\r\n";
  auto first = from.find_first_not_of(SPACE);
  if (first == from.npos) return {};
  return from.substr(first, from.find_last_not_of(SPACE) + 1 - first);
}

// `skerry`, digits, a full stop.
bool isOtherVersion(std::string_view text) {
  constexpr std::string_view PRODUCT = "skerry";
  if (!text.starts_with(PRODUCT)) return false;
  auto end = text.find_first_not_of("0123456789", PRODUCT.size());
  return end != text.npos && end > PRODUCT.size() && text[end] == '.';
}

std::variant<Token, TokenError> fromSchema(schema::Token::Reader from) {
  Token token;
  switch (from.getKind()) {
    case schema::Token::Kind::REGION: token.kind = TokenKind::REGION; break;
    case schema::Token::Kind::SITE: token.kind = TokenKind::SITE; break;
    case schema::Token::Kind::WITNESS: token.kind = TokenKind::WITNESS; break;
    default: return newer();
  }
  auto addresses = from.getAddresses();
  if (addresses.size() == 0 || addresses.size() > schema::Token::ADDRESSES_MAX) {
    return malformed("it names no address, or too many");
  }
  for (auto address : addresses) {
    if (address.size() == 0 || address.size() > ADDRESS_BYTES_MAX) {
      return malformed("an address in it is empty or too long");
    }
    token.addresses.push_back(text(address));
  }
  if (from.getRootKey().size() != Hash().bytes.size() ||
      from.getSecret().size() != TOKEN_SECRET_BYTES || from.getId().size() == 0 ||
      from.getName().size() == 0) {
    return malformed("a part is missing");
  }
  token.rootKey = Hash::from(from.getRootKey());
  token.name = text(from.getName());
  token.host = text(from.getHost());
  token.writer = from.getWriter();
  token.id = text(from.getId());
  token.secret = copy(from.getSecret());
  token.expiresMs = from.getExpiresMs();
  return token;
}

std::variant<Token, TokenError> fromWords(BytesView bytes) {
  auto words = kj::heapArray<word>(bytes.size() / sizeof(word));
  if (words.size() > 0) memcpy(words.begin(), bytes.begin(), words.asBytes().size());
  kj::ArrayPtr<const word> segment = words;
  capnp::ReaderOptions options;
  options.traversalLimitInWords = WORDS_MAX;
  options.nestingLimit = 8;
  std::variant<Token, TokenError> result = malformed("its inside is damaged");
  kj::runCatchingExceptions([&] {
    capnp::SegmentArrayMessageReader reader(kj::arrayPtr(&segment, 1), options);
    result = fromSchema(reader.getRoot<schema::Token>());
  });
  return result;
}

}  // namespace

const char* wordOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::REGION: return "region";
    case TokenKind::SITE: return "site";
    case TokenKind::WITNESS: return "witness";
  }
  KJ_UNREACHABLE;
}

std::string newTokenId(Entropy& entropy) {
  kj::byte id[ID_BYTES];
  entropy.fill(id);
  return hex(id);
}

Bytes newTokenSecret(Entropy& entropy) {
  Bytes secret(TOKEN_SECRET_BYTES);
  entropy.fill(kj::arrayPtr(secret.data(), secret.size()));
  return secret;
}

std::string formatToken(const Token& token) {
  KJ_REQUIRE(token.addresses.size() > 0 && token.addresses.size() <= schema::Token::ADDRESSES_MAX,
             "a token names 1 to 8 addresses", token.addresses.size());
  KJ_REQUIRE(token.secret.size() == TOKEN_SECRET_BYTES);
  capnp::MallocMessageBuilder message(WORDS_MAX);
  auto to = message.initRoot<schema::Token>();
  auto addresses = to.initAddresses(token.addresses.size());
  for (size_t i = 0; i < token.addresses.size(); i++) addresses.set(i, token.addresses[i].c_str());
  to.setRootKey(token.rootKey.view());
  to.setKind(token.kind == TokenKind::REGION ? schema::Token::Kind::REGION
             : token.kind == TokenKind::SITE ? schema::Token::Kind::SITE
                                             : schema::Token::Kind::WITNESS);
  to.setName(token.name.c_str());
  to.setHost(token.host.c_str());
  to.setWriter(token.writer);
  to.setId(token.id.c_str());
  to.setSecret(view(token.secret));
  to.setExpiresMs(token.expiresMs);
  auto segments = message.getSegmentsForOutput();
  KJ_REQUIRE(segments.size() == 1, "the names in this token are too long");
  auto words = segments[0];
  Bytes bytes{kj::byte(words.size() & 0xff), kj::byte(words.size() >> 8)};
  bytes.insert(bytes.end(), words.asBytes().begin(), words.asBytes().end());
  auto sum = checksum(view(bytes));
  bytes.insert(bytes.end(), sum.begin(), sum.end());
  auto result = std::string(TOKEN_PREFIX) + base64url(view(bytes));
  KJ_REQUIRE(result.size() <= TOKEN_TEXT_BYTES_MAX, "the names in this token are too long");
  return result;
}

std::variant<Token, TokenError> parseToken(std::string_view given) {
  auto text = trimmed(given);
  if (text.size() > TOKEN_TEXT_BYTES_MAX) return malformed("it is far too long");
  if (!text.starts_with(TOKEN_PREFIX)) {
    if (isOtherVersion(text)) return newer();
    if (!text.empty() && TOKEN_PREFIX.starts_with(text)) return truncated();
    return malformed(text.empty() ? "it is empty" : "it does not begin with `skerry1.`");
  }
  auto body = text.substr(TOKEN_PREFIX.size());
  // The last group may be cut anywhere, so the length is read from whole groups.
  Bytes whole;
  if (!fromBase64url(body.substr(0, body.size() & ~size_t(3)), whole)) {
    return malformed("a character in it does not belong there, perhaps a space or line break");
  }
  if (whole.size() < COUNT_BYTES) return truncated();
  size_t words = whole[0] | whole[1] << 8;
  size_t size = COUNT_BYTES + words * sizeof(word) + CHECKSUM_BYTES;
  size_t characters = (size * 4 + 2) / 3;
  if (words > WORDS_MAX || body.size() > characters) return malformed("its length is wrong");
  if (body.size() < characters) return truncated();
  Bytes bytes;
  if (!fromBase64url(body, bytes)) return malformed("its last character is wrong");
  auto covered = view(bytes).slice(0, size - CHECKSUM_BYTES);
  auto sum = view(bytes).slice(size - CHECKSUM_BYTES, size);
  if (copy(sum) != checksum(covered)) return malformed("a character in it is wrong");
  return fromWords(covered.slice(COUNT_BYTES, covered.size()));
}

TokenVerdict judgeToken(const std::optional<StoredToken>& stored, BytesView secret,
                        const Hash& deviceKey, int64_t nowMs) {
  if (!stored) return TokenVerdict::UNKNOWN;
  auto shown = sha256(secret);
  if (CRYPTO_memcmp(shown.bytes.data(), stored->secretHash.bytes.data(), shown.bytes.size()) != 0) {
    return TokenVerdict::UNKNOWN;
  }
  if (stored->usedBy) {
    return *stored->usedBy == deviceKey ? TokenVerdict::ACCEPTED_AGAIN : TokenVerdict::USED;
  }
  return nowMs > stored->expiresMs ? TokenVerdict::EXPIRED : TokenVerdict::ACCEPTED;
}

const char* reasonOf(TokenVerdict verdict) {
  switch (verdict) {
    case TokenVerdict::USED: return "token-used";
    case TokenVerdict::EXPIRED: return "token-expired";
    case TokenVerdict::UNKNOWN: return "token-unknown";
    case TokenVerdict::ACCEPTED:
    case TokenVerdict::ACCEPTED_AGAIN: break;
  }
  KJ_FAIL_REQUIRE("no reason: the token was accepted");
}

std::string adviceOn(TokenVerdict verdict, std::string_view tokenId) {
  std::string token = "join token " + std::string(tokenId);
  switch (verdict) {
    case TokenVerdict::USED:
      return token + " has admitted another device. If that was not you, look at `skerry get "
             "hosts`; then make a new token with `skerry token create`";
    case TokenVerdict::EXPIRED:
      return token + " has expired. Make a new one with `skerry token create`, `--ttl` says for "
             "how long";
    case TokenVerdict::UNKNOWN:
      return token + " is not known here: it was revoked, belongs to another parent, or has not "
             "arrived here yet. Look at `skerry token list`, or make a new one with `skerry token "
             "create`";
    case TokenVerdict::ACCEPTED:
    case TokenVerdict::ACCEPTED_AGAIN: break;
  }
  KJ_FAIL_REQUIRE("no advice: the token was accepted");
}

}  // namespace skerry
