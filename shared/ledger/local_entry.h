// One write of the local half: overrides, holds and whatever else the child tier decides itself.
#pragma once
#include "shared/ledger/ids.h"

namespace skerry {

// Numbers as in ledger.capnp. An entry of a kind this version does not know is kept and passed on.
enum class LocalKind : uint16_t {
  UNSPECIFIED, OVERRIDE, ENDED, HOLD, PIN, PAUSE, RESTART_NONCE, LABEL, REFUSED, CLAIM, ASSIGN, WAVE
};

// What an entry is about. Writing to a key supersedes every entry of it that the writer has seen.
// Scope is `site:NAME` or `host:NAME`; empty for the whole child.
struct LocalKey {
  std::string object;
  Gen gen;
  std::string path, scope;
  bool operator==(const LocalKey&) const = default;
  std::strong_ordering operator<=>(const LocalKey&) const = default;

  // The reserved paths: they begin with `@`, which no PATH of a manifest does.
  static LocalKey hold(std::string object, const Gen& gen, std::string scope = "");
  // An empty service means all of the application.
  static LocalKey pause(std::string object, const Gen& gen, std::string_view service,
                        std::string scope = "");
  static LocalKey restart(std::string object, const Gen& gen, std::string_view service,
                          std::string scope = "");
  static LocalKey pin(std::string object, const Gen& gen, std::string_view service);
  static LocalKey refused(std::string object, const Gen& gen, const Hash& revision);
  static LocalKey label(std::string object, const Gen& gen, std::string_view label,
                        std::string scope);
};

constexpr std::string_view HOLD_PATH = "@hold", PAUSE_PATH = "@pause", RESTART_PATH = "@restart",
                           PIN_PATH = "@pin", REFUSED_PATH = "@refused", LABEL_PATH = "@label";

struct Expires {
  std::string bootId;       // the author's; every host counts on its own boot clock
  uint64_t durationMs = 0;  // 0: never
  bool operator==(const Expires&) const = default;
};

struct LocalEntry {
  LocalKey key;
  Dot dot;
  LocalKind kind = LocalKind::UNSPECIFIED;
  Bytes value;
  Hash basis;      // of an override: see basisOf() in effective.h
  VersionId seen;  // the orders its author held
  Expires expires;
  std::string author, reason;
  uint64_t hlc = 0;
  bool operator==(const LocalEntry&) const = default;
};

Bytes encodeLocalEntry(const LocalEntry& entry);
// Nothing when the bytes are not an entry, or one that exceeds a limit.
std::optional<LocalEntry> decodeLocalEntry(BytesView encoded);
// The first 8 bytes, big-endian, of the SHA-256 of an encoded entry.
uint64_t shortHash(BytesView encoded);

// The value of an ENDED entry: the conflict to show.
struct EndedRecord {
  Bytes entry;                 // the override as stored
  Hash revision;               // the healthy revision that ended it
  std::optional<Bytes> says;   // what that revision says at the path
  std::string cause;
  bool operator==(const EndedRecord&) const = default;
};
Bytes encodeEnded(const EndedRecord& record);
std::optional<EndedRecord> decodeEnded(BytesView encoded);

// A stamp after `previous`, near `wallMs`: milliseconds times 65,536 plus a counter. Breaks ties
// between siblings when they are read, and nothing else. (Kulkarni et al., "Logical Physical
// Clocks", 2014; without the receive rule, because what was seen is superseded, not compared.)
uint64_t nextHlc(uint64_t previous, int64_t wallMs);

}  // namespace skerry
