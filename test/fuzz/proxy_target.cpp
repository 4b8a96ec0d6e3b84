// What an HTTP proxy answers to CONNECT, and the URLs by which proxies are named.
#include "shared/link/proxy.h"
#include "test/fuzz/fuzz.h"

namespace skerry {
namespace {

using State = ProxyReply::State;

bool isPlain(const std::string& text) {
  for (char c : text) {
    if (c < ' ' || c > '~') return false;
  }
  return true;
}

void run(BytesView input) {
  auto bytes = text(input);
  auto whole = readProxyReply(bytes);
  mustHold(isPlain(whole.phrase), "what people are shown has no control characters");
  if (whole.state == State::COMPLETE) {
    mustHold(whole.bytes <= bytes.size() && whole.status >= 100 && whole.status <= 999,
             "a reply is within what came, and has a status");
    auto alone = readProxyReply(bytes.substr(0, whole.bytes));
    mustHold(alone.state == State::COMPLETE && alone.bytes == whole.bytes &&
             alone.status == whole.status, "what is behind a reply changes nothing");
    mustHold(readProxyReply(bytes.substr(0, whole.bytes - 1)).state == State::INCOMPLETE,
             "a reply is not complete before its last byte");
  } else if (whole.state == State::ALIEN) {
    mustHold(readProxyReply(bytes + "\r\n\r\n").state == State::ALIEN, "what is alien stays so");
  }
  auto named = parseProxy(bytes);
  if (auto proxy = std::get_if<Proxy>(&named)) {
    mustHold(isPlain(proxy->address + proxy->authorization), "a line of the request stays one");
    mustHold(proxy->address.find_first_of(" /@") == std::string::npos, "an address is one");
  }
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (auto written : {
           "HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 407 Who?\r\nA: b\r\n\r\nbody",
           "HTTP/1.1 502\n\n", "HTTP/1.1 20x\r\n\r\n", "SSH-2.0-OpenSSH",
           "http://proxy:3128", "http://ann:p%40ss@[fd00::1]:8080/"}) {
    all.push_back(copy(view(std::string_view(written))));
  }
  return all;
}

FUZZ_TARGET("proxy", run, seeds);

}  // namespace
}  // namespace skerry
