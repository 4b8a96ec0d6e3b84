#include "tier_site/drivers/instance.h"
#include "tier_site/drivers/driver_limits.h"
#include <charconv>

namespace skerry {

namespace {

bool isLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool isPart(std::string_view part) {
  if (part.empty() || part.size() > ID_PART_BYTES_MAX || !isLetterOrDigit(part[0])) return false;
  for (char c : part)
    if (!isLetterOrDigit(c) && c != '-' && c != '_') return false;
  return true;
}

// Every value with its length before it, so that no two renderings encode alike.
class Encoding {
public:
  Encoding() { hash.add(std::string_view("skerry/rendered/1\0", 18)); }
  Encoding& add(uint64_t number) {
    uint8_t bytes[8];
    for (int i = 0; i < 8; ++i) bytes[i] = uint8_t(number >> (8 * i));
    hash.add(BytesView(bytes, sizeof bytes));
    return *this;
  }
  Encoding& add(const std::string& text) {
    add(uint64_t(text.size()));
    hash.add(std::string_view(text));
    return *this;
  }
  Encoding& add(const std::vector<std::string>& list) {
    add(uint64_t(list.size()));
    for (auto& text : list) add(text);
    return *this;
  }
  Hash finish() { return hash.finish(); }

private:
  Sha256 hash;
};

}  // namespace

std::string InstanceId::str() const {
  return tenant + "." + app + "." + service + "." + std::to_string(ordinal);
}

bool isValid(const InstanceId& id) {
  return isPart(id.tenant) && isPart(id.app) && isPart(id.service);
}

std::optional<InstanceId> parseInstanceId(std::string_view text) {
  std::string_view parts[4];
  for (int i = 0; i < 3; ++i) {
    size_t dot = text.find('.');
    if (dot == text.npos) return {};
    parts[i] = text.substr(0, dot);
    text.remove_prefix(dot + 1);
  }
  parts[3] = text;
  InstanceId id{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]), 0};
  auto end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, id.ordinal);
  // One instance, one text: no "00".
  if (error != std::errc() || at != end || std::to_string(id.ordinal) != text) return {};
  if (!isValid(id)) return {};
  return id;
}

Hash renderedDigest(const Rendered& r) {
  Encoding e;
  e.add(r.id.str()).add(uint64_t(r.kind)).add(r.image).add(r.entrypoint).add(r.command);
  e.add(uint64_t(r.environment.size()));
  for (auto& [name, value] : r.environment) e.add(name).add(value);
  e.add(r.user).add(r.workDir).add(uint64_t(r.ports.size()));
  for (auto& port : r.ports)
    e.add(port.address).add(uint64_t(port.host)).add(uint64_t(port.inside))
        .add(uint64_t(port.protocol));
  e.add(uint64_t(r.network)).add(r.limits.cpuMilli).add(r.limits.memoryBytes).add(r.limits.pidsMax);
  e.add(uint64_t(r.stopGraceMs)).add(uint64_t(r.restartAloneAfterMs));
  // Not when there is none: what runs since before there were any stays what it is.
  if (!r.nonce.empty()) e.add(r.nonce);
  return e.finish();
}

Hash digestFromHex(std::string_view hex) {
  Hash hash;
  if (hex.size() != 2 * hash.bytes.size()) return Hash();
  for (size_t i = 0; i < hash.bytes.size(); ++i) {
    auto end = hex.data() + 2 * i + 2;
    auto [at, error] = std::from_chars(end - 2, end, hash.bytes[i], 16);
    if (error != std::errc() || at != end) return Hash();
  }
  return hash;
}

std::string describe(const Observed& observed) {
  std::string text;
  if (observed.state == Observed::State::STARTING) text = "starting";
  else if (observed.state == Observed::State::RUNNING) text = "running";
  else if (observed.oomKilled) text = "killed: out of memory";
  else if (observed.exitSignal != 0)
    text = "killed by signal " + std::to_string(observed.exitSignal);
  else if (observed.exitCode < 0) text = "ended, nobody saw how";
  else text = "exited with code " + std::to_string(observed.exitCode);
  if (!observed.reason.empty()) text += " (" + observed.reason + ")";
  return text;
}

}  // namespace skerry
