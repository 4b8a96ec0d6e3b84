#include "shared/daemon/backup_file.h"
#include "capnp/backup.capnp.h"
#include "shared/model/encoded.h"
#include <kj/filesystem.h>

namespace skerry {
namespace {

constexpr std::string_view FAMILY = "skerry-backup ", FORMAT = "skerry-backup 1\n";
constexpr size_t LENGTH_BYTES = 4;
constexpr uint FILE_DEPTH_MAX = 2;  // identity/NAME

void append(Bytes& to, BytesView from) { to.insert(to.end(), from.begin(), from.end()); }

void appendMessage(Bytes& to, const Bytes& message) {
  for (size_t i = 0; i < LENGTH_BYTES; ++i) to.push_back(uint8_t(message.size() >> 8 * i));
  append(to, view(message));
}

template <typename Fill>
void appendRecord(Bytes& to, Fill&& fill) {
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<schema::BackupRecord>());
  appendMessage(to, encode<schema::BackupRecord>(message.getRoot<schema::BackupRecord>()));
}

// Takes the next message off the front.
BytesView nextMessage(BytesView& rest) {
  KJ_REQUIRE(rest.size() >= LENGTH_BYTES, "a length is cut off");
  size_t size = 0;
  for (size_t i = 0; i < LENGTH_BYTES; ++i) size |= size_t(rest[i]) << 8 * i;
  KJ_REQUIRE(rest.size() - LENGTH_BYTES >= size, "a record is cut off");
  auto message = rest.slice(LENGTH_BYTES, LENGTH_BYTES + size);
  rest = rest.slice(LENGTH_BYTES + size, rest.size());
  return message;
}

void readRecord(schema::BackupRecord::Reader from, Backup& to) {
  if (from.isFile()) {
    Backup::File file;
    auto path = from.getFile().getPath();
    bool isPlace = path.size() >= 1 && path.size() <= FILE_DEPTH_MAX;
    KJ_REQUIRE(isPlace, "a file has no place in the folder", path.size());
    for (auto part : path) {
      file.path.push_back(text(kj::Path(kj::str(part)).toString()));  // refuses what leads outside
    }
    file.content = copy(from.getFile().getContent());
    to.files.push_back(std::move(file));
  } else if (from.isRow()) {
    auto row = from.getRow();
    auto table = row.getTable();
    bool isKnown = table >= uint8_t(Table::META) && table <= uint8_t(Table::EVENT);
    KJ_REQUIRE(isKnown, "a row is of a table that this version does not know", table);
    to.rows.put(Table(table), row.getDocument(), row.getKey(), row.getValue());
  }
}

Backup read(BytesView body) {
  Backup backup;
  auto rest = body.slice(FORMAT.size(), body.size());
  Decoded<schema::BackupHeader> decoded(nextMessage(rest));
  auto header = decoded.get();
  backup.about = {text(header.getTier()), text(header.getName()), text(header.getVersion()),
                  Hash::from(header.getRootKey()), header.getTakenMs()};
  while (rest.size() > 0) {
    Decoded<schema::BackupRecord> record(nextMessage(rest));
    readRecord(record.get(), backup);
  }
  return backup;
}

}  // namespace

Bytes encodeBackup(const Backup& backup) {
  Bytes encoded = copy(view(FORMAT));
  {
    capnp::MallocMessageBuilder message;
    auto header = message.initRoot<schema::BackupHeader>();
    header.setTier(backup.about.tier);
    header.setName(backup.about.name);
    header.setVersion(backup.about.version);
    header.setRootKey(backup.about.rootKey.view());
    header.setTakenMs(backup.about.takenMs);
    appendMessage(encoded, encode<schema::BackupHeader>(header));
  }
  for (auto& file : backup.files) {
    appendRecord(encoded, [&](auto record) {
      auto to = record.initFile();
      auto path = to.initPath(file.path.size());
      for (size_t i = 0; i < file.path.size(); ++i) path.set(i, file.path[i]);
      to.setContent(view(file.content));
    });
  }
  for (auto& step : backup.rows.steps()) {
    appendRecord(encoded, [&](auto record) {
      auto to = record.initRow();
      to.setDocument(step.document);
      to.setTable(uint8_t(step.table));
      to.setKey(view(step.key));
      to.setValue(view(step.value));
    });
  }
  append(encoded, sha256(view(encoded)).view());
  return encoded;
}

std::optional<Backup> decodeBackup(BytesView encoded, std::string& why) {
  auto begins = [&](std::string_view with) {
    return encoded.size() >= with.size() && encoded.slice(0, with.size()) == view(with);
  };
  if (!begins(FAMILY)) {
    why = "this file is no backup of Skerry";
    return std::nullopt;
  }
  if (!begins(FORMAT)) {
    why = "this backup has a format that this version does not know: use the version that took it, "
          "or a newer one";
    return std::nullopt;
  }
  constexpr size_t SUM = sizeof(Hash);
  bool isWhole = encoded.size() >= FORMAT.size() + SUM;
  auto body = encoded.slice(0, isWhole ? encoded.size() - SUM : 0);
  isWhole = isWhole && sha256(body) == Hash::from(encoded.slice(body.size(), encoded.size()));
  if (!isWhole) {
    why = "this backup is not what was written: it is cut off or was changed (its SHA-256 does not "
          "match); use another copy of it, or another backup";
    return std::nullopt;
  }
  std::optional<Backup> backup;
  KJ_IF_MAYBE(failed, kj::runCatchingExceptions([&] { backup = read(body); })) {
    why = "this backup cannot be read: " + text(failed->getDescription());
    return std::nullopt;
  }
  return backup;
}

}  // namespace skerry
