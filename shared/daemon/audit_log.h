// The audit log of a daemon: `audit/FIRST.log` in its data folder, a chain of records in segments
// (audit_chain.h), whose head is kept in the daemon's store as well. Who cuts, edits or replaces a
// file, without the store, is noticed: at the start for the newest segment, by verify() for all.
//
// A damaged log stops nothing: it is left as it is, a finding says so, and a new segment begins
// behind the head that the store knows. What cannot be recorded is not done.
//
// After a restore the head in the store is the backup's: files of the same log may go on behind it,
// or be on the machine that is gone. Both are no damage, and the first record says what happened.
//
// A record is on disk when append() returns. The head follows: one that the store has not got yet,
// after a crash, is read from the file. That of what is only asked for comes with what came of it:
// in between it would be one transaction more before each change.
#pragma once
#include "shared/daemon/audit_chain.h"
#include "shared/host/host.h"
#include "shared/link/admission.h"
#include "shared/store/store.h"
#include <kj/function.h>
#include <kj/refcount.h>
#include <vector>

namespace skerry {

constexpr size_t AUDIT_SEGMENT_BYTES_MAX = 1 << 20;  // a new one begins beyond it
constexpr size_t AUDIT_SEGMENTS_MAX = 16;            // the oldest goes
constexpr size_t AUDIT_FILE_BYTES_MAX = 64 << 20;    // more is not one of ours
constexpr size_t AUDIT_TEXT_BYTES_MAX = 300;         // of one record
constexpr unsigned AUDIT_DENIALS_PER_SECOND = 1, AUDIT_DENIALS_AT_ONCE = 60;
constexpr kj::StringPtr AUDIT_FOLDER = "audit"_kj;

struct AuditEntry {
  std::string who, role, from, action, kind, tenant, name, outcome, before, after, text;
  uint64_t of = 0;
};

// Counted: a call that is under way when the daemon ends outlives it, and finds the log closed.
class AuditLog final : public kj::Refcounted {
public:
  // Hands the row of the head to the store, if there is one now.
  using SaveHead = kj::Function<void(Bytes row)>;
  // All outlive it; `files` is the data folder.
  AuditLog(const kj::Directory& files, Clock& clock, kj::Timer& timer, SaveHead save);

  // Before the first append: with the row that the store has of it, null for none.
  void open(kj::Maybe<Bytes> row);
  // From now on nothing is recorded, nor is anything that this was made with touched.
  void close() { closed = true; }

  // FAILED, with nothing recorded, when the disk takes nothing. Answers the first entry's number.
  uint64_t append(const std::vector<AuditEntry>& entries);
  // The same of a change that is about to begin. What came of it is noted in any case.
  uint64_t ask(const AuditEntry& entry);
  // The same of what has happened already: that it is not recorded is only told to the log.
  void note(const std::vector<AuditEntry>& entries);
  // The same of what machines did by themselves: many in one write, and none before open().
  void noteSoon(AuditEntry entry);
  // Of what was refused; those that are too many are counted, and told with the next.
  void deny(AuditEntry entry);

  // What a person should know; empty: all is well.
  std::string finding() const;
  // What matches, oldest first; of more than AUDIT_RECORDS_MAX the newest.
  struct Found {
    std::vector<std::string> json;
    bool omitted = false;
  };
  using Matches = kj::Function<bool(schema::AuditRecord::Reader)>;
  Found find(schema::AuditQuery::Reader query, Matches matches) const;
  AuditChecker verify() const;
  int64_t nowMs() const { return clock.wallMs(); }

private:
  std::vector<std::string> segments() const;  // names, oldest first
  std::string read(const std::string& segment) const;
  void examineTail();
  bool isAfterHead(const std::string& segment) const;
  void setAside();
  void recordRestore(int64_t takenMs);
  void beginSegment(std::string why);
  uint64_t record(const std::vector<AuditEntry>& entries);
  void write(const std::string& lines);
  void rotate();
  kj::Path pathOf(const std::string& segment) const;

  const kj::Directory& files;
  Clock& clock;
  SaveHead save;
  AuditHead head;
  std::string current;  // name of the segment that is written to; empty: a new one begins
  uint64_t size = 0;    // of it
  TokenBucket denials;
  uint64_t unrecorded = 0;
  bool opened = false, closed = false;
  std::vector<AuditEntry> soon;
  kj::Promise<void> noting = kj::READY_NOW;
  std::string trouble;  // why the last append failed
};

constexpr std::string_view AUDIT_ROW = "audit";  // META, of the daemon's own document
Bytes encodeHead(const AuditHead& head);
// The row as a restore leaves it; null: the backup has none.
Bytes restoredHead(kj::Maybe<BytesView> row, int64_t takenMs);

}  // namespace skerry
