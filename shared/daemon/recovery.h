// What became of the last restore of a central or region from a backup: whom it waits for, what it
// found at its children, what it decided. Kept until the next restore. Pure but for its row.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/daemon/restored.h"
#include "shared/ledger/read_back.h"
#include "shared/model/statement.h"
#include <map>
#include <set>

namespace skerry {

constexpr size_t RECOVERY_NOTES_MAX = 1'000;
constexpr size_t RECOVERY_ENDED_MAX = 10'000;  // lives; what ends beyond that may be read back

using LifeOfKey = std::pair<std::string, Bytes>;  // a key of orders, the life of what is under it

class Recovery {
public:
  struct Note {
    std::string child, key;  // a region or site, a key of its orders
    std::string outcome;     // adopted, deleted, inherited, conflict: stable words
    bool operator==(const Note&) const = default;
  };
  // `document`: of the daemon's own rows.
  explicit Recovery(kj::StringPtr document) : document(document) {}

  // From now on; forgets an earlier one.
  void begin(const Restored& restored, Batch& rows);
  bool wasRestored() const { return restoredMs != 0; }
  void note(const std::string& child, const std::string& key, std::string_view outcome);
  // The object of this key is deleted: none of its life is adopted from now on.
  void end(const LifeOfKey& life);
  bool isEnded(const LifeOfKey& life) const { return ended.contains(life); }
  // A child knows of everything up to this statement, and of its era.
  void hear(const AuthoritySeq& newest);
  bool hasHeard(const AuthoritySeq& seq) const;
  void save(Batch& rows) const;
  // Of its row, if there is one.
  void load(kj::Maybe<BytesView> row);

  int64_t backupMs = 0, restoredMs = 0;
  std::set<std::string> writtenOff;
  bool awaitsParent = false;                  // what it wants now has not come yet
  std::map<uint64_t, uint64_t> heard;  // by era: the newest statement that a child showed
  std::set<LifeOfKey> ended;
  std::vector<Note> notes;

private:
  kj::StringPtr document;
};

// When, and what was found.
void writeRecovery(const Recovery& recovery, schema::RestoreView::Builder to);

// Of each child, by its name: how far its document was read back. `stateOf(name, child)`: a word.
template <typename Children, typename StateOf>
void writeChildren(const Children& children, schema::RestoreView::Builder to, StateOf&& stateOf) {
  auto list = to.initChildren(children.size());
  kj::uint i = 0;
  for (auto& [name, child] : children) {
    list[i].setName(name);
    list[i].setState(stateOf(name, *child));
    list[i++].setOnline(child->online());
  }
}

constexpr std::string_view RECOVERY_ROW = "recovery";

}  // namespace skerry
