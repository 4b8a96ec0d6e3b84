// A line of the keeper's protocol (tier_site/keeper/main.cpp), as sent or as found in its files
// `state` and `exit`. Keys that are missing read as nothing: an older keeper may send fewer.
#pragma once
#include "tier_site/drivers/instance.h"
#include <string_view>

namespace skerry {

class KeeperStatus {
public:
  KeeperStatus() = default;
  explicit KeeperStatus(std::string_view line) : line(line) {}

  // The first word: "ok", "err", "event", "state", "exit", "skerry-keeper".
  std::string_view head() const;
  std::string_view get(std::string_view key) const;
  // Zero for anything that is no number.
  uint64_t number(std::string_view key) const;
  int64_t signedNumber(std::string_view key) const;
  // What follows "err ", up to the first KEY=VALUE.
  std::string_view error() const;

  bool isRunning() const { return get("state") == "running" || get("state") == "stopping"; }
  bool empty() const { return line.empty(); }
  std::string_view text() const { return line; }

private:
  std::string line;
};

// What a keeper's status says of its service.
Observed observedFrom(const InstanceId& id, const KeeperStatus& status);

// Why an instance did not start, in an operator's words, from "STAGE: TEXT".
std::string explainKeeperError(std::string_view error, const Rendered& rendered);

}  // namespace skerry
