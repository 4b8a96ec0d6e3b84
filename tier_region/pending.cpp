#include "tier_region/pending.h"
#include "shared/pki/host_id.h"
#include <algorithm>

namespace skerry {

std::string presentable(const std::string& said) {
  auto shown = said.substr(0, PENDING_TEXT_BYTES_MAX);
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  return shown;
}

bool Pending::called(Caller caller, int64_t nowMs, std::vector<std::string>& gone) {
  auto id = hostId(caller.device);
  auto found = callers.find(id);
  bool isNew = found == callers.end();
  if (isNew && fresh.take() != nullptr) return false;
  auto giveWay = [&](const std::string& address) {
    gone.push_back(oldest(address));
    callers.erase(gone.back());
  };
  if (isNew && countOf(caller.address) >= PENDING_OF_ADDRESS_MAX) giveWay(caller.address);
  if (isNew && callers.size() >= PENDING_MAX) giveWay("");
  caller.host = presentable(caller.host);
  caller.version = presentable(caller.version);
  caller.sinceMs = isNew ? nowMs : found->second.caller.sinceMs;
  caller.lastMs = nowMs;
  callers[id] = {std::move(caller), ++turns};
  return true;
}

void Pending::erase(const std::string& id) { callers.erase(id); }

std::vector<std::string> Pending::forget(int64_t nowMs) {
  std::vector<std::string> gone;
  for (auto& [id, held] : callers) {
    if (nowMs - held.caller.lastMs > PENDING_FORGET_MS) gone.push_back(id);
  }
  for (auto& id : gone) callers.erase(id);
  return gone;
}

const Pending::Caller* Pending::find(const std::string& id) const {
  auto found = callers.find(id);
  return found == callers.end() ? nullptr : &found->second.caller;
}

std::string Pending::oldest(const std::string& address) const {
  const std::pair<const std::string, Held>* found = nullptr;
  for (auto& held : callers) {
    bool isAsked = address.empty() || held.second.caller.address == address;
    if (isAsked && (found == nullptr || held.second.turn < found->second.turn)) found = &held;
  }
  return found->first;
}

size_t Pending::countOf(const std::string& address) const {
  return std::count_if(callers.begin(), callers.end(), [&](auto& held) {
    return held.second.caller.address == address;
  });
}

}  // namespace skerry
