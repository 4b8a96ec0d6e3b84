// The chain of the audit log (capnp/audit.capnp), as text: pure, so that a verifier needs nothing
// but the files and the head.
//
//   HASH {"seq":"7","prev":HASH OF 6, ...}\n     HASH = SHA-256 of the JSON
#pragma once
#include "capnp/audit.capnp.h"
#include "shared/crypto/hash.h"
#include <string>
#include <string_view>

namespace skerry {

// Where a log ends. Kept apart from it: a log that was cut, or replaced as a whole, ends elsewhere.
struct AuditHead {
  uint64_t seq = 0;    // of the last record; 0: none yet
  Hash hash;           // its hash; zeros: none yet
  uint64_t first = 1;  // the oldest record that was not dropped for its age
  uint64_t bad = 0;    // the oldest record, of those kept, that was found to be wrong; 0: none
  // Out of a backup taken then (wall clock, Unix epoch), and not written since. 0: of this folder.
  int64_t restoredFromMs = 0;
  bool operator==(const AuditHead&) const = default;
};

// Puts the record behind `head`, and the head behind the record. The line, with its end.
std::string chainRecord(AuditHead& head, schema::AuditRecord::Builder record);

struct AuditLink {
  uint64_t seq = 0;
  Hash prev, hash;
  std::string_view json;
};
// Of a line without its end. False: it is no record, or was changed.
bool parseAuditLine(std::string_view line, AuditLink& link);

// Goes through a log, line by line.
class AuditChecker {
public:
  // Expects the record behind `before`; anything, when nothing is known.
  AuditChecker() = default;
  explicit AuditChecker(const AuditHead& before)
      : seq(before.seq), hash(before.hash), knows(true) {}

  void take(std::string_view line);
  // Nothing was wrong so far.
  bool whole() const { return bad == 0; }
  uint64_t firstSeq() const { return first; }
  uint64_t lastSeq() const { return seq; }
  const Hash& lastHash() const { return hash; }
  uint64_t badSeq() const { return bad; }
  const std::string& reason() const { return why; }
  // From outside: what is wrong with the log as a whole.
  void complain(uint64_t at, std::string reason);

private:
  uint64_t seq = 0, first = 0, bad = 0;
  Hash hash;
  bool knows = false;
  std::string why;
};

}  // namespace skerry
