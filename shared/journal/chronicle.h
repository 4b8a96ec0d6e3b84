// A daemon's journals, in a database of their own that may be lost: its own events, and those of
// each child that tells it its own.
//
//   record() ──► in memory for EVENT_BURST ──► one transaction ──► told on: followers, tier above
//
// Nothing waits for it and nothing depends on it. While the disk takes nothing, events wait in
// memory, at most EVENTS_UNWRITTEN_MAX; those that found no room are counted and told. A database
// that is damaged is begun anew, under a greater epoch.
#pragma once
#include "shared/async/task.h"
#include "shared/host/host.h"
#include "shared/journal/event_log.h"
#include "shared/journal/event_search.h"
#include "shared/journal/life_record.h"
#include "shared/store/store.h"
#include <functional>
#include <map>
#include <set>

namespace skerry {

constexpr kj::StringPtr TELEMETRY_DATABASE = "telemetry.db"_kj;
constexpr const char* OWN_JOURNAL = "";  // its name

class Chronicle final : private kj::TaskSet::ErrorHandler {
public:
  // `host` outlives it. `others`: the bounds of each child's journal.
  Chronicle(Host& host, EventLogBounds own, EventLogBounds others);
  ~Chronicle() noexcept(false);
  KJ_DISALLOW_COPY(Chronicle);

  // Opens the database, for as long as it takes, and records that this daemon of `version`
  // started. `epoch` is greater at each start of a daemon. Later calls change nothing.
  void begin(uint64_t epoch, std::string version);
  // Writes what waits and that this life ended politely.
  kj::Promise<void> end();

  // The time is filled in where there is none.
  void record(Event event);
  // What a child tells: false when nothing of it is new. Resolves when it is durable. Fails
  // OVERLOADED while the disk takes nothing.
  kj::Promise<bool> take(std::string name, EventPiece piece);
  // Of a child's stream: its epoch and mark.
  struct Mark {
    uint64_t epoch = 0, mark = 0;
  };
  kj::Promise<Mark> markOf(std::string name);
  void forget(const std::string& name);

  // What is known of these journals, each event passed through `where` for its name, which may
  // refuse it; in the order of their time, at most `max`, the newest.
  using Where = EventSearch::Where;
  kj::Promise<std::vector<Event>> find(std::vector<std::string> names, EventFilter filter,
                                       size_t max, Where where);

  // Ends the promise, DISCONNECTED, when this goes.
  kj::Promise<void> whileThere(kj::Promise<void> promise) { return askers.wrap(kj::mv(promise)); }

  // Told of what became durable, until it is destroyed.
  class Follower {
  public:
    using Told = std::function<void(const std::string& name, const std::vector<Event>& events)>;
    Follower(Chronicle& of, Told told) : of(of), told(std::move(told)) {
      of.followers.insert(this);
    }
    ~Follower() { of.followers.erase(this); }
    KJ_DISALLOW_COPY(Follower);

  private:
    friend class Chronicle;
    Chronicle& of;
    Told told;
  };

  // The own journal, to be told to the tier above: durable events only.
  uint64_t ownEpoch() const { return epochUsed; }
  uint64_t ownOldest() { return shelf(OWN_JOURNAL).log.oldest(); }
  uint64_t ownNext() { return shelf(OWN_JOURNAL).log.next(); }
  kj::Promise<EventPiece> readOwn(uint64_t from);
  // The tier above knows a greater one: ours went back in time.
  kj::Promise<void> beginEpoch(uint64_t epoch);
  // When there is more of it, or it is open.
  kj::Promise<void> whenOwnMoves() { return moved.addBranch(); }
  bool isOpen() const { return store != nullptr; }

private:
  struct Shelf {
    EventLog log;
    bool isLoaded = false;
    kj::ForkedPromise<void> turn;  // one step of it at a time
    explicit Shelf(EventLogBounds bounds)
        : log(bounds), turn(kj::Promise<void>(kj::READY_NOW).fork()) {}
  };
  Shelf& shelf(const std::string& name);
  template <typename T>
  kj::Promise<T> inTurn(const std::string& name, std::function<kj::Promise<T>()> step);
  Store& open();
  kj::Promise<void> commit(Batch batch);
  Task<void> openOnce();
  void openLater(kj::Duration pause);
  Task<void> load(std::string name);
  Task<bool> takeNow(std::string name, EventPiece piece);
  Task<Mark> markNow(std::string name);
  Task<bool> writeOwn();
  Task<std::vector<Event>> search(std::vector<std::string> names, EventFilter filter, size_t max,
                                  Where where);
  Task<EventPiece> readNow(uint64_t from);
  Task<bool> beginEpochNow(uint64_t epoch);
  void arm(kj::Duration pause);
  void tell(const std::string& name, const std::vector<Event>& events);
  void lose();
  void announce();
  void taskFailed(kj::Exception&& exception) override;

  Host& host;
  EventLogBounds own, others;
  uint64_t epochAtLeast = 1, epochUsed = 0;
  LifeRecord life;
  int64_t startedMs;
  kj::Maybe<kj::Own<Store>> store;
  std::map<std::string, kj::Own<Shelf>> shelves;
  std::vector<Event> unwritten;
  uint64_t lostBefore = 0, lostAfter = 0;  // of `unwritten`: found no room
  bool hasBegun = false, isStarted = false, isArmed = false, isLosing = false;
  bool isLifeWritten = false;
  kj::Duration pause = JOURNAL_RETRY;
  std::set<Follower*> followers;
  kj::Own<kj::PromiseFulfiller<void>> mover;
  kj::ForkedPromise<void> moved = nullptr;
  kj::Canceler asked;   // who waits for an answer of the database
  kj::Canceler askers;  // who is told for as long as he listens
  kj::Promise<void> opening = kj::READY_NOW;
  kj::Own<kj::TaskSet> tasks;
};

}  // namespace skerry
