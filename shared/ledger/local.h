// One replica of the local half: an observed-remove map of multi-value registers, written by all
// hosts of a child at once, joined by state.
//
// Knowledge is a causal context (for each actor, how many of its writes were seen) and the live
// entries. An entry that the context covers and that is not live was removed: so a removal needs
// no tombstone, cannot be undone by anybody who still remembers the entry, and costs nothing.
// (Almeida, Shoker, Baquero, "Delta State Replicated Data Types", 2018; Riak's ORSWOT.)
//
// Writers stop at the limits of the document kind; a join accepts more (LOCAL_JOIN_FACTOR), since
// refusing what others wrote would keep replicas apart. Reads depend on the state only.
#pragma once
#include "shared/ledger/ledger_limits.h"
#include "shared/ledger/local_entry.h"
#include "shared/ledger/orders.h"
#include <deque>
#include <map>
#include <vector>

namespace skerry {

using Context = std::map<Actor, uint64_t>;

// What a write says; the rest of the entry is the replica's own to fill in.
struct LocalDraft {
  LocalKey key;
  LocalKind kind = LocalKind::OVERRIDE;
  Bytes value;
  Hash basis;
  VersionId seen;   // the orders version held
  Expires expires;
  std::string author, reason;
  uint64_t hlc = 0;
};

struct LocalResult {
  enum class Refused { NO, LIMIT, INVALID, NEEDS_INCARNATION, OLDER_ORDERS, ABSENT };
  Refused refused = Refused::NO;
  std::string text;           // when refused: why, and what to do
  std::optional<Dot> dot;     // of the entry written
  std::vector<Dot> removed;
  RowChanges rows;
  bool done() const { return refused == Refused::NO; }
};

// Tells a sweep what still exists, as of the orders it was built from.
class Presence {
public:
  virtual ~Presence() noexcept(false) {}
  // Whether this life of the object exists.
  virtual bool hasObject(const std::string& object, const Gen& gen) const = 0;
  // Whether the revision may still be assigned, to an object that exists.
  virtual bool hasRevision(const std::string& object, const Hash& revision) const = 0;
  // Whether the member (`host:NAME`) or site (`site:NAME`) exists.
  virtual bool hasScope(const std::string& scope) const = 0;
};

// The whole knowledge of a replica, as a snapshot carries it: an entry is carried when its dot is
// not in the context of whom the snapshot was made for.
struct Knowledge {
  Context context;
  std::map<Dot, uint64_t> live;    // with the short hash of the entry
  std::map<Dot, Bytes> carried;
};

// Part of a stream that began with a snapshot.
struct LocalDelta {
  std::map<Dot, Bytes> added;
  std::vector<Dot> removed;
  Context actors;                  // whose counts changed
};

struct Joined {
  std::string refused;             // not empty: nothing changed, and why
  bool isForAnotherContext = false;  // the reason: it was made for a context that is not ours
  std::vector<Dot> added, removed;
  std::vector<Dot> forks;          // same dot, other entry: two machines wrote as one. Alarm.
  bool claimed = false;            // it knows more of our own writes than we do
  RowChanges rows;
};

struct LocalConflict {
  enum class Kind { SIBLINGS, ENDED };
  Kind kind = Kind::SIBLINGS;
  LocalKey key;
  std::vector<Dot> dots;           // as read: the one that counts first
};

class Local {
public:
  // `host` is the replica's own writer number. 0: a parent's replica, which never writes.
  Local(DocumentKind kind, uint32_t host);

  // --- Reading ---------------------------------------------------------------------------------
  struct Live {
    LocalEntry entry;
    Bytes bytes;
    uint64_t hash;
  };
  const std::map<Dot, Live>& entries() const { return live; }
  const Live* find(const Dot& dot) const;
  // The siblings of a key, the one that counts first: greater hlc, then greater dot.
  std::vector<const Live*> at(const LocalKey& key) const;
  // Dots by key, in the order of keys: those of an object's life lie together.
  const std::map<LocalKey, std::vector<Dot>>& byKey() const { return keys; }
  // Keys with several values that count, and ended overrides nobody has acknowledged.
  std::vector<LocalConflict> conflicts() const;
  const Context& context() const { return ctx; }
  Hash contextHash() const;
  Hash localHash() const;
  Usage usage() const;

