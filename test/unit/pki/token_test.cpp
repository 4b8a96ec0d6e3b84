#include "shared/pki/token.h"
#include "test/sim/seeded_entropy.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

Token example() {
  SeededEntropy entropy(5);
  Token token;
  token.addresses = {"region.example:443", "[2001:db8::1]:443"};
  token.rootKey = sha256(view("root"));
  token.kind = TokenKind::SITE;
  token.name = "oslo-0012";
  token.host = "host1";
  token.writer = 7;
  token.id = newTokenId(entropy);
  token.secret = newTokenSecret(entropy);
  token.expiresMs = 1'700'086'400'000;
  return token;
}

std::string reason(const std::string& text) {
  auto parsed = parseToken(text);
  auto error = std::get_if<TokenError>(&parsed);
  if (error == nullptr) return "accepted";
  CHECK(error->text.size() > 20);
  return error->reason;
}

TEST_CASE("a token is one line that begins with skerry1 and reads back whole") {
  for (auto kind : {TokenKind::REGION, TokenKind::SITE, TokenKind::WITNESS}) {
    auto token = example();
    token.kind = kind;
    auto line = formatToken(token);
    CHECK(line.starts_with("skerry1."));
    CHECK(line.find_first_of(" \n+/=") == line.npos);
    CHECK(line.size() < 400);
    auto parsed = parseToken(line);
    REQUIRE(std::holds_alternative<Token>(parsed));
    CHECK(std::get<Token>(parsed) == token);
  }
}

TEST_CASE("white space around a token is no error") {
  CHECK(reason("  \t" + formatToken(example()) + "\r\n\n") == "accepted");
}

TEST_CASE("a token cut anywhere is said to be truncated") {
  auto line = formatToken(example());
  for (size_t size = 1; size < line.size(); size++) {
    CAPTURE(size);
    REQUIRE(reason(line.substr(0, size)) == "token-truncated");
  }
}

TEST_CASE("any other damage is said to be malformed, never accepted") {
  auto line = formatToken(example());
  for (size_t at = 0; at < line.size(); at++) {
    auto damaged = line;
    damaged[at] = damaged[at] == 'A' ? 'B' : 'A';
    CAPTURE(at);
    auto word = reason(damaged);
    // The first characters say how long the rest is.
    bool known = word == "token-malformed" || (at < 12 && word == "token-truncated");
    REQUIRE(known);
  }
  for (auto wrong : {std::string(""), std::string("   "), std::string("hello"), line + "A",
                     line.substr(0, 50) + "\n" + line.substr(50), "x" + line,
                     std::string(5000, 'A')}) {
    CAPTURE(wrong);
    CHECK(reason(wrong) == "token-malformed");
  }
}

TEST_CASE("a token of a later version is said to be newer") {
  CHECK(reason("skerry2.AAAA") == "token-newer");
  CHECK(reason("skerry10.AAAA") == "token-newer");
  CHECK(reason("skerryx.AAAA") == "token-malformed");
}

TEST_CASE("a well-formed envelope around nonsense is malformed, and harmless") {
  SeededEntropy entropy(99);
  for (int round = 0; round < 2000; round++) {
    size_t words = entropy.between(0, 30);
    Bytes bytes{uint8_t(words), 0};
    Bytes inside(words * 8);
    entropy.fill(kj::arrayPtr(inside.data(), inside.size()));
    // Half of them: plausible pointers.
    if (round % 2 == 0) for (size_t i = 0; i < inside.size(); i++) if (i % 8 > 1) inside[i] &= 1;
    bytes.insert(bytes.end(), inside.begin(), inside.end());
    auto sum = sha256(view(bytes));
    bytes.insert(bytes.end(), sum.bytes.begin(), sum.bytes.begin() + 4);
    auto word = reason("skerry1." + base64url(view(bytes)));
    CAPTURE(round);
    bool refused = word == "token-malformed" || word == "token-newer";
    REQUIRE(refused);
  }
}

TEST_CASE("what a parent stores of a token admits once, and the same key again") {
  auto token = example();
  auto device = sha256(view("device")), other = sha256(view("other"));
  StoredToken stored{sha256(view(token.secret)), token.expiresMs, std::nullopt};
  int64_t before = token.expiresMs - 1, after = token.expiresMs + 1;
  auto secret = view(token.secret);
  CHECK(judgeToken(stored, secret, device, before) == TokenVerdict::ACCEPTED);
  CHECK(judgeToken(stored, secret, device, token.expiresMs) == TokenVerdict::ACCEPTED);
  CHECK(judgeToken(stored, secret, device, after) == TokenVerdict::EXPIRED);
  CHECK(judgeToken(stored, view("guess"), device, before) == TokenVerdict::UNKNOWN);
  CHECK(judgeToken(std::nullopt, secret, device, before) == TokenVerdict::UNKNOWN);
  stored.usedBy = device;
  CHECK(judgeToken(stored, secret, device, before) == TokenVerdict::ACCEPTED_AGAIN);
  CHECK(judgeToken(stored, secret, device, after) == TokenVerdict::ACCEPTED_AGAIN);
  CHECK(judgeToken(stored, secret, other, before) == TokenVerdict::USED);
  CHECK(judgeToken(stored, view("guess"), device, before) == TokenVerdict::UNKNOWN);
}

TEST_CASE("every refusal has a stable word and says what to do") {
  CHECK(std::string(reasonOf(TokenVerdict::USED)) == "token-used");
  CHECK(std::string(reasonOf(TokenVerdict::EXPIRED)) == "token-expired");
  CHECK(std::string(reasonOf(TokenVerdict::UNKNOWN)) == "token-unknown");
  for (auto verdict : {TokenVerdict::USED, TokenVerdict::EXPIRED, TokenVerdict::UNKNOWN}) {
    auto advice = adviceOn(verdict, "abc123");
    CHECK(advice.find("abc123") != advice.npos);
    CHECK(advice.find("skerry token") != advice.npos);
  }
  CHECK_THROWS(reasonOf(TokenVerdict::ACCEPTED));
}

TEST_CASE("a token that could not be read back is not written") {
  auto token = example();
  token.addresses.clear();
  CHECK_THROWS(formatToken(token));
  token = example();
  token.name = std::string(5000, 'x');
  CHECK_THROWS(formatToken(token));
}

}  // namespace
}  // namespace skerry
