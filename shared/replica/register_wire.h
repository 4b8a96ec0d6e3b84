// Register batches as Cap'n Proto (status.capnp) and back.
#pragma once
#include "capnp/status.capnp.h"
#include "shared/replica/registers.h"

namespace skerry {

void writeBatch(const RegisterBatch& batch, schema::RegisterBatch::Builder to);
RegisterBatch readBatch(schema::RegisterBatch::Reader from);

}  // namespace skerry
