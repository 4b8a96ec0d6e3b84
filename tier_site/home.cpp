#include "tier_site/home.h"
#include "shared/link/proxy.h"
#include <fstream>

namespace skerry {
namespace {

std::string trimmed(std::string_view text) {
  constexpr auto SPACE = " \t\r\n";
  auto begin = text.find_first_not_of(SPACE);
  if (begin == text.npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(SPACE) - begin + 1));
}

// The next part up to `end`, taken off.
std::string next(std::string_view& rest, char end) {
  auto at = rest.find(end);
  auto part = trimmed(rest.substr(0, at));
  rest.remove_prefix(at == rest.npos ? rest.size() : at + 1);
  return part;
}

bool isAddress(const std::string& text) {
  auto colon = text.rfind(':');
  auto digits = colon == text.npos ? std::string() : text.substr(colon + 1);
  return colon != 0 && !digits.empty() && digits.size() <= 5 &&
         digits.find_first_not_of("0123456789") == digits.npos &&
         text.find_first_of(" /@#") == text.npos;
}

std::optional<Hash> readPin(const std::string& text) {
  Hash hash;
  if (text.size() != 2 * hash.bytes.size()) return std::nullopt;
  if (text.find_first_not_of("0123456789abcdefABCDEF") != text.npos) return std::nullopt;
  for (size_t i = 0; i < hash.bytes.size(); i++) {
    hash.bytes[i] = uint8_t(std::stoul(text.substr(2 * i, 2), nullptr, 16));
  }
  return hash;
}

std::optional<std::string> readFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::string content;
  char c;
  while (content.size() <= HOME_BYTES_MAX && file.get(c)) content += c;
  return content;
}

}  // namespace

std::variant<HomeAddress, std::string> parseHome(std::string_view text) {
  auto wrong = [](const std::string& what) {
    return "home: " + what + "; write HOST:PORT#PIN, as `skerry describe region NAME` shows it";
  };
  if (text.size() > HOME_BYTES_MAX) return wrong("this is too long");
  HomeAddress home;
  auto first = next(text, '\n');
  auto hash = first.rfind('#');
  auto pin = hash == first.npos ? std::nullopt : readPin(first.substr(hash + 1));
  if (!pin) return wrong("after a # stands the pin, 64 hexadecimal digits");
  home.token.rootKey = *pin;
  std::string_view addresses(first.data(), hash);
  do {
    home.token.addresses.push_back(next(addresses, ','));
    if (!isAddress(home.token.addresses.back())) {
      return wrong("'" + home.token.addresses.back() + "' is no HOST:PORT");
    }
  } while (!addresses.empty());
  constexpr std::string_view PROXY = "proxy ";
  while (!text.empty()) {
    auto line = next(text, '\n');
    if (line.empty()) continue;
    if (!line.starts_with(PROXY)) return wrong("'" + line + "' is not understood");
    home.proxy = trimmed(line.substr(PROXY.size()));
    auto parsed = parseProxy(home.proxy);
    if (auto why = std::get_if<std::string>(&parsed)) return wrong(*why);
  }
  return home;
}

std::optional<std::string> readHome(const std::string& words) {
  if (words.starts_with("@")) return readFile(words.substr(1));
  if (!words.empty()) return words;
  for (auto path : HOME_FILES) {
    if (auto content = readFile(path)) return content;
  }
  return std::nullopt;
}

}  // namespace skerry
