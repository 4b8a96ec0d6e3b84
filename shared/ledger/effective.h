// What a child acts on: a pure function of the two halves and the policy, the same on every
// replica. It reads no clock and knows no manifests.
//
// First the revision is selected: the value of a hold *is* the frozen revision; else the assigned
// one; else, when that was refused here under the present intent, the best of the allowed set that
// was not. Then an override is in force iff its basis is what the **selected** revision says at
// its PATH, whatever revision its author saw: a new revision, a re-apply or a Git re-sync that
// leaves the value alone changes nothing, and a hold changes nothing but the revision.
#pragma once
#include "shared/ledger/local.h"
#include "shared/ledger/override_policy.h"
#include <functional>

namespace skerry {

// An intent's place in the sequence of its authority.
struct IntentSeq {
  uint64_t era = 0, n = 0;
  bool operator==(const IntentSeq&) const = default;
  std::strong_ordering operator<=>(const IntentSeq&) const = default;
};

// What the orders say about one application, read by the caller out of their values.
struct Assignment {
  std::string object;
  Gen gen;
  Hash revision;
  IntentSeq intent;
  std::vector<Hash> allowed;  // good to run, the best first
  bool operator==(const Assignment&) const = default;
};

// Reads the tiers' content for the ledger.
class OrdersReader {
public:
  virtual ~OrdersReader() noexcept(false) {}
  // The assignment an entry makes; nothing for entries that make none.
  virtual std::optional<Assignment> assignment(const std::string& key,
                                               const OrderEntry& entry) const = 0;
  // Canonical bytes of what a revision says at a path, or nothing where it says nothing. Of an
  // object without revisions (a setting), `revision` is the assignment's hash of its value.
  virtual std::optional<Bytes> valueAt(const Hash& revision, const std::string& path) const = 0;
};

// SHA-256 of (gen, path, value or that there is none), each with its length.
Hash basisOf(const Gen& gen, std::string_view path, const std::optional<Bytes>& value);

// The basis of an override at `path`, written while `revision` is the one selected.
Hash basisUnder(const Gen& gen, const Hash& revision, const std::string& path,
                const OrdersReader& reader);

// The value of a REFUSED entry.
Bytes refusedUnder(const IntentSeq& intent);

struct EffectiveValue {
  Bytes value;
  Dot dot;
  Origin origin;  // the override's own
  bool operator==(const EffectiveValue&) const = default;
};

enum class SelectedBy { HOLD, ASSIGNMENT, FALLBACK, NOTHING };

struct EffectiveApp {
  Gen gen;
  // Nothing when every allowed revision was refused here: what runs goes on running.
  std::optional<Hash> revision;
  SelectedBy selectedBy = SelectedBy::NOTHING;
  std::map<std::string, EffectiveValue> overrides;   // in force, by PATH
  std::vector<Dot> mismatched;   // not in force; to be ended once the revision is healthy here
  std::vector<Dot> denied;       // not in force because policy does not allow them
  std::map<std::string, Dot> pauses;                 // by service; "" is the whole application
  std::map<std::string, EffectiveValue> restarts;    // nonces by service
  std::map<std::string, EffectiveValue> pins;        // hosts by service
  std::optional<Dot> hold;
  bool operator==(const EffectiveApp&) const = default;
};

// One application. `scopes` are those that apply, the more specific later; the empty scope always
// applies and is the least specific.
EffectiveApp effectiveApp(const Assignment& assignment, const Local& local,
                          const OverridePolicy& policy, const OrdersReader& reader,
                          const std::vector<std::string>& scopes = {});

// All of them, by object.
std::map<std::string, EffectiveApp> effective(const Orders& orders, const Local& local,
                                              const OverridePolicy& policy,
                                              const OrdersReader& reader,
                                              const std::vector<std::string>& scopes = {});

// The record with which `dot` is to be ended, `revision` being healthy here; nothing when the
// override is in force under it, or is no override.
std::optional<EndedRecord> endingOf(const Local& local, const Dot& dot, const Hash& revision,
                                    const OrdersReader& reader, std::string cause);

}  // namespace skerry
