#include "shared/ledger/message.h"
#include "shared/ledger/mutant.h"
#include "shared/ledger/orders_sync.h"

namespace skerry {

struct OrdersReceiver::In {
  schema::OrdersMessage::Reader message;
};

struct OrdersReceiver::PartIn {
  schema::BucketPart::Reader part;
};

namespace {

template <typename Fill>
Bytes replyWith(Fill&& fill) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::OrdersReply>();
  fill(to);
  return bytesOf<schema::OrdersReply>(to.asReader());
}

SignedVersion readSigned(schema::SignedVersion::Reader from) {
  return {copy(from.getBody()), copy(from.getSignature())};
}

}  // namespace

Bytes refuseOrders(const std::string& reason) {
  return replyWith([&](auto to) { to.initRefused().setReason(textOf(reason)); });
}

OrdersReceiver::OrdersReceiver(Orders& orders): orders(orders) {}

Bytes OrdersReceiver::held() const {
  return replyWith([&](auto to) {
    auto held = to.initHeld();
    write(orders.version(), held.initVersion());
    held.setRoot(dataOf(orders.root()));
  });
}

Bytes OrdersReceiver::wantsList() const {
  return replyWith([&](auto to) {
    auto wants = to.initWantsList();
    write(orders.version(), wants.initVersion());
    wants.setRoot(dataOf(orders.root()));
  });
}

Bytes OrdersReceiver::wants() const {
  Bytes bits(staging->list.size() / 8);
  std::optional<size_t> first;
  for (size_t i = 0; i < staging->list.size(); i++) {
    if (!isMissing(i)) continue;
    if (!first) first = i;
    bits[i / 8] |= uint8_t(1 << i % 8);
  }
  return replyWith([&](auto to) {
    auto wants = to.initWants();
    write(staging->opened.id, wants.initId());
    wants.setRoot(dataOf(staging->opened.root));
    wants.setBuckets(dataOf(bits));
    auto begun = first ? staging->buckets.find(*first) : staging->buckets.end();
    if (begun != staging->buckets.end()) wants.setAfter(dataOf(begun->second.after));
  });
}

OrdersReceiver::Received OrdersReceiver::receive(BytesView message) {
  Received out;
  bool isWell = readsWell([&]() {
    Opened<schema::OrdersMessage> decoded(message);
    In in{*decoded};
    switch (in.message.which()) {
      case schema::OrdersMessage::DELTA: onDelta(in, out); break;
      case schema::OrdersMessage::LIST: onList(in, out); break;
      case schema::OrdersMessage::PIECE: onPiece(in, out); break;
      default:
        out.reply = refuseOrders("this version does not know this kind of orders message");
        break;
    }
  });
  if (!isWell && out.rows.empty()) out.reply = refuseOrders("the orders message is malformed");
  return out;
}

bool OrdersReceiver::isWanted(const SignedVersion& offered, Version& opened, Received& out) {
  switch (orders.judge(offered, opened)) {
    case Orders::Offered::FORKED:
      out.forked = true;
      return true;
    case Orders::Offered::NEWER:
      return true;
    case Orders::Offered::HELD:
      out.reply = held();
      return false;
    case Orders::Offered::NOT_BELIEVED:
      out.reply = refuseOrders("the version of " + orders.document() + " was not signed by the "
                                 "document key of this child's home, or is of an earlier home: "
                                 "check with `get sites` who the home is");
      return false;
  }
  KJ_UNREACHABLE;
}

void OrdersReceiver::onDelta(const In& in, Received& out) {
  auto delta = in.message.getDelta();
  auto offered = readSigned(delta.getSigned());
  Version opened;
  if (!isWanted(offered, opened, out)) return;
  if (read(delta.getSince()) != orders.version() ||
      Hash::from(delta.getSinceRoot()) != orders.root()) {
    out.reply = wantsList();
    return;
  }
  OrdersEdit edit;
  for (auto put: delta.getPuts()) edit.puts[text(put.getKey())] = copy(put.getEntry());
  for (auto key: delta.getErases()) {
    if (!edit.puts.contains(text(key))) edit.erases.insert(text(key));
  }
  std::vector<TravellingBlob> blobs;
  for (auto blob: delta.getBlobs()) {
    TravellingBlob arrived{Hash::from(blob.getHash()), copy(blob.getContent())};
    if (sha256(view(arrived.content)) == arrived.hash) blobs.push_back(kj::mv(arrived));
  }
  finish(opened, offered, edit, out);
  if (out.advanced) out.blobs = kj::mv(blobs);
}

void OrdersReceiver::finish(const Version& version, const SignedVersion& offered,
                            const OrdersEdit& edit, Received& out) {
  switch (orders.advance(offered, version, edit, out.rows)) {
    case Orders::Advanced::DONE:
      out.advanced = true;
      for (auto& row: out.rows) {
        if (row.part == Part::ORDERS) out.changedKeys.insert(text(view(row.key)));
      }
      if (staging && std::tie(staging->opened.id, staging->opened.root) <=
                         std::tie(version.id, version.root)) {
        staging = std::nullopt;
      }
      out.reply = held();
      break;
    case Orders::Advanced::OTHER_ROOT:
      out.reply = wantsList();
      break;
    case Orders::Advanced::OVER_LIMIT:
      out.reply = refuseOrders("version " + version.id.text() + " of " + orders.document() +
                                 " exceeds the limits of this replica: upgrade it, or delete "
                                 "keys at the parent");
      break;
  }
}

