// Where a daemon keeps the head of its audit log: in its store, which comes and goes.
#pragma once
#include "shared/daemon/audit_log.h"
#include "shared/daemon/rebuilt.h"
#include <kj/debug.h>

namespace skerry {

// A core has a `store` and a `writer`. The log is opened once, after the first core.
template <typename Core>
kj::Promise<void> openAuditLog(AuditLog& log, Rebuilt<Core>& core, kj::StringPtr document) {
  auto& opened = KJ_ASSERT_NONNULL(core.get());
  return opened.store->get(Table::META, document, view(AUDIT_ROW))
      .then([&log](kj::Maybe<Bytes>&& row) { log.open(kj::mv(row)); });
}

// While the store is being reopened nothing is saved: the record is in its file, and the next one
// saves the head behind both.
template <typename Core>
void saveAuditHead(Rebuilt<Core>& core, kj::StringPtr document, const Bytes& row) {
  KJ_IF_MAYBE(open, core.get()) {
    open->writer->rows().put(Table::META, document, view(AUDIT_ROW), view(row));
    // Nobody waits; a failure is the writer's to tell.
    open->writer->durable().detach([](kj::Exception&&) {});
  }
}

}  // namespace skerry
