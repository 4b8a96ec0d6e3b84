#include "shared/ledger/message.h"
#include "shared/ledger/orders_sync.h"

namespace skerry {

namespace {

constexpr size_t ENTRY_OVERHEAD_BYTES = 64;    // of pointers and padding, in a message
constexpr size_t MESSAGE_OVERHEAD_BYTES = 2'048;

struct KeyBytes {
  const std::string* key;
  const Bytes* entry;
};

size_t sizeOf(const KeyBytes& entry) {
  return entry.key->size() + entry.entry->size() + ENTRY_OVERHEAD_BYTES;
}

template <typename List>
void writeEntries(const std::vector<KeyBytes>& entries, List to) {
  for (size_t i = 0; i < entries.size(); i++) {
    to[i].setKey(view(*entries[i].key));
    to[i].setEntry(dataOf(*entries[i].entry));
  }
}

void write(const SignedVersion& version, schema::SignedVersion::Builder to) {
  to.setBody(dataOf(version.body));
  to.setSignature(dataOf(version.signature));
}

struct Part {
  size_t bucket = 0;
  Bytes after;
  std::vector<KeyBytes> entries;
  bool isLast = false;
};

// Cuts the wanted buckets into parts that fit into one message each.
class Cutter {
public:
  Cutter(const Orders& orders, BytesView wanted, BytesView after)
      : orders(orders), wanted(wanted), after(copy(after)) { skip(); }

  bool atEnd() const { return bucket >= orders.buckets().count(); }

  std::vector<Part> next() {
    std::vector<Part> parts;
    size_t bytes = MESSAGE_OVERHEAD_BYTES;
    while (!atEnd()) {
      Part part{bucket, after, {}, true};
      auto& items = orders.buckets().items(bucket);
      auto item = after.empty() ? items.begin() : items.upper_bound(Hash::from(view(after)));
      bytes += ENTRY_OVERHEAD_BYTES;
      for (; item != items.end(); ++item) {
        auto& entry = *orders.entries().find(item->second.key);
        KeyBytes one{&entry.first, &entry.second.bytes};
        if (bytes + sizeOf(one) > PIECE_BYTES_MAX) break;
        bytes += sizeOf(one);
        after = copy(item->first.view());
        part.entries.push_back(one);
      }
      part.isLast = item == items.end();
      bool isFull = !part.isLast || bytes + ENTRY_OVERHEAD_BYTES > PIECE_BYTES_MAX;
      if (part.isLast) {
        bucket++;
        after.clear();
        skip();
      }
      if (part.isLast || !part.entries.empty()) parts.push_back(kj::mv(part));
      if (isFull) break;
    }
    return parts;
  }

private:
  void skip() {
    while (!atEnd() && !(bucket / 8 < wanted.size() && wanted[bucket / 8] >> bucket % 8 & 1)) {
      bucket++;
    }
  }

  const Orders& orders;
  BytesView wanted;
  Bytes after;
  size_t bucket = 0;
};

Bytes pieceOf(const Orders& orders, const std::vector<Part>& parts, bool isLast) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::OrdersMessage>().initPiece();
  write(orders.version(), to.initId());
  to.setRoot(dataOf(orders.root()));
  to.setIsLast(isLast);
  auto list = to.initParts(parts.size());
  for (size_t i = 0; i < parts.size(); i++) {
    list[i].setIndex(uint16_t(parts[i].bucket));
    list[i].setAfter(dataOf(parts[i].after));
    list[i].setIsLast(parts[i].isLast);
    writeEntries(parts[i].entries, list[i].initEntries(parts[i].entries.size()));
  }
  return bytesOf<schema::OrdersMessage>(message.getRoot<schema::OrdersMessage>().asReader());
}

}  // namespace

OrdersSender::OrdersSender(const Orders& orders, BlobSource blobs, size_t piecesPerBurst)
    : orders(orders), blobs(kj::mv(blobs)), piecesPerBurst(piecesPerBurst) {}

std::vector<Bytes> OrdersSender::start(const VersionId& held, const Hash& root) {
  started = true;
  theirs = held;
  return advanceFrom(held, root);
}

std::vector<Bytes> OrdersSender::changed() {
  if (!started) return {};
  return advanceFrom(offered, offeredRoot);
}

void OrdersSender::theyHold(const VersionId& version, const Hash& root) {
  theirs = offered = version;
  offeredRoot = root;
}

std::vector<Bytes> OrdersSender::advanceFrom(VersionId version, Hash root) {
  bool isBehind = version < orders.version() ||
                  (version == orders.version() && root < orders.root());
  offered = isBehind ? orders.version() : version;
  offeredRoot = isBehind ? orders.root() : root;
  if (!isBehind) return {};
  std::vector<Bytes> messages;
  auto made = delta(version, root);
  messages.push_back(made ? kj::mv(*made) : list());
  return messages;
}

