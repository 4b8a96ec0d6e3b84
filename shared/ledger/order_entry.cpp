#include "shared/ledger/order_entry.h"
#include "shared/ledger/message.h"

namespace skerry {

namespace {

void write(const Origin& origin, schema::Origin::Builder to) {
  to.setAuthority(origin.authority);
  to.setGen(origin.gen.view());
  to.setEra(origin.era);
  to.setFieldSeq(origin.fieldSeq);
}

void write(const std::vector<Hash>& blobs, schema::OrderEntry::Builder to) {
  auto list = to.initBlobs(blobs.size());
  for (size_t i = 0; i < blobs.size(); i++) list.set(i, dataOf(blobs[i]));
}

}  // namespace

Bytes encodeOrderEntry(const OrderEntry& entry) {
  capnp::MallocMessageBuilder message(SMALL_MESSAGE_WORDS);
  auto to = message.initRoot<schema::OrderEntry>();
  to.setGen(entry.gen.view());
  write(entry.origin, to.initOrigin());
  to.setValue(dataOf(entry.value));
  if (!entry.blobs.empty()) write(entry.blobs, to);
  return bytesOf<schema::OrderEntry>(to.asReader());
}

std::optional<OrderEntry> decodeOrderEntry(BytesView encoded) {
  OrderEntry entry;
  bool isWell = readsWell([&]() {
    Opened<schema::OrderEntry> decoded(encoded);
    auto from = *decoded;
    entry.gen = Gen::from(from.getGen());
    auto origin = from.getOrigin();
    entry.origin = {origin.getAuthority(), Gen::from(origin.getGen()), origin.getEra(),
                    origin.getFieldSeq()};
    entry.value = copy(from.getValue());
    for (auto blob: from.getBlobs()) entry.blobs.push_back(Hash::from(blob));
  });
  if (!isWell || entry.gen == Gen()) return std::nullopt;
  return entry;
}

Bytes withValue(BytesView encoded, const Origin& origin, BytesView value,
                const std::vector<Hash>& blobs) {
  Opened<schema::OrderEntry> decoded(encoded);
  capnp::MallocMessageBuilder message(SMALL_MESSAGE_WORDS);
  message.setRoot(*decoded);
  auto to = message.getRoot<schema::OrderEntry>();
  write(origin, to.getOrigin());
  to.setValue(value);
  write(blobs, to);
  return bytesOf<schema::OrderEntry>(to.asReader());
}

}  // namespace skerry