void OrdersReceiver::onList(const In& in, Received& out) {
  auto list = in.message.getList();
  auto offered = readSigned(list.getSigned());
  Version opened;
  if (!isWanted(offered, opened, out)) return;
  auto hashes = list.getBuckets();
  if (hashes.size() != orders.buckets().count() * sizeof(Hash) ||
      Buckets::rootOf(hashes) != opened.root) {
    out.reply = refuseOrders("the bucket list is not what version " + opened.id.text() + " signs");
    return;
  }
  auto isGreater = [&] {
    auto& staged = staging->opened;
    return std::tie(opened.id, opened.root) > std::tie(staged.id, staged.root);
  };
  if (!staging || isGreater()) {
    Staging next;
    next.version = offered;
    next.opened = opened;
    for (size_t i = 0; i < hashes.size(); i += sizeof(Hash)) {
      next.list.push_back(Hash::from(hashes.slice(i, i + sizeof(Hash))));
    }
    if (staging) {
      for (auto& [bucket, staged]: staging->buckets) {
        if (next.list[bucket] != staging->list[bucket]) continue;
        next.bytes += staged.bytes;
        next.buckets[bucket] = kj::mv(staged);
      }
    }
    staging = kj::mv(next);
  }
  if (isComplete()) commit(out);
  else out.reply = wants();
}

void OrdersReceiver::onPiece(const In& in, Received& out) {
  auto piece = in.message.getPiece();
  if (!staging) {
    out.reply = held();
    return;
  }
  bool isOfList = read(piece.getId()) == staging->opened.id &&
                  Hash::from(piece.getRoot()) == staging->opened.root;
  if (isOfList) {
    for (auto part: piece.getParts()) {
      if (stagePart({part})) continue;
      staging = std::nullopt;
      out.reply = refuseOrders("the pieces exceed the limits of this replica");
      return;
    }
  }
  if (isComplete()) return commit(out);
  if (!piece.getIsLast()) {
    out.reply = replyWith([](auto to) { to.setStaged(); });
  } else if (!isOfList || isNearer() || ++staging->burstsInVain < BURSTS_IN_VAIN_MAX) {
    out.reply = wants();
  } else {
    staging = std::nullopt;
    out.reply = refuseOrders("the pieces do not add up to what the version signs");
  }
}

// Whether more is staged than ever before.
bool OrdersReceiver::isNearer() {
  size_t whole = 0;
  for (auto& [bucket, staged]: staging->buckets) whole += staged.isWhole ? 1 : 0;
  bool isMore = whole > staging->wholeBuckets || staging->bytes > staging->bytesAtMost;
  staging->wholeBuckets = std::max(staging->wholeBuckets, whole);
  staging->bytesAtMost = std::max(staging->bytesAtMost, staging->bytes);
  if (isMore) staging->burstsInVain = 0;
  return isMore;
}

// False when more arrives than the document may hold.
bool OrdersReceiver::stagePart(const PartIn& in) {
  auto from = in.part;
  size_t bucket = from.getIndex();
  if (bucket >= staging->list.size() || !isMissing(bucket)) return true;
  if (from.getAfter().size() == 0) drop(bucket);
  auto& staged = staging->buckets[bucket];
  if (from.getAfter().size() != 0 && Hash::from(from.getAfter()) != staged.after) return true;
  for (auto entry: from.getEntries()) {
    auto key = text(entry.getKey());
    Hash keyHash = sha256(view(key));
    bool isInOrder = orders.buckets().indexOf(keyHash) == bucket && keyHash > staged.after;
    if (!isInOrder) {
      drop(bucket);
      return true;
    }
    size_t bytes = key.size() + entry.getEntry().size();
    staged.after = keyHash;
    staged.bytes += bytes;
    staging->bytes += bytes;
    staged.entries[key] = copy(entry.getEntry());
  }
  if (staging->bytes > limitsOf(orders.kind()).ordersBytesMax) return false;
  if (!from.getIsLast()) return true;
  BucketItems items;
  for (auto& [key, entry]: staged.entries) items[sha256(view(key))] = {key, sha256(view(entry))};
  staged.isWhole = hashOf(items) == staging->list[bucket];
  if (!staged.isWhole) drop(bucket);
  return true;
}

void OrdersReceiver::drop(size_t bucket) {
  auto found = staging->buckets.find(bucket);
  if (found == staging->buckets.end()) return;
  staging->bytes -= found->second.bytes;
  staging->buckets.erase(found);
}

bool OrdersReceiver::isMissing(size_t bucket) const {
  if (staging->list[bucket] == orders.buckets().hash(bucket)) return false;
  auto found = staging->buckets.find(bucket);
  return found == staging->buckets.end() || !found->second.isWhole;
}

bool OrdersReceiver::isComplete() const {
  if (mutated(Mutant::ROOT_NOT_CHECKED)) return true;
  for (size_t i = 0; i < staging->list.size(); i++) {
    if (isMissing(i)) return false;
  }
  return true;
}

void OrdersReceiver::commit(Received& out) {
  OrdersEdit edit;
  for (auto& [bucket, staged]: staging->buckets) {
    if (staging->list[bucket] == orders.buckets().hash(bucket)) continue;
    for (auto& [keyHash, item]: orders.buckets().items(bucket)) {
      if (!staged.entries.contains(item.key)) edit.erases.insert(item.key);
    }
    edit.puts.insert(staged.entries.begin(), staged.entries.end());
  }
  auto arrived = kj::mv(*staging);
  staging = std::nullopt;
  Version opened;
  if (!isWanted(arrived.version, opened, out)) return;
  finish(opened, arrived.version, edit, out);
}

}  // namespace skerry
