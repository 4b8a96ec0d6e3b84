// The rows of documents: the ledger's row changes into batches, and back.
#pragma once
#include "shared/ledger/document.h"
#include "shared/store/store.h"

namespace skerry {

// Into the rows of this document.
void addRows(Batch& batch, const std::string& document, const RowChanges& changes);
// Erases all rows of a document.
void eraseDocument(Batch& batch, const std::string& document);

// The document of this name as stored; when there is none a new one, whose first rows are added to
// `batch`, which the caller commits before anything of it leaves the process. FAILED when its rows
// are damaged. `batch` outlives the promise.
kj::Promise<kj::Own<Document>> openDocument(Store& store, DocumentIds ids, Batch& batch);

}  // namespace skerry
