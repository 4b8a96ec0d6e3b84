#include "shared/ledger/local_entry.h"
#include "shared/ledger/message.h"

namespace skerry {

namespace {

std::string reserved(std::string_view path, std::string_view part) {
  return part.empty() ? std::string(path) : std::string(path) + "/" + std::string(part);
}

bool isWithinLimits(const LocalEntry& entry) {
  for (auto name: {&entry.key.object, &entry.key.path, &entry.key.scope, &entry.author,
                   &entry.expires.bootId}) {
    if (name->size() > LOCAL_NAME_BYTES_MAX) return false;
  }
  return entry.reason.size() <= LOCAL_REASON_BYTES_MAX;
}

}  // namespace

LocalKey LocalKey::hold(std::string object, const Gen& gen, std::string scope) {
  return {kj::mv(object), gen, std::string(HOLD_PATH), kj::mv(scope)};
}
LocalKey LocalKey::pause(std::string object, const Gen& gen, std::string_view service,
                         std::string scope) {
  return {kj::mv(object), gen, reserved(PAUSE_PATH, service), kj::mv(scope)};
}
LocalKey LocalKey::restart(std::string object, const Gen& gen, std::string_view service,
                           std::string scope) {
  return {kj::mv(object), gen, reserved(RESTART_PATH, service), kj::mv(scope)};
}
LocalKey LocalKey::pin(std::string object, const Gen& gen, std::string_view service) {
  return {kj::mv(object), gen, reserved(PIN_PATH, service), ""};
}
LocalKey LocalKey::refused(std::string object, const Gen& gen, const Hash& revision) {
  return {kj::mv(object), gen, reserved(REFUSED_PATH, revision.hex()), ""};
}
LocalKey LocalKey::label(std::string object, const Gen& gen, std::string_view label,
                         std::string scope) {
  return {kj::mv(object), gen, reserved(LABEL_PATH, label), kj::mv(scope)};
}

Bytes encodeLocalEntry(const LocalEntry& entry) {
  capnp::MallocMessageBuilder message(SMALL_MESSAGE_WORDS);
  auto to = message.initRoot<schema::LocalEntry>();
  to.setObject(textOf(entry.key.object));
  to.setGen(entry.key.gen.view());
  to.setPath(textOf(entry.key.path));
  to.setScope(textOf(entry.key.scope));
  write(entry.dot, to.initDot());
  to.setKind(schema::LocalKind(entry.kind));
  to.setValue(dataOf(entry.value));
  if (!entry.basis.isZero()) to.setBasis(dataOf(entry.basis));
  if (!entry.seen.isNone()) write(entry.seen, to.initSeen());
  if (entry.expires.durationMs != 0) {
    to.getExpires().setBootId(textOf(entry.expires.bootId));
    to.getExpires().setDurationMs(entry.expires.durationMs);
  }
  to.setAuthor(textOf(entry.author));
  to.setReason(textOf(entry.reason));
  to.setHlc(entry.hlc);
  return bytesOf<schema::LocalEntry>(to.asReader());
}

std::optional<LocalEntry> decodeLocalEntry(BytesView encoded) {
  if (encoded.size() > LOCAL_ENTRY_BYTES_MAX) return std::nullopt;
  LocalEntry entry;
  bool isWell = readsWell([&]() {
    Opened<schema::LocalEntry> decoded(encoded);
    auto from = *decoded;
    entry.key = {text(from.getObject()), Gen::from(from.getGen()), text(from.getPath()),
                 text(from.getScope())};
    entry.dot = read(from.getDot());
    entry.kind = LocalKind(from.getKind());
    entry.value = copy(from.getValue());
    entry.basis = Hash::from(from.getBasis());
    entry.seen = read(from.getSeen());
    entry.expires = {text(from.getExpires().getBootId()), from.getExpires().getDurationMs()};
    entry.author = text(from.getAuthor());
    entry.reason = text(from.getReason());
    entry.hlc = from.getHlc();
  });
  if (!isWell || entry.dot.n == 0 || !isWithinLimits(entry)) return std::nullopt;
  return entry;
}

uint64_t shortHash(BytesView encoded) {
  return *unpackNumber(sha256(encoded).view().slice(0, 8));
}

Bytes encodeEnded(const EndedRecord& record) {
  capnp::MallocMessageBuilder message(SMALL_MESSAGE_WORDS);
  auto to = message.initRoot<schema::EndedRecord>();
  to.setEntry(dataOf(record.entry));
  to.setRevision(dataOf(record.revision));
  if (record.says) to.setSays(dataOf(*record.says));
  to.setIsAbsent(!record.says);
  to.setCause(textOf(record.cause));
  return bytesOf<schema::EndedRecord>(to.asReader());
}

std::optional<EndedRecord> decodeEnded(BytesView encoded) {
  EndedRecord record;
  bool isWell = readsWell([&]() {
    Opened<schema::EndedRecord> decoded(encoded);
    auto from = *decoded;
    record.entry = copy(from.getEntry());
    record.revision = Hash::from(from.getRevision());
    if (!from.getIsAbsent()) record.says = copy(from.getSays());
    record.cause = text(from.getCause());
  });
  if (!isWell) return std::nullopt;
  return record;
}

uint64_t nextHlc(uint64_t previous, int64_t wallMs) {
  uint64_t stamp = wallMs > 0 ? uint64_t(wallMs) << 16 : 0;
  return stamp > previous ? stamp : previous + 1;
}

}  // namespace skerry
