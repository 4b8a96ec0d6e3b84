#include "shared/crypto/bytes.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

TEST_CASE("hexadecimal is lower case and keeps zeros") {
  CHECK(hex(view(Bytes{0x00, 0x0f, 0xa0, 0xff})) == "000fa0ff");
  CHECK(hex(nullptr) == "");
}

TEST_CASE("base64url agrees with RFC 4648 section 10, without padding") {
  const char* vectors[][2] = {{"", ""},         {"f", "Zg"},         {"fo", "Zm8"},
                              {"foo", "Zm9v"},  {"foob", "Zm9vYg"},  {"fooba", "Zm9vYmE"},
                              {"foobar", "Zm9vYmFy"}};
  for (auto& [plain, encoded] : vectors) {
    CHECK(base64url(view(plain)) == encoded);
    Bytes decoded;
    CHECK(fromBase64url(encoded, decoded));
    CHECK(text(view(decoded)) == plain);
  }
  CHECK(base64url(view(Bytes{0xfb, 0xff})) == "-_8");
}

TEST_CASE("every length and byte survives base64url") {
  Bytes bytes;
  for (int i = 0; i < 300; i++) {
    Bytes decoded;
    REQUIRE(fromBase64url(base64url(view(bytes)), decoded));
    REQUIRE(decoded == bytes);
    bytes.push_back(i * 37);
  }
}

TEST_CASE("base64url decoding refuses what no encoder makes") {
  Bytes decoded;
  for (auto wrong : {"Zg==", "Z", "Zm9v ", "Zm+v", "Zm/v", "Zm9vYmE\n", "Zh", "Zm9vYn"}) {
    CAPTURE(wrong);
    CHECK_FALSE(fromBase64url(wrong, decoded));
  }
}

}  // namespace
}  // namespace skerry
