#include "shared/model/port.h"
#include <arpa/inet.h>
#include <charconv>

namespace skerry {
namespace {

bool parseNumber(std::string_view text, uint16_t& number) {
  auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  return error == std::errc() && end == text.end() && number != 0;
}

bool isAddress(const std::string& text) {
  unsigned char parsed[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), parsed) == 1 ||
         inet_pton(AF_INET6, text.c_str(), parsed) == 1;
}

bool everywhere(const PortSpec& port) {
  return port.address.empty() || port.address == "0.0.0.0" || port.address == "::";
}

// Takes `ADDRESS:` off the front, where there is one.
bool takeAddress(std::string_view& text, std::string& address) {
  if (!text.empty() && text[0] == '[') {
    auto end = text.find("]:");
    if (end == text.npos) return false;
    address = text.substr(1, end - 1);
    text.remove_prefix(end + 2);
    return isAddress(address);
  }
  auto last = text.rfind(':');
  auto before = last == text.npos || last == 0 ? text.npos : text.rfind(':', last - 1);
  if (before == text.npos) return true;
  address = text.substr(0, before);
  text.remove_prefix(before + 1);
  return isAddress(address);
}

}  // namespace

std::optional<PortSpec> parsePort(std::string_view text, std::string& why) {
  PortSpec port;
  auto slash = text.find('/');
  if (slash != text.npos) {
    auto protocol = text.substr(slash + 1);
    if (protocol != "tcp" && protocol != "udp") {
      why = "the protocol `" + std::string(protocol) + "` is neither tcp nor udp";
      return std::nullopt;
    }
    port.udp = protocol == "udp";
    text = text.substr(0, slash);
  }
  if (!takeAddress(text, port.address)) {
    why = "`" + port.address + "` is no numeric address";
    return std::nullopt;
  }
  auto colon = text.find(':');
  auto host = text.substr(0, colon);
  auto container = colon == text.npos ? host : text.substr(colon + 1);
  if (!parseNumber(host, port.host) || !parseNumber(container, port.container)) {
    why = "`" + std::string(text) + "` is not HOST:CONTAINER with numbers from 1 to 65535";
    return std::nullopt;
  }
  return port;
}

std::string print(const PortSpec& port) {
  std::string text;
  if (!port.address.empty()) {
    bool six = port.address.find(':') != std::string::npos;
    text = six ? "[" + port.address + "]:" : port.address + ":";
  }
  text += std::to_string(port.host) + ":" + std::to_string(port.container);
  return port.udp ? text + "/udp" : text;
}

bool clash(const PortSpec& a, const PortSpec& b) {
  return a.host == b.host && a.udp == b.udp &&
         (a.address == b.address || everywhere(a) || everywhere(b));
}

}  // namespace skerry
