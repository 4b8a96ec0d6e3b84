// The names of things in the ledger: lives of objects, orders versions, writes of the local half.
// All are plain values, compared whole; their byte forms (big-endian, fixed length) sort alike.
#pragma once
#include "shared/crypto/hash.h"
#include <array>
#include <compare>
#include <optional>
#include <string>

namespace skerry {

// The identity of an object's life: 16 random bytes made once at its creation. After a deletion
// and re-creation under the same name nothing of the old life applies.
struct Gen {
  std::array<uint8_t, 16> bytes{};
  bool operator==(const Gen&) const = default;
  std::strong_ordering operator<=>(const Gen&) const = default;
  BytesView view() const { return {bytes.data(), bytes.size()}; }
  // All zeros, which is no life, when `from` is not 16 bytes.
  static Gen from(BytesView from);
};

// Which edit of the orders half. All zeros: none. See ledger.capnp.
struct VersionId {
  uint64_t homeGen = 0, era = 0, n = 0;
  bool operator==(const VersionId&) const = default;
  std::strong_ordering operator<=>(const VersionId&) const = default;
  bool isNone() const { return *this == VersionId(); }
  std::string text() const;  // "1.1700000000.42"
};

// One history of one writer's database. `host` is its writer number, never reused.
struct Actor {
  uint32_t host = 0;
  uint64_t incarnation = 0;
  bool operator==(const Actor&) const = default;
  std::strong_ordering operator<=>(const Actor&) const = default;
};

// One write of the local half, for ever. `n` starts at 1.
struct Dot {
  Actor actor;
  uint64_t n = 0;
  bool operator==(const Dot&) const = default;
  std::strong_ordering operator<=>(const Dot&) const = default;
  std::string text() const;  // "7/00c0ffee.../3"
};

// Where a value was decided: copied unchanged through every projection. `authority` 0 is central,
// else a writer number. For a value out of a local half, `era` is the incarnation of its dot and
// `fieldSeq` its n: such origins compare within one history only.
struct Origin {
  uint32_t authority = 0;
  Gen gen;
  uint64_t era = 0, fieldSeq = 0;
  bool operator==(const Origin&) const = default;
};

// Byte forms, for row keys.
Bytes pack(const VersionId& id);  // 24 bytes
Bytes pack(const Actor& actor);   // 12 bytes
Bytes pack(const Dot& dot);       // 20 bytes
Bytes pack(uint64_t number);      // 8 bytes
// Nothing when the length is wrong.
std::optional<VersionId> unpackVersionId(BytesView from);
std::optional<Actor> unpackActor(BytesView from);
std::optional<Dot> unpackDot(BytesView from);
std::optional<uint64_t> unpackNumber(BytesView from);

}  // namespace skerry
