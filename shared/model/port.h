// A published port, `[ADDRESS:]HOST:CONTAINER[/tcp|udp]` as in the Compose specification; for a
// process also `PORT`, the one it listens on.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skerry {

struct PortSpec {
  std::string address;  // of the host, numeric; empty: every one
  uint16_t host = 0;
  uint16_t container = 0;
  bool udp = false;
  bool operator==(const PortSpec&) const = default;
};

// Absent when `text` is no port; `why` then says what is wrong.
std::optional<PortSpec> parsePort(std::string_view text, std::string& why);
std::string print(const PortSpec& port);
// Whether two services of one host cannot have both.
bool clash(const PortSpec& a, const PortSpec& b);

}  // namespace skerry
