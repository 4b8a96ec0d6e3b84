#include "tier_site/home.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

const std::string PIN = sha256(view("a root")).hex();

TEST_CASE("home is an address and a pin, and perhaps more addresses and a proxy") {
  auto home = std::get<HomeAddress>(parseHome("  north.example:443#" + PIN + "\r\n"));
  CHECK(home.token.addresses == std::vector<std::string>{"north.example:443"});
  CHECK(home.token.rootKey == sha256(view("a root")));
  CHECK(home.token.kind == TokenKind::SITE);
  CHECK(home.token.id.empty());
  CHECK(home.proxy.empty());
  auto more = std::get<HomeAddress>(parseHome("[fd00::1]:443, b:7700#" + PIN +
                                              "\n\nproxy http://proxy:3128\n"));
  CHECK(more.token.addresses == std::vector<std::string>{"[fd00::1]:443", "b:7700"});
  CHECK(more.proxy == "http://proxy:3128");
}

TEST_CASE("what does not say where home is is refused with how it is written") {
  for (auto text : std::vector<std::string>{
           "", "north:443", "north:443#", "north:443#abc", "north#" + PIN, ":443#" + PIN,
           "north:x#" + PIN, "a:1,,b:2#" + PIN, "north:443#" + PIN + "\nproxy ftp://x",
           "north:443#" + PIN + "\nhello", "north:443#" + PIN.substr(1) + "g",
           std::string(HOME_BYTES_MAX + 1, 'x')}) {
    INFO(text);
    auto parsed = parseHome(text);
    REQUIRE(std::holds_alternative<std::string>(parsed));
    CHECK(std::get<std::string>(parsed).find("HOST:PORT#PIN") != std::string::npos);
  }
}

}  // namespace
}  // namespace skerry
