#include "shared/ledger/ids.h"

namespace skerry {

namespace {

void append(Bytes& to, uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) to.push_back(uint8_t(number >> shift));
}

uint64_t take(BytesView& from, size_t bytes) {
  uint64_t number = 0;
  for (auto byte: from.slice(0, bytes)) number = number << 8 | byte;
  from = from.slice(bytes, from.size());
  return number;
}

}  // namespace

Gen Gen::from(BytesView from) {
  Gen gen;
  if (from.size() == gen.bytes.size()) std::copy(from.begin(), from.end(), gen.bytes.begin());
  return gen;
}

std::string VersionId::text() const {
  return std::to_string(homeGen) + "." + std::to_string(era) + "." + std::to_string(n);
}

std::string Dot::text() const {
  return std::to_string(actor.host) + "/" + hex(view(pack(actor.incarnation))) + "/" +
         std::to_string(n);
}

Bytes pack(const VersionId& id) {
  Bytes packed;
  append(packed, id.homeGen, 8);
  append(packed, id.era, 8);
  append(packed, id.n, 8);
  return packed;
}

Bytes pack(const Actor& actor) {
  Bytes packed;
  append(packed, actor.host, 4);
  append(packed, actor.incarnation, 8);
  return packed;
}

Bytes pack(const Dot& dot) {
  Bytes packed = pack(dot.actor);
  append(packed, dot.n, 8);
  return packed;
}

Bytes pack(uint64_t number) {
  Bytes packed;
  append(packed, number, 8);
  return packed;
}

std::optional<VersionId> unpackVersionId(BytesView from) {
  if (from.size() != 24) return std::nullopt;
  VersionId id;
  id.homeGen = take(from, 8);
  id.era = take(from, 8);
  id.n = take(from, 8);
  return id;
}

std::optional<Actor> unpackActor(BytesView from) {
  if (from.size() != 12) return std::nullopt;
  Actor actor;
  actor.host = uint32_t(take(from, 4));
  actor.incarnation = take(from, 8);
  return actor;
}

std::optional<Dot> unpackDot(BytesView from) {
  if (from.size() != 20) return std::nullopt;
  Dot dot;
  dot.actor.host = uint32_t(take(from, 4));
  dot.actor.incarnation = take(from, 8);
  dot.n = take(from, 8);
  return dot;
}

std::optional<uint64_t> unpackNumber(BytesView from) {
  if (from.size() != 8) return std::nullopt;
  return take(from, 8);
}

}  // namespace skerry