  // --- Writing ---------------------------------------------------------------------------------
  uint32_t host() const { return self.host; }
  const Actor& actor() const { return self; }
  // A write would reuse a dot, or there is no incarnation yet: take one first.
  bool needsIncarnation() const;
  // `incarnation` is random and not 0: see incarnation.h.
  void takeIncarnation(uint64_t incarnation, RowChanges& rows);
  // After a fork of our own dots: our live entries once more, under the incarnation just taken.
  LocalResult rewriteOwn();

  LocalResult write(const LocalDraft& draft);
  // Clears a key, or acknowledges the conflict it shows.
  LocalResult remove(const LocalKey& key);
  LocalResult removeDot(const Dot& dot);
  // Turns an override into the record of its end. `held` is the orders version held here: with
  // older orders than the author's the entry cannot be judged, and nothing happens.
  LocalResult end(const Dot& dot, const EndedRecord& why, const LocalDraft& by,
                  const VersionId& held);
  // Removes entries of lives, revisions and members that are gone; keeps those whose author held
  // newer orders.
  LocalResult sweep(const Presence& presence, const VersionId& held);

  // --- Joining ---------------------------------------------------------------------------------
  // What somebody with this context lacks.
  Knowledge knowledgeFor(const Context& theirs) const;
  Joined join(const Knowledge& theirs);
  // Only onto a replica that has joined everything before it in the same stream.
  Joined joinDelta(const LocalDelta& delta);

  // --- What changed, for senders ---------------------------------------------------------------
  // Counts changes since this replica was made.
  uint64_t changeCount() const { return forgotten + changes.size(); }
  // Everything after change number `from`, merged; nothing when it is no longer remembered.
  std::optional<LocalDelta> changesSince(uint64_t from) const;

  // Believe one more unproven claim: call once per day of the boot clock.
  void forgiveClaims() { unprovenClaims = 0; }

  // Rebuilds a replica. FAILED, naming the row, when rows contradict each other.
  void load(const StoredRows& rows);

private:
  struct Change {
    std::vector<Dot> added, removed;
    std::vector<Actor> actors;
  };
  LocalResult refuse(LocalResult::Refused why, std::string text) const;
  std::optional<LocalResult> refuseDraft(const LocalDraft& draft) const;
  // The entry that a draft becomes, under the next dot.
  Live nextEntry(const LocalDraft& draft) const;
  static Live encoded(LocalEntry&& entry);
  void writeEntry(Live&& entry, const std::vector<Dot>& gone, LocalResult& out);
  void insert(const Dot& dot, Live&& entry, RowChanges& rows);
  void erase(const Dot& dot, RowChanges& rows);
  void see(const Actor& actor, uint64_t n, RowChanges& rows);
  void remember(Change&& change);
  bool judgeOwn(const Context& theirs, bool isCarried, Joined& out);
  std::string checkJoin(const Context& theirs, const std::map<Dot, Bytes>& carried,
                        std::map<Dot, Live>& opened) const;
  void finishJoin(const Context& theirs, Joined& out);

  DocumentLimits limits;
  Actor self;
  uint64_t minted = 0;   // greatest n this history has written
  Context ctx;
  std::map<Dot, Live> live;
  std::map<LocalKey, std::vector<Dot>> keys;
  size_t bytes = 0;
  unsigned unprovenClaims = 0;
  std::deque<Change> changes;
  uint64_t forgotten = 0;
  mutable std::optional<Hash> contextHashed, localHashed;
};

}  // namespace skerry
