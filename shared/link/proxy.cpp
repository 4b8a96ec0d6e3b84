#include "shared/link/proxy.h"
#include "shared/async/task.h"
#include <kj/debug.h>
#include <kj/encoding.h>
#include <kj/refcount.h>

namespace skerry {
namespace {

constexpr std::string_view SCHEME = "http://";
constexpr size_t PHRASE_BYTES_MAX = 80;

using Stream = kj::Own<kj::AsyncIoStream>;

kj::Exception trouble(kj::String text) {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__, kj::mv(text));
}

// What a person can do about a status.
kj::StringPtr adviceOn(unsigned status) {
  switch (status) {
    case 407: return ": it wants a user and a password, "
                     "--proxy http://USER:PASSWORD@HOST:PORT"_kj;
    case 401:
    case 403:
    case 405: return ": it does not let us, and who runs it has to allow CONNECT to "
                     "this address"_kj;
    case 500:
    case 502:
    case 503:
    case 504: return ": it cannot reach it just now"_kj;
    default: return ""_kj;
  }
}

struct Way : kj::Refcounted {
  Way(kj::Network& direct, kj::Timer& timer, Proxy proxy, kj::Duration patience)
      : direct(direct), timer(timer), proxy(std::move(proxy)), patience(patience) {}
  kj::Network& direct;
  kj::Timer& timer;
  Proxy proxy;
  kj::Duration patience;
};

kj::String request(const Way& way, kj::StringPtr target) {
  auto authorization = way.proxy.authorization.empty() ? kj::str() : kj::str(
      "Proxy-Authorization: ", way.proxy.authorization.c_str(), "\r\n");
  return kj::str("CONNECT ", target, " HTTP/1.1\r\nHost: ", target, "\r\n", authorization, "\r\n");
}

kj::String name(const Way& way) { return kj::str("the proxy ", way.proxy.address.c_str()); }

// Not a byte beyond the reply is read: the parent speaks only after us.
Task<void> readReply(kj::AsyncIoStream& stream, const Way& way) {
  kj::FixedArray<char, PROXY_REPLY_BYTES_MAX> buffer;
  for (size_t held = 0;;) {
    auto reading = stream.tryRead(buffer.begin() + held, 1, buffer.size() - held);
    auto got = co_await reading;
    held += got;
    auto reply = readProxyReply({buffer.begin(), held});
    if (reply.state == ProxyReply::State::COMPLETE) {
      if (reply.status < 200 || reply.status > 299) {
        kj::throwFatalException(trouble(kj::str(name(way), " answered ", reply.status, " ",
            reply.phrase.c_str(), adviceOn(reply.status))));
      }
      if (reply.bytes == held) co_return;
    }
    bool isAlien = reply.state != ProxyReply::State::INCOMPLETE || held == buffer.size();
    if (isAlien) {
      kj::throwFatalException(trouble(kj::str(name(way),
                                              " does not answer as an HTTP proxy does")));
    }
    if (got == 0) {
      kj::throwFatalException(trouble(kj::str(name(way), " hung up before it had answered")));
    }
  }
}

Task<Stream> askProxy(kj::Own<const Way> way, kj::String target) {
  auto parsing = way->direct.parseAddress(way->proxy.address.c_str());
  auto parsed = co_await parsing;
  auto connecting = parsed->connect();
  auto stream = co_await connecting;
  auto words = request(*way, target);
  auto sending = stream->write(words.begin(), words.size());
  co_await sending;
  auto reading = readReply(*stream, *way);
  co_await reading;
  co_return kj::mv(stream);
}

// One address behind the proxy.
class FarAddress final : public kj::NetworkAddress {
public:
  FarAddress(kj::Own<Way> way, kj::StringPtr target) : way(kj::mv(way)), target(kj::str(target)) {}

  kj::Promise<Stream> connect() override {
    kj::Promise<Stream> asking = askProxy(kj::addRef(*way), kj::str(target));
    auto late = way->timer.afterDelay(way->patience).then([way = kj::addRef(*way)]() -> Stream {
      kj::throwFatalException(trouble(kj::str(name(*way), " did not answer in ",
                                              way->patience / kj::SECONDS, " s")));
    });
    return asking.catch_([way = kj::addRef(*way)](kj::Exception&& reason) -> Stream {
      auto text = kj::str(reason.getDescription());
      if (!text.startsWith(name(*way))) text = kj::str(name(*way), ": ", text);
      kj::throwFatalException(trouble(kj::mv(text)));
    }).exclusiveJoin(kj::mv(late));
  }
  kj::Own<kj::ConnectionReceiver> listen() override {
    KJ_UNIMPLEMENTED("nobody listens through a proxy");
  }
  kj::Own<kj::NetworkAddress> clone() override {
    return kj::heap<FarAddress>(kj::addRef(*way), target);
  }
  kj::String toString() override { return kj::str(target); }

private:
  kj::Own<Way> way;
  kj::String target;
};

class FarNetwork final : public kj::Network {
public:
  explicit FarNetwork(kj::Own<Way> way) : way(kj::mv(way)) {}

