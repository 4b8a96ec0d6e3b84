// What of all that moves at a site is worth an event: compares what is seen with what was seen
// before. Pure. Until live() nothing is said, so that a controller that starts does not tell anew
// what went on without it.
//
// Of an instance in a crash loop only the loop's begin and end are told, not each life: a noisy
// service does not push out what else happened.
#pragma once
#include "shared/journal/event.h"
#include "shared/ledger/local_entry.h"
#include "tier_site/supervisor.h"
#include <map>
#include <optional>

namespace skerry {

constexpr int64_t CLOCK_JUMP_MS = 10'000;  // less is a clock being set right slowly
constexpr auto WATCH_EVERY = 60 * kj::SECONDS;

// Of what was decided on site for a time that is over now; nothing for what only marks that
// something was done.
std::optional<Event> endOf(const LocalEntry& entry);

class JournalWatch {
public:
  using Events = std::vector<Event>;

  void live() { isLive = true; }

  // `view` null: it is gone.
  Events instance(const InstanceId& id, const Supervisor::View* view);
  // Those that came out of a crash loop; `bootMs` now.
  Events recovered(const InstanceId& id, const Supervisor::View& view, uint64_t bootMs);
  // The verdict about the orders for an application, and what it was about; empty: none any more.
  Events orders(const std::string& tenant, const std::string& app, const std::string& verdict,
                const std::string& revision, const std::string& reason);
  // What a person should know, by a stable word each.
  Events findings(const std::map<std::string, std::string>& now);
  // What the disk does not let us do; empty: it does all.
  Events disk(const std::string& trouble);
  Events link(bool isUp, const std::string& parent, int64_t aloneMs);
  Events clock(int64_t wallMs, uint64_t bootMs);

private:
  struct Seen {
    RunState state = RunState::PENDING;
    uint64_t started = 0, ended = 0;  // incarnations
    bool isLooping = false;
    std::string reason;
  };
  Events told(Events events) const { return isLive ? events : Events(); }

  bool isLive = false;
  std::map<InstanceId, Seen> instances;
  std::map<std::pair<std::string, std::string>, std::string> verdicts;
  std::map<std::string, std::string> known;
  std::string trouble;
  bool isUp = false;
  std::optional<int64_t> offsetMs;  // of the wall clock to the boot clock
};

}  // namespace skerry
