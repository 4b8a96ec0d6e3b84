#include "test/unit/ledger/catalogue.h"
#include "shared/ledger/message.h"
#include <capnp/any.h>

namespace skerry {

namespace {

constexpr unsigned REVISIONS = 8;
const std::string APPS[] = {"pos", "cam"};

std::string appOf(const Hash& revision, unsigned& number) {
  static const auto KNOWN = [] {
    std::map<Hash, std::pair<std::string, unsigned>> known;
    for (auto& app: APPS) {
      for (unsigned i = 0; i < REVISIONS; i++) known[Catalogue::revision(app, i)] = {app, i};
    }
    return known;
  }();
  auto found = KNOWN.find(revision);
  if (found == KNOWN.end()) return "";
  number = found->second.second;
  return found->second.first;
}

// A struct with one more word of data and one more pointer than this version's schema has.
template <typename T, typename Fill>
Bytes encodeLarger(uint16_t words, uint16_t pointers, Fill&& fill) {
  capnp::MallocMessageBuilder message;
  auto any = message.getRoot<capnp::AnyPointer>().initAsAnyStruct(words + 1, pointers + 1);
  fill(any.as<T>());
  auto section = any.getDataSection();
  for (size_t i = 0; i < 8; i++) section[section.size() - 8 + i] = uint8_t(0xa0 + i);
  any.getPointerSection()[pointers].template setAs<capnp::Text>("from the future");
  return bytesOf<T>(any.as<T>().asReader());
}

}  // namespace

Hash Catalogue::revision(const std::string& app, unsigned number) {
  return sha256(view(app + "@" + std::to_string(number)));
}

std::optional<Bytes> Catalogue::says(const Hash& revision, const std::string& path) const {
  unsigned number = 0;
  auto app = appOf(revision, number);
  auto drawn = sha256(view(std::to_string(seed) + app + std::to_string(number) + path));
  if (drawn.bytes[0] % 3 == 0) return std::nullopt;
  return bytes(drawn.bytes[0] % 3 == 1 ? "one" : "two");
}

Bytes encodeAssignment(const Assignment& assignment) {
  Bytes value = copy(assignment.revision.view());
  auto add = [&](const Bytes& more) { value.insert(value.end(), more.begin(), more.end()); };
  add(pack(assignment.intent.era));
  add(pack(assignment.intent.n));
  for (auto& allowed: assignment.allowed) add(copy(allowed.view()));
  return value;
}

Bytes entryOf(const OrderEntry& entry, Writer writer) {
  if (writer == Writer::PRESENT) return encodeOrderEntry(entry);
  return encodeLarger<schema::OrderEntry>(0, 4, [&](schema::OrderEntry::Builder to) {
    to.setGen(entry.gen.view());
    auto origin = to.initOrigin();
    origin.setAuthority(entry.origin.authority);
    origin.setGen(entry.origin.gen.view());
    origin.setEra(entry.origin.era);
    origin.setFieldSeq(entry.origin.fieldSeq);
    to.setValue(dataOf(entry.value));
  });
}

Bytes localEntryOfFuture(const LocalEntry& entry) {
  Bytes encoded = encodeLocalEntry(entry);
  Opened<schema::LocalEntry> opened(view(encoded));
  auto from = *opened;
  return encodeLarger<schema::LocalEntry>(3, 11, [&](schema::LocalEntry::Builder to) {
    to.setObject(from.getObject());
    to.setGen(from.getGen());
    to.setPath(from.getPath());
    to.setScope(from.getScope());
    to.setDot(from.getDot());
    to.setKind(from.getKind());
    to.setValue(from.getValue());
    to.setBasis(from.getBasis());
    to.setSeen(from.getSeen());
    to.setAuthor(from.getAuthor());
    to.setReason(from.getReason());
    to.setHlc(from.getHlc());
  });
}

std::optional<Assignment> CatalogueReader::assignment(const std::string& key,
                                                      const OrderEntry& entry) const {
  auto value = view(entry.value);
  if (!key.starts_with("app/") || value.size() < 48) return std::nullopt;
  Assignment found{key.substr(4), entry.gen, Hash::from(value.slice(0, 32)),
                   {*unpackNumber(value.slice(32, 40)), *unpackNumber(value.slice(40, 48))}, {}};
  for (size_t at = 48; at + 32 <= value.size(); at += 32) {
    found.allowed.push_back(Hash::from(value.slice(at, at + 32)));
  }
  return found;
}

std::optional<Bytes> CatalogueReader::valueAt(const Hash& revision, const std::string& path) const {
  unsigned number = 0;
  if (auto field = orders.find(fieldKey(appOf(revision, number), path))) return field->value;
  return catalogue.says(revision, path);
}

const Signer& testSigner(const std::string& name) {
  static std::map<std::string, std::unique_ptr<Signer>> made;
  auto& signer = made[name];
  if (!signer) signer = newSigner(keyFromSeed(sha256(view(name)).view()));
  return *signer;
}

}  // namespace skerry
