// Small files that must survive a power cut: keys, certificates, configuration written by us.
// Rows belong in the store (shared/store), not here.
#pragma once
#include "shared/crypto/bytes.h"
#include <kj/filesystem.h>

namespace skerry {

// Writes `path` whole or not at all: a hidden temporary file beside it, fsync, rename, fsync of the
// folder. After it returned no power cut brings the old content back. `extra` may add PRIVATE (mode
// 0600), EXECUTABLE, CREATE_PARENT. A failure leaves the old content (OVERLOADED: the disk is full)
// and names the path.
void replaceDurably(const kj::Directory& folder, kj::PathPtr path, BytesView content,
                    kj::WriteMode extra = kj::WriteMode());

// Null when there is no such file. FAILED when it holds more than `bytesMax`: a file that large is
// not the one that was meant, and must not fill the memory.
kj::Maybe<Bytes> readFile(const kj::Directory& folder, kj::PathPtr path, size_t bytesMax);

}  // namespace skerry