std::optional<Bytes> OrdersSender::delta(const VersionId& version, const Hash& root) const {
  auto since = orders.since(version, root);
  if (!since) return std::nullopt;
  std::vector<KeyBytes> puts;
  std::vector<const std::string*> erases;
  size_t bytes = MESSAGE_OVERHEAD_BYTES;
  for (auto& key: since->keys) {
    if (auto entry = orders.bytesOf(key)) {
      puts.push_back({&key, entry});
      bytes += sizeOf(puts.back());
    } else {
      erases.push_back(&key);
      bytes += key.size() + ENTRY_OVERHEAD_BYTES;
    }
  }
  if (bytes > PIECE_BYTES_MAX) return std::nullopt;
  std::vector<TravellingBlob> travelling;
  for (auto& hash: since->newBlobs) {
    if (!orders.refersTo(hash)) continue;
    auto content = blobs(hash);
    if (!content || content->size() > TRAVELLING_BLOB_BYTES_MAX) continue;
    if (bytes + content->size() + ENTRY_OVERHEAD_BYTES > PIECE_BYTES_MAX) continue;
    bytes += content->size() + ENTRY_OVERHEAD_BYTES;
    travelling.push_back({hash, kj::mv(*content)});
  }
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::OrdersMessage>().initDelta();
  write(orders.signedVersion(), to.initSigned());
  write(version, to.initSince());
  to.setSinceRoot(dataOf(root));
  writeEntries(puts, to.initPuts(puts.size()));
  auto erased = to.initErases(erases.size());
  for (size_t i = 0; i < erases.size(); i++) erased.set(i, view(*erases[i]));
  auto list = to.initBlobs(travelling.size());
  for (size_t i = 0; i < travelling.size(); i++) {
    list[i].setHash(dataOf(travelling[i].hash));
    list[i].setContent(dataOf(travelling[i].content));
  }
  return bytesOf<schema::OrdersMessage>(message.getRoot<schema::OrdersMessage>().asReader());
}

Bytes OrdersSender::list() const {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::OrdersMessage>().initList();
  write(orders.signedVersion(), to.initSigned());
  to.setBuckets(dataOf(orders.buckets().list()));
  return bytesOf<schema::OrdersMessage>(message.getRoot<schema::OrdersMessage>().asReader());
}

std::vector<Bytes> OrdersSender::pieces(BytesView wanted, BytesView after, VersionId version,
                                        Hash root) const {
  std::vector<Bytes> messages;
  auto mine = std::tie(orders.version(), orders.root());
  auto theirs = std::tie(version, root);
  if (mine > theirs) messages.push_back(list());
  if (mine != theirs) return messages;
  Cutter cutter(orders, wanted, after);
  for (size_t i = 0; i < piecesPerBurst && !cutter.atEnd(); i++) {
    auto parts = cutter.next();
    bool isLast = i + 1 == piecesPerBurst || cutter.atEnd();
    messages.push_back(pieceOf(orders, parts, isLast));
  }
  return messages;
}

std::vector<Bytes> showOrders(const Orders& orders, BytesView reply) {
  // One at a time, since they travel in one answer.
  return OrdersSender(orders, {}, 1).onReply(reply);
}

std::vector<Bytes> OrdersSender::onReply(BytesView reply) {
  std::vector<Bytes> messages;
  refused.clear();
  bool isWell = readsWell([&]() {
    Opened<schema::OrdersReply> decoded(reply);
    auto from = *decoded;
    switch (from.which()) {
      case schema::OrdersReply::HELD:
        theirs = read(from.getHeld().getVersion());
        break;
      case schema::OrdersReply::WANTS_LIST:
        theirs = read(from.getWantsList().getVersion());
        offered = orders.version();
        offeredRoot = orders.root();
        if (theirs < offered || (theirs == offered && Hash::from(from.getWantsList().getRoot()) !=
                                                          offeredRoot)) {
          messages.push_back(list());
        }
        break;
      case schema::OrdersReply::WANTS:
        messages = pieces(from.getWants().getBuckets(), from.getWants().getAfter(),
                          read(from.getWants().getId()), Hash::from(from.getWants().getRoot()));
        break;
      case schema::OrdersReply::REFUSED:
        refused = text(from.getRefused().getReason());
        break;
      case schema::OrdersReply::STAGED:
      case schema::OrdersReply::UNSPECIFIED:
        break;
    }
  });
  if (!isWell) refused = "the answer to an orders message was malformed";
  return messages;
}

}  // namespace skerry
