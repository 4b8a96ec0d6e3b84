// What a parent that was restored from a backup makes of the orders its child shows it.
//
// A backup is older than what the children hold. A parent that went on from it would make versions
// that say what was true then, and so undo what was done since. So each restore begins a new *era*,
// which leads every counter; a document stays *unread* until its child showed what it holds; and
// until then nothing is projected into it (Document::isUnread). What the child shows is proven by
// the parent's own signature. Then, key by key, who is right is decided here. Pure.
#pragma once
#include "shared/ledger/projection.h"
#include <functional>

namespace skerry {

// The era after a restore: above every era seen, and at least the wall second, so that it is above
// those nobody here has seen as well. `wallSeconds` below zero counts as zero.
uint64_t eraAfterRestore(uint64_t seen, int64_t wallSeconds);

enum class ReadBackVerdict {
  AGREED,         // both say the same
  NEWER_THERE,    // the same authority said something later: adopt it
  DELETED_THERE,  // written before the backup, and gone there since: adopt the deletion
  UNKNOWN_HERE,   // there, and never written by us: made since the backup, or another's. It stays
  OLDER_THERE,    // what we wrote before, and we have moved on: ours is written
  CONFLICT,       // both moved on: ours is written, and a person is told
};

// What the source of a document's orders says for a key now; nothing: the key should be absent.
using ReadingOf = std::function<std::optional<Bytes>(const std::string& key)>;

// Of every key that the child shows or the table lists, unless both lack it. `table` is the one of
// the backup.
std::map<std::string, ReadBackVerdict> judgeReadBack(const Orders& shown,
                                                     const ProjectionTable& table,
                                                     const ReadingOf& reading);

// Whether `one` was decided after `other` by the same authority. Those of different authorities do
// not compare.
bool isLater(const Origin& one, const Origin& other);

}  // namespace skerry
