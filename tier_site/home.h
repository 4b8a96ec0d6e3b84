// Where a host without a token belongs: HOST:PORT of its region, and the pin by which it knows the
// fleet. Written into an image or onto its boot partition, it makes a machine that calls home by
// itself; docs/guides/installer.md has the format.
#pragma once
#include "shared/pki/token.h"
#include <variant>

namespace skerry {

constexpr size_t HOME_BYTES_MAX = 4096;
// Where it is looked for, in this order, when nobody says.
constexpr const char* HOME_FILES[] = {"/etc/skerry/home", "/boot/firmware/skerry.home"};

struct HomeAddress {
  Token token;  // without id and secret: who shows it calls home
  std::string proxy;
};
// `HOST:PORT[,HOST:PORT]#PIN`, PIN being the SHA-256 of the root's key in hexadecimal; on a second
// line there may be `proxy URL`. Or what is wrong with it.
std::variant<HomeAddress, std::string> parseHome(std::string_view text);

// `words`: what parseHome() reads, or `@FILE`; empty: the first of HOME_FILES that is there.
// Answers that text; nothing when there is none.
std::optional<std::string> readHome(const std::string& words);

}  // namespace skerry
