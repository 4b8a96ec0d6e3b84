#include "shared/daemon/rollup.h"
#include "shared/model/encoded.h"
#include <algorithm>

namespace skerry {
namespace {

// A sum that would wrap around says the most there is: it comes from elsewhere.
void raise(uint32_t& sum, uint32_t by) { sum = by > UINT32_MAX - sum ? UINT32_MAX : sum + by; }

void write(const std::map<std::string, uint32_t>& counts,
           capnp::List<schema::AppRollup::Count>::Builder to) {
  uint i = 0;
  for (auto& [name, count] : counts) {
    to[i].setName(name);
    to[i++].setCount(count);
  }
}

void read(capnp::List<schema::AppRollup::Count>::Reader from,
          std::map<std::string, uint32_t>& counts) {
  for (auto one : from) {
    auto name = text(one.getName());
    if (counts.size() < ROLLUP_KINDS_MAX || counts.contains(name)) {
      raise(counts[name], one.getCount());
    }
  }
}

}  // namespace

void Rollup::merge(const Rollup& other) {
  raise(sites, other.sites);
  for (auto& [state, count] : other.states) raise(states[state], count);
  for (auto& [kind, count] : other.lastHour) raise(lastHour[kind], count);
}

uint32_t Rollup::ended() const {
  uint32_t sum = 0;
  for (auto kind : {"instance.ended", "instance.crash-loop"}) {
    auto found = lastHour.find(kind);
    if (found != lastHour.end()) raise(sum, found->second);
  }
  return sum;
}

void merge(Rollups& into, const Rollups& from) {
  for (auto& [app, rollup] : from) into[app].merge(rollup);
}

void writeLastHour(const Rollups& rollups, schema::TierStatus::Builder to) {
  Rollup all;
  for (auto& [app, rollup] : rollups) all.merge(rollup);
  auto list = to.initLastHour(uint(all.lastHour.size()));
  uint i = 0;
  for (auto& [kind, count] : all.lastHour) {
    list[i].setKind(kind);
    list[i++].setCount(count);
  }
}

Bytes encodeRollup(const Rollup& rollup) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::AppRollup>();
  to.setSites(rollup.sites);
  write(rollup.states, to.initStates(uint(rollup.states.size())));
  write(rollup.lastHour, to.initLastHour(uint(rollup.lastHour.size())));
  return encode<schema::AppRollup>(to);
}

Rollup decodeRollup(BytesView from) {
  Rollup rollup;
  try {
    Decoded<schema::AppRollup> decoded(from);
    rollup.sites = decoded.get().getSites();
    read(decoded.get().getStates(), rollup.states);
    read(decoded.get().getLastHour(), rollup.lastHour);
  } catch (const kj::Exception&) {
    return {};
  }
  return rollup;
}

void HourCounts::forgetOld(int64_t nowMs) {
  while (!steps.empty() && steps.front().beganMs <= nowMs - ROLLUP_WINDOW_MS) steps.pop_front();
}

void HourCounts::add(const Event& event, int64_t nowMs) {
  forgetOld(nowMs);
  auto atMs = std::min(event.atMs, nowMs);
  if (atMs <= nowMs - ROLLUP_WINDOW_MS) return;
  auto began = atMs / ROLLUP_STEP_MS * ROLLUP_STEP_MS;
  auto place = std::lower_bound(steps.begin(), steps.end(), began,
                                [](const Step& step, int64_t ms) { return step.beganMs < ms; });
  if (place == steps.end() || place->beganMs != began) place = steps.insert(place, {began, {}});
  auto app = event.app.empty() ? "" : event.tenant + "/" + event.app;
  if (place->counts.size() >= ROLLUP_APPLICATIONS_MAX && !place->counts.contains(app)) return;
  auto& kinds = place->counts[app];
  if (kinds.size() < ROLLUP_KINDS_MAX || kinds.contains(event.kind)) raise(kinds[event.kind], 1);
}

Rollups HourCounts::sum(int64_t nowMs) {
  forgetOld(nowMs);
  Rollups sums;
  for (auto& step : steps) {
    for (auto& [app, kinds] : step.counts) {
      for (auto& [kind, count] : kinds) raise(sums[app].lastHour[kind], count);
    }
  }
  return sums;
}

}  // namespace skerry