  kj::Promise<kj::Own<kj::NetworkAddress>> parseAddress(kj::StringPtr address,
                                                        kj::uint portHint) override {
    // It becomes a line of the request.
    for (char c : address) {
      KJ_REQUIRE(c > ' ' && c < 0x7f, "this is no address that a proxy can be asked for", address);
    }
    auto target = portHint == 0 ? kj::str(address) : kj::str(address, ":", portHint);
    return kj::Own<kj::NetworkAddress>(kj::heap<FarAddress>(kj::addRef(*way), target));
  }
  kj::Own<kj::NetworkAddress> getSockaddr(const void*, kj::uint) override {
    KJ_UNIMPLEMENTED("a proxy is asked for names");
  }
  kj::Own<kj::Network> restrictPeers(kj::ArrayPtr<const kj::StringPtr>,
                                     kj::ArrayPtr<const kj::StringPtr>) override {
    KJ_UNIMPLEMENTED("whom to reach is the proxy's to judge");
  }

private:
  kj::Own<Way> way;
};

kj::Own<kj::Network> throughProxy(Host& host, const std::string& url, kj::Duration patience) {
  if (url.empty()) return {};
  auto parsed = parseProxy(url);
  auto wrong = std::get_if<std::string>(&parsed);
  KJ_REQUIRE(wrong == nullptr, "the proxy cannot be used", wrong->c_str());
  return kj::heap<FarNetwork>(kj::refcounted<Way>(host.network, host.timer,
                                                  std::get<Proxy>(parsed), patience));
}

bool isPort(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != text.npos) {
    return false;
  }
  auto number = std::stoul(std::string(text));
  return number >= 1 && number <= 65535;
}

bool isHost(std::string_view text) {
  bool isBracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  constexpr auto NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  constexpr auto NUMBER = "0123456789abcdefABCDEF:.%";
  if (isBracketed) return text.substr(1, text.size() - 2).find_first_not_of(NUMBER) == text.npos;
  return !text.empty() && text.find_first_not_of(NAME) == text.npos;
}

}  // namespace

std::variant<Proxy, std::string> parseProxy(const std::string& url) {
  auto wrong = [](std::string_view what) {
    return "--proxy: " + std::string(what) + "; write http://[USER:PASSWORD@]HOST:PORT";
  };
  if (url.size() > PROXY_URL_BYTES_MAX) return wrong("this is too long");
  if (!url.starts_with(SCHEME)) return wrong("only proxies that speak http:// can be used");
  auto rest = url.substr(SCHEME.size());
  if (rest.ends_with("/")) rest.pop_back();
  Proxy proxy;
  auto at = rest.rfind('@');
  if (at != rest.npos) {
    auto person = kj::decodeUriComponent(kj::arrayPtr(rest.data(), at));
    bool isReadable = !person.hadErrors && person.findFirst(':') != nullptr;
    if (!isReadable) return wrong("before the @ stand USER:PASSWORD");
    proxy.authorization = std::string("Basic ") + kj::encodeBase64(person.asBytes()).cStr();
    rest.erase(0, at + 1);
  }
  auto colon = rest.rfind(':');
  bool hasPort = colon != rest.npos && isPort(std::string_view(rest).substr(colon + 1));
  if (!hasPort) return wrong("it has no port");
  if (!isHost(std::string_view(rest).substr(0, colon))) return wrong("it has no host name");
  proxy.address = rest;
  return proxy;
}

ProxyReply readProxyReply(std::string_view soFar) {
  constexpr std::string_view BEGIN = "HTTP/1.";
  constexpr size_t STATUS_AT = 9, STATUS_END = 12;  // HTTP/1.1 200 Phrase
  ProxyReply reply;
  auto length = std::min(soFar.size(), BEGIN.size());
  if (soFar.substr(0, length) != BEGIN.substr(0, length)) {
    reply.state = ProxyReply::State::ALIEN;
    return reply;
  }
  auto crlf = soFar.find("\r\n\r\n"), lf = soFar.find("\n\n");
  if (crlf == soFar.npos && lf == soFar.npos) return reply;
  reply.bytes = crlf < lf ? crlf + 4 : lf + 2;
  auto line = soFar.substr(0, soFar.find_first_of("\r\n"));
  auto digits = line.size() < STATUS_END ? "" : line.substr(STATUS_AT, STATUS_END - STATUS_AT);
  bool isStatus = digits.size() == 3 && line[STATUS_AT - 1] == ' ' && digits[0] >= '1' &&
                  digits.find_first_not_of("0123456789") == digits.npos &&
                  (line.size() == STATUS_END || line[STATUS_END] == ' ');
  reply.state = isStatus ? ProxyReply::State::COMPLETE : ProxyReply::State::ALIEN;
  if (!isStatus) return reply;
  reply.status = std::stoul(std::string(digits));
  for (char c : line.substr(std::min(line.size(), STATUS_END + 1), PHRASE_BYTES_MAX)) {
    reply.phrase += c >= ' ' && c < 0x7f ? c : '?';
  }
  return reply;
}

Outward::Outward(Host& host, const std::string& proxy, kj::Duration patience)
    : network(throughProxy(host, proxy, patience)),
      seen{network.get() == nullptr ? host.network : *network, host.timer, host.clock,
           host.entropy, host.files, host.path, host.processes, host.disk, host.system,
           host.capacity} {}

}  // namespace skerry
