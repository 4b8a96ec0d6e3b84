// How a parent that was restored from a backup learns what its child holds: it asks, over the
// child's Downlink, for the orders that it signed itself in the life it forgot.
#pragma once
#include "capnp/uplink.capnp.h"
#include "shared/ledger/document.h"
#include "shared/replica/blobs.h"
#include "shared/replica/writer.h"

namespace skerry {

// The orders that the child holds, proven by `documentKey`: the parent's own. FAILED when they are
// not, or are no more than `mine`. `mine` outlives the promise.
kj::Promise<kj::Own<Orders>> readBack(schema::Downlink::Client child, const Orders& mine,
                                      Bytes documentKey);

// Of these blobs, those that the child has: into `blobs`, and their rows to the others. `blobs` and
// `writer` outlive the promise.
kj::Promise<void> readBlobs(schema::Downlink::Client child, std::set<Hash> wanted, Blobs& blobs,
                            Writer& writer);

// The answer to `blob` of either direction: at most BLOB_PIECE_BYTES from an offset on.
template <typename Params, typename Results>
void answerBlob(const Blobs& blobs, Params params, Results results) {
  auto content = blobs.find(Hash::from(params.getHash()));
  if (!content) return;
  results.setSize(content->size());
  if (params.getOffset() < content->size()) {
    size_t end = kj::min(content->size(), params.getOffset() + schema::Uplink::BLOB_PIECE_BYTES);
    results.setData(view(*content).slice(params.getOffset(), end));
  }
}

}  // namespace skerry
