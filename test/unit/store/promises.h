// What a store was asked to keep and what it answered, to be compared with what is there after a
// fault. Every batch puts or erases one key in two tables alike, so that half a batch shows.
#pragma once
#include "shared/store/store.h"
#include "test/sim/seeded_entropy.h"
#include <map>
#include <optional>

namespace skerry {

struct Findings {
  uint64_t lost = 0;      // acknowledged, and not there
  uint64_t invented = 0;  // there, and never asked for, or refused
  uint64_t halves = 0;    // of a batch
  uint64_t versionsBack = 0;
  uint64_t corruptFiles = 0;  // SQLite or a checksum found the file damaged
  bool broken() const { return lost + invented + halves + versionsBack + corruptFiles > 0; }
};

class Promises {
public:
  using Value = std::optional<Bytes>;  // none: the row is erased
  using Rows = std::map<std::string, Bytes>;

  // The batch that does this to one key. Its outcome is not known until it is answered; per key
  // one batch at a time.
  Batch ask(const std::string& key, Value value);
  void acknowledged(const std::string& key, uint64_t version);
  void refused(const std::string& key) { unknown.erase(key); }

  // Compares, then takes what is there for granted: the next fault must not lose it either.
  // `version` is that of a batch committed now.
  void audit(const Rows& first, const Rows& second, uint64_t version, Findings& findings);

  uint64_t count() const { return answers; }

  static constexpr Table FIRST = Table::LOCAL, SECOND = Table::CONTEXT;
  static constexpr const char* DOCUMENT = "oslo";

private:
  std::map<std::string, Value> sure, unknown;
  uint64_t versionMax = 0, answers = 0;
};

// Between 0 and 600 bytes; now and then one that fills pages of its own.
Bytes drawValue(SeededEntropy& chance);

}  // namespace skerry
