#include "shared/replica/register_wire.h"

namespace skerry {

void writeBatch(const RegisterBatch& batch, schema::RegisterBatch::Builder to) {
  to.setEpoch(batch.epoch);
  to.setWhole(batch.whole);
  to.setDigest(batch.digest.view());
  auto registers = to.initRegisters(batch.changes.size());
  for (size_t i = 0; i < batch.changes.size(); ++i) {
    registers[i].setKey(batch.changes[i].key);
    registers[i].setSeq(batch.changes[i].seq);
    registers[i].setValue(view(batch.changes[i].value));
  }
}

RegisterBatch readBatch(schema::RegisterBatch::Reader from) {
  RegisterBatch batch;
  batch.epoch = from.getEpoch();
  batch.whole = from.getWhole();
  batch.digest = Hash::from(from.getDigest());
  for (auto one : from.getRegisters()) {
    batch.changes.push_back({text(one.getKey()), one.getSeq(), copy(one.getValue())});
  }
  return batch;
}

}  // namespace skerry
