// Status registers: small named values with one writer, ordered by (epoch, seq), sent upward as
// changes and compared by a digest. Nobody above may change them; a lost message is made good by
// the next comparison.
#pragma once
#include "shared/crypto/hash.h"
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace skerry {

constexpr size_t REGISTERS_MAX = 200'000;         // of one producer
constexpr size_t REGISTER_BYTES_MAX = 64 << 10;   // one value
constexpr size_t REGISTER_KEY_BYTES_MAX = 512;
constexpr size_t REGISTERS_PER_BATCH_MAX = 1'000;
constexpr size_t REGISTERS_BYTES_MAX = 128 << 20;  // of one producer, keys and overhead included
constexpr size_t REGISTERS_GONE_MAX = 10'000;      // remembered as gone; of others the digest tells
constexpr size_t REGISTER_OVERHEAD_BYTES = 128;    // what one costs beside its key and value

// What a parent keeps of one child.
struct RegisterBounds {
  size_t count = REGISTERS_MAX, bytes = REGISTERS_BYTES_MAX, keyBytes = REGISTER_KEY_BYTES_MAX;
};
// Of a host of a site: its region passes all of it on under the site's name, and has to have room
// for many sites.
constexpr RegisterBounds SITE_REGISTERS{20'000, 8 << 20, REGISTER_KEY_BYTES_MAX - 64};

struct Register {
  uint64_t seq = 0;
  Bytes value;
  bool operator==(const Register&) const = default;
};

// What changed since some point, in the order of `seq`. An empty value: the register is gone.
struct RegisterBatch {
  struct Change {
    std::string key;
    uint64_t seq = 0;
    Bytes value;
    bool operator==(const Change&) const = default;
  };
  uint64_t epoch = 0;
  bool whole = false;  // the first of a series that lists all there is
  std::vector<Change> changes;
  Hash digest;         // of the producer's registers as they were when this batch was cut
  uint64_t upTo = 0;   // greatest seq covered: ask for what follows from here
};

// Order-free digest of a set of registers, kept as they change: the sum, lane by lane, of the
// SHA-256 of each (key, seq).
class RegisterDigest {
public:
  void add(const std::string& key, uint64_t seq) { mix(key, seq, 1); }
  void remove(const std::string& key, uint64_t seq) { mix(key, seq, uint64_t(0) - 1); }
  Hash value() const;

private:
  void mix(const std::string& key, uint64_t seq, uint64_t factor);
  uint64_t lanes[4] = {};
};

// The epoch of one start of a process: later ones are greater, and one that counts from the start
// again, since its disk was changed, does not take for known what another start had reported.
constexpr uint64_t statusEpoch(uint64_t start, uint64_t random) {
  constexpr unsigned RANDOM_BITS = 24;
  return start << RANDOM_BITS | (random & ((1u << RANDOM_BITS) - 1));
}

// The registers this process produces. Epochs come from the ledger database (statusEpoch()): each
// start takes a greater one, since registers themselves are not stored.
class RegisterSource {
public:
  explicit RegisterSource(uint64_t epoch) : epoch(epoch) {}

  // Whether set() would take it.
  bool hasRoomFor(const std::string& key, const Bytes& value) const;
  // False when the value is there already. FAILED when there is no room for it.
  bool set(const std::string& key, Bytes value);
  bool erase(const std::string& key);
  // Erases every register whose key begins so.
  bool eraseAll(const std::string& prefix);

  uint64_t getEpoch() const { return epoch; }
  uint64_t newest() const { return seq; }
  Hash digest() const { return sum.value(); }
  const std::map<std::string, Register>& all() const { return registers; }

  // At most REGISTERS_PER_BATCH_MAX changes after `seq`; from 0 everything, marked `whole`.
  RegisterBatch since(uint64_t seq) const;

private:
  void log(const std::string& key);
  void forgetOldest();

  uint64_t epoch, seq = 0;
  size_t bytes = 0;
  RegisterDigest sum;
  std::map<std::string, Register> registers;
  std::map<uint64_t, std::string> order;     // seq -> key, one entry per key, gone ones too
  std::map<std::string, uint64_t> position;  // key -> its seq in `order`
  std::set<uint64_t> gone;                   // of `order`, those that are no registers any more
};

// What the parent keeps of one child's registers.
class RegisterMirror {
public:
  explicit RegisterMirror(RegisterBounds bounds = {}) : bounds(bounds) {}

  // The child greets and says which epoch it is in, and from then on no other is believed: it alone
  // knows, and after a new disk its epoch may be smaller than the one held.
  void greeted(uint64_t childEpoch) { expected = childEpoch; }
  // The keys that changed; nothing for a batch of another epoch. Changes at or below the seq held
  // of their register are ignored, so batches may be repeated or arrive late. What exceeds a bound
  // is not kept; the digest tells.
  std::vector<std::string> apply(const RegisterBatch& batch);

  uint64_t getEpoch() const { return epoch; }
  Hash digest() const { return sum.value(); }
  size_t usedBytes() const { return bytes; }
  const std::map<std::string, Register>& all() const { return registers; }
  kj::Maybe<const Bytes&> find(const std::string& key) const;

private:
  void startAnew(uint64_t newEpoch, std::vector<std::string>& changed);
  void drop(const std::string& key);
  void keep(const RegisterBatch::Change& change);

  RegisterBounds bounds;
  uint64_t epoch = 0;
  std::optional<uint64_t> expected;
  size_t bytes = 0;
  RegisterDigest sum;
  std::map<std::string, Register> registers;
  std::map<std::string, uint64_t> erased;  // key -> seq of its removal, within this epoch
};

}  // namespace skerry
