// Bytes that were stored and sent by the first version. Every later one must read them, and make
// the same bytes of the same values: they are hashed and signed.
#include "shared/ledger/hello.h"
#include "test/unit/ledger/catalogue.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

const std::string ORDER_ENTRY =
    "00000000000004000d000000820000001000000003000100250000002a000000250000000e00000007000000"
    "0000000000000000000000010300000000000000050000000000000006000000000000000100000082000000"
    "0700000000000000000000000000000176616c75650000000100000002010000fa2c8cc4f28176bbeed4b736"
    "df569a34c79cd3723e9ec42f9674b4d46ac6b8b8";

const std::string LOCAL_ENTRY =
    "0000000003000b000100000000000000e8030000000000002a00000000000000290000002200000029000000"
    "820000002d000000da000000390000005a0000003c00000003000000450000002a0000004500000002010000"
    "5000000003000000590000002a00000059000000220000005900000042000000706f73000000000007000000"
    "00000000000000000000000173657276696365732e7765622e656e7669726f6e6d656e742e41000000000000"
    "686f73743a74696c6c310000000000000b000000000000000c000000000000000a0000000000000076616c75"
    "65000000a7a3c8f654761303e495b66f724dbf68d663d725fb129a8774294b9ea3970a8e0100000000000000"
    "02000000000000000300000000000000626f6f7400000000616e6e00000000006265636175736500";

const std::string VERSION =
    "00000000010003000400000000000000090000002a000000080000000300000011000000020100006f736c6f"
    "000000000100000000000000020000000000000003000000000000004813494d137e1631bba301d5acab6e7b"
    "b7aa74ce1185d456565ef51d737677b2";

const std::string SIGNATURE =
    "a50a1c31c10212e37e361c77cc30e81949559e647132c20b90943775605a459fb29619de5391f1dd86253280"
    "6f2cf53708c62b2a58b6812239770b4e3d45950c";

const std::string DOCUMENT_KEY =
    "66d1440bf47c23f83a97762da35aa5891d80734947dfbac2f7bc1694a4611690";

const std::string HELLO =
    "0000000008000200030000000000000002000000000000000100000000000000040000000000000005000000"
    "00000000060000000000000007000000000000000000040001000100050000002a0000000500000002010000"
    "6f736c6f000000004813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2";

Bytes fromHex(const std::string& text) {
  Bytes bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(uint8_t(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

}  // namespace

TEST_CASE("an orders entry of the first version is read and written as then") {
  OrderEntry entry{genOf(7), {3, genOf(7), 5, 6}, bytes("value"), {sha256(view("blob"))}};
  CHECK(decodeOrderEntry(view(fromHex(ORDER_ENTRY))) == entry);
  CHECK(hex(view(encodeOrderEntry(entry))) == ORDER_ENTRY);
}

TEST_CASE("a local entry of the first version is read and written as then") {
  LocalEntry entry;
  entry.key = {"pos", genOf(7), "services.web.environment.A", "host:till1"};
  entry.dot = {{10, 11}, 12};
  entry.kind = LocalKind::OVERRIDE;
  entry.value = bytes("value");
  entry.basis = sha256(view("basis"));
  entry.seen = {1, 2, 3};
  entry.expires = {"boot", 1'000};
  entry.author = "ann";
  entry.reason = "because";
  entry.hlc = 42;
  CHECK(decodeLocalEntry(view(fromHex(LOCAL_ENTRY))) == entry);
  CHECK(hex(view(encodeLocalEntry(entry))) == LOCAL_ENTRY);
}

TEST_CASE("a version signed by the first version is still believed") {
  SignedVersion stored{fromHex(VERSION), fromHex(SIGNATURE)};
  Version version{"oslo", {1, 2, 3}, 4, sha256(view("root"))};
  CHECK(openVersion(stored, view(fromHex(DOCUMENT_KEY))) == version);
  CHECK(signVersion(version, testSigner("golden")) == stored);
}

TEST_CASE("a hello of the first version is understood") {
  HelloState hello{"oslo", {1, 2, 3}, sha256(view("root")), {4, 5}, {6, 7}, 262'144, 1, true};
  CHECK(decodeHello(view(fromHex(HELLO))) == hello);
  CHECK(hex(view(encodeHello(hello))) == HELLO);
}
