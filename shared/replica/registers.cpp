#include "shared/replica/registers.h"
#include <kj/debug.h>
#include <algorithm>
#include <cstring>

namespace skerry {

void RegisterDigest::mix(const std::string& key, uint64_t seq, uint64_t factor) {
  auto hash = Sha256().add(BytesView(reinterpret_cast<const kj::byte*>(&seq), sizeof(seq)))
                  .add(key).finish();
  for (size_t i = 0; i < 4; ++i) {
    uint64_t lane;
    memcpy(&lane, hash.bytes.data() + 8 * i, sizeof(lane));
    lanes[i] += lane * factor;
  }
}

Hash RegisterDigest::value() const {
  return Hash::from(BytesView(reinterpret_cast<const kj::byte*>(lanes), sizeof(lanes)));
}

namespace {

size_t costOf(const std::string& key, const Bytes& value) {
  return key.size() + value.size() + REGISTER_OVERHEAD_BYTES;
}

}  // namespace

bool RegisterSource::hasRoomFor(const std::string& key, const Bytes& value) const {
  auto found = registers.find(key);
  bool isNew = found == registers.end();
  size_t others = bytes - (isNew ? 0 : costOf(key, found->second.value));
  return value.size() <= REGISTER_BYTES_MAX && key.size() <= REGISTER_KEY_BYTES_MAX &&
         (!isNew || registers.size() < REGISTERS_MAX) &&
         others + costOf(key, value) <= REGISTERS_BYTES_MAX;
}

bool RegisterSource::set(const std::string& key, Bytes value) {
  KJ_REQUIRE(value.size() <= REGISTER_BYTES_MAX && key.size() <= REGISTER_KEY_BYTES_MAX,
             "a status register is too large", key.c_str());
  KJ_REQUIRE(!value.empty(), "an empty status register means that it is gone", key.c_str());
  auto found = registers.find(key);
  if (found != registers.end() && found->second.value == value) return false;
  KJ_REQUIRE(hasRoomFor(key, value), "too many status registers", registers.size(), bytes);
  if (found != registers.end()) {
    sum.remove(key, found->second.seq);
    bytes -= costOf(key, found->second.value);
  }
  bytes += costOf(key, value);
  log(key);
  sum.add(key, seq);
  registers[key] = Register{seq, std::move(value)};
  return true;
}

bool RegisterSource::erase(const std::string& key) {
  auto found = registers.find(key);
  if (found == registers.end()) return false;
  sum.remove(key, found->second.seq);
  bytes -= costOf(key, found->second.value);
  registers.erase(found);
  log(key);
  gone.insert(seq);
  if (gone.size() > REGISTERS_GONE_MAX) forgetOldest();
  return true;
}

bool RegisterSource::eraseAll(const std::string& prefix) {
  bool any = false;
  for (auto i = registers.lower_bound(prefix);
       i != registers.end() && i->first.compare(0, prefix.size(), prefix) == 0;) {
    auto key = i->first;
    ++i;
    any |= erase(key);
  }
  return any;
}

void RegisterSource::log(const std::string& key) {
  auto found = position.find(key);
  if (found != position.end()) {
    order.erase(found->second);
    gone.erase(found->second);
  }
  position[key] = ++seq;
  order.emplace(seq, key);
}

// Who has not heard of it holds a register too many, and is sent everything once its digest shows.
void RegisterSource::forgetOldest() {
  auto oldest = order.find(*gone.begin());
  position.erase(oldest->second);
  order.erase(oldest);
  gone.erase(gone.begin());
}

RegisterBatch RegisterSource::since(uint64_t from) const {
  RegisterBatch batch;
  batch.epoch = epoch;
  batch.whole = from == 0;
  batch.digest = digest();
  batch.upTo = from;
  for (auto i = order.upper_bound(from); i != order.end(); ++i) {
    if (batch.changes.size() == REGISTERS_PER_BATCH_MAX) return batch;
    batch.upTo = i->first;
    auto found = registers.find(i->second);
    if (found != registers.end()) {
      batch.changes.push_back({i->second, i->first, found->second.value});
    } else if (from != 0) {
      batch.changes.push_back({i->second, i->first, {}});
    }
  }
  batch.upTo = seq;
  return batch;
}

std::vector<std::string> RegisterMirror::apply(const RegisterBatch& batch) {
  std::vector<std::string> changed;
  if (expected ? batch.epoch != *expected : batch.epoch < epoch) return changed;
  // What a whole series does not name is gone; a new epoch knows nothing of the old one.
  if (batch.epoch != epoch || batch.whole) startAnew(batch.epoch, changed);
  for (auto& change : batch.changes) {
    if (change.value.size() > REGISTER_BYTES_MAX || change.key.size() > bounds.keyBytes) continue;
    auto gone = erased.find(change.key);
    if (gone != erased.end() && gone->second >= change.seq) continue;
    auto held = registers.find(change.key);
    if (held != registers.end() && held->second.seq >= change.seq) continue;
    drop(change.key);
    keep(change);
    changed.push_back(change.key);
  }
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  return changed;
}

void RegisterMirror::startAnew(uint64_t newEpoch, std::vector<std::string>& changed) {
  for (auto& [key, held] : registers) changed.push_back(key);
  registers.clear();
  erased.clear();
  bytes = 0;
  sum = RegisterDigest();
  epoch = newEpoch;
}

// What exceeds a bound is not: the digest tells the producer, and it tells people.
void RegisterMirror::keep(const RegisterBatch::Change& change) {
  if (change.value.empty()) {
    if (erased.size() < REGISTERS_GONE_MAX) erased[change.key] = change.seq;
    return;
  }
  size_t cost = costOf(change.key, change.value);
  if (registers.size() >= bounds.count || bytes + cost > bounds.bytes) return;
  bytes += cost;
  sum.add(change.key, change.seq);
  registers[change.key] = Register{change.seq, change.value};
}

void RegisterMirror::drop(const std::string& key) {
  auto held = registers.find(key);
  if (held == registers.end()) return;
  sum.remove(key, held->second.seq);
  bytes -= costOf(key, held->second.value);
  registers.erase(held);
}

kj::Maybe<const Bytes&> RegisterMirror::find(const std::string& key) const {
  auto found = registers.find(key);
  if (found == registers.end()) return nullptr;
  return found->second.value;
}

}  // namespace skerry
