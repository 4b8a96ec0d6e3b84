// The hosts that call home and that nobody let in: those who keep calling stay, the others give
// way. Anybody who reaches the door can make keys, so the list is bounded, a new key is taken only
// at a rate, and one address gets a part of it. Nothing of it is stored: who waits calls again.
#pragma once
#include "shared/crypto/hash.h"
#include "shared/link/admission.h"
#include <map>
#include <string>
#include <vector>

namespace skerry {

constexpr size_t PENDING_MAX = 256;
constexpr size_t PENDING_OF_ADDRESS_MAX = 64;  // a site's hosts may share one
constexpr unsigned PENDING_PER_SECOND = 1;     // that were not known before
constexpr unsigned PENDING_AT_ONCE = 64;
constexpr size_t PENDING_TEXT_BYTES_MAX = 64;  // of what a caller says of itself
constexpr int64_t PENDING_FORGET_MS = 60 * 60 * 1'000;
constexpr auto PENDING_LOOK_EVERY = 10 * kj::MINUTES;

// What a stranger says, as it may be shown to people: short, and no control characters.
std::string presentable(const std::string& said);

class Pending {
public:
  struct Caller {
    Hash device;
    std::string address, host, version;
    int64_t sinceMs = 0, lastMs = 0;  // its first and its last call, by the clock of who says
  };
  explicit Pending(const kj::MonotonicClock& clock)
      : fresh(clock, PENDING_PER_SECOND, PENDING_AT_ONCE) {}

  // One called. False: it is new, and too many new ones call. `gone` gets who gave way.
  bool called(Caller caller, int64_t nowMs, std::vector<std::string>& gone);
  // Was let in, or did not call for PENDING_FORGET_MS.
  void erase(const std::string& id);
  std::vector<std::string> forget(int64_t nowMs);

  const Caller* find(const std::string& id) const;
  size_t size() const { return callers.size(); }

private:
  struct Held {
    Caller caller;
    uint64_t turn = 0;  // of its last call
  };
  // Who called longest ago, of this address or (empty) of all.
  std::string oldest(const std::string& address) const;
  size_t countOf(const std::string& address) const;

  TokenBucket fresh;
  uint64_t turns = 0;
  std::map<std::string, Held> callers;  // by identity
};

}  // namespace skerry
