// Central's word that a tenant, a site or a host must not run, as a value. Includes generated code.
#pragma once
#include "capnp/authority.capnp.h"
#include <map>
#include <optional>
#include <string>

namespace skerry {

struct BlockWord {
  std::string reason;   // for a person; may be empty
  int64_t sinceMs = 0;  // Unix epoch, by central's clock
  bool operator==(const BlockWord&) const = default;
};

// What stands in the way of an instance, for a person.
std::string printBlock(const std::string& what, const BlockWord& block);

// Of any struct with a field `block`; nothing where that is null.
template <typename Reader>
std::optional<BlockWord> readBlock(Reader from) {
  if (!from.hasBlock()) return std::nullopt;
  auto reason = from.getBlock().getReason();
  return BlockWord{std::string(reason.begin(), reason.size()), from.getBlock().getSinceMs()};
}
template <typename Builder>
void writeBlock(const std::optional<BlockWord>& from, Builder to) {
  if (!from) return;
  to.initBlock().setReason(from->reason);
  to.getBlock().setSinceMs(from->sinceMs);
}

// Of any struct with a field `blockedHosts`, by name.
using BlockedHosts = std::map<std::string, BlockWord>;
template <typename Reader>
BlockedHosts readBlockedHosts(Reader from) {
  BlockedHosts hosts;
  for (auto host : from.getBlockedHosts()) {
    auto name = host.getName();
    hosts[std::string(name.begin(), name.size())] = readBlock(host).value_or(BlockWord());
  }
  return hosts;
}
template <typename Builder>
void writeBlockedHosts(const BlockedHosts& from, Builder to) {
  if (from.empty()) return;
  auto list = to.initBlockedHosts(from.size());
  size_t i = 0;
  for (auto& [name, block] : from) {
    list[i].setName(name);
    writeBlock(std::optional<BlockWord>(block), list[i++]);
  }
}

}  // namespace skerry
