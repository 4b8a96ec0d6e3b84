// The way to a parent through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6), and from then on the
// proxy only passes bytes, which are TLS to it. Names are looked up by the proxy, since the machine
// may not know them. Whatever is wrong is said with the proxy's name, never with its password.
#pragma once
#include "shared/host/host.h"
#include <string>
#include <variant>

namespace skerry {

struct Proxy {
  std::string address;        // HOST:PORT
  std::string authorization;  // of Proxy-Authorization; empty: none
};
// `http://[USER:PASSWORD@]HOST:PORT`, with %XX in user and password. Or what is wrong with it.
std::variant<Proxy, std::string> parseProxy(const std::string& url);

constexpr size_t PROXY_URL_BYTES_MAX = 1024;
constexpr size_t PROXY_REPLY_BYTES_MAX = 8 << 10;
constexpr auto PROXY_ANSWER_MAX = 15 * kj::SECONDS;  // below what a dialler waits in all
constexpr auto PROXY_LOOK_MAX = 4 * kj::SECONDS;     // for who only looks whether it is there

// What a proxy answered, as far as it has come. Pure.
struct ProxyReply {
  enum class State : uint8_t { INCOMPLETE, COMPLETE, ALIEN };
  State state = State::INCOMPLETE;
  unsigned status = 0;
  std::string phrase;  // printable
  size_t bytes = 0;    // of the reply; what is beyond is no part of it
};
ProxyReply readProxyReply(std::string_view soFar);

// The machine, as who dials a parent sees it: with an empty `proxy`, as it is; otherwise every
// connection is made by the proxy. FAILED when `proxy` is no URL of one. `host` outlives it; it
// outlives what is given its host.
class Outward final {
public:
  Outward(Host& host, const std::string& proxy, kj::Duration patience = PROXY_ANSWER_MAX);
  KJ_DISALLOW_COPY(Outward);
  Host& host() { return seen; }

private:
  kj::Own<kj::Network> network;
  Host seen;
};

}  // namespace skerry
