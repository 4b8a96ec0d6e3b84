// Join tokens, as a person pastes them.
#include "shared/pki/token.h"
#include "test/fuzz/fuzz.h"

namespace skerry {
namespace {

void run(BytesView input) {
  auto parsed = parseToken(text(input));
  if (auto error = std::get_if<TokenError>(&parsed)) {
    mustHold(!error->reason.empty() && !error->text.empty(), "a refusal says why");
    return;
  }
  auto& token = std::get<Token>(parsed);
  mustHold(!token.addresses.empty(), "a token names who is to be asked");
  mustHold(token.secret.size() == TOKEN_SECRET_BYTES, "a token has a secret");
  auto again = parseToken(formatToken(token));
  mustHold(std::holds_alternative<Token>(again) && std::get<Token>(again) == token,
           "a token that was read is written as the same one");
}

std::vector<Bytes> seeds() {
  Token token;
  token.addresses = {"10.0.0.1:7443", "[fd00::1]:7443"};
  token.rootKey = sha256(view("root"));
  token.name = "oslo";
  token.id = "0011223344556677";
  token.secret = Bytes(TOKEN_SECRET_BYTES, 7);
  token.expiresMs = 1'800'000'000'000;
  auto site = formatToken(token);
  token.kind = TokenKind::REGION;
  token.addresses = {"central.example:7443"};
  auto region = formatToken(token);
  token.kind = TokenKind::WITNESS;
  token.host = "host2";
  token.writer = 17;
  return {copy(view(site)), copy(view(region)), copy(view(formatToken(token))),
          copy(view("  " + site + "\n")), copy(view(site.substr(0, site.size() / 2)))};
}

FUZZ_TARGET("token", run, seeds);

}  // namespace
}  // namespace skerry
