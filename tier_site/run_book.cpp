#include "tier_site/run_book.h"
#include "capnp/stored.capnp.h"
#include "shared/daemon/self.h"
#include "shared/model/encoded.h"

namespace skerry {

std::map<InstanceId, Run> RunBook::load(const std::vector<Row>& rows) {
  std::map<InstanceId, Run> runs;
  for (auto& row : rows) {
    auto id = parseInstanceId(text(view(row.key)));
    if (!id) continue;
    Decoded<schema::StoredRun> decoded(row.value);
    auto stored = decoded.get();
    auto& run = runs[*id];
    run.incarnation = stored.getIncarnation();
    run.digest = Hash::from(stored.getDigest());
    run.started = stored.getStarted();
    run.ended = stored.getEnded();
    run.restarts = stored.getRestarts();
    run.failures = stored.getFailures();
    run.exitedWallMs = stored.getExitedMs();
    run.reason = text(stored.getReason());
  }
  return runs;
}

void RunBook::save(const InstanceId& id, const Run& run) {
  KJ_IF_MAYBE(to, writer) {
    capnp::MallocMessageBuilder message;
    auto stored = message.initRoot<schema::StoredRun>();
    stored.setIncarnation(run.incarnation);
    stored.setDigest(run.digest.view());
    stored.setStarted(run.started);
    stored.setEnded(run.ended);
    stored.setRestarts(run.restarts);
    stored.setFailures(run.failures);
    stored.setExitedMs(run.exitedWallMs);
    stored.setReason(run.reason);
    auto bytes = encode<schema::StoredRun>(stored);
    if (written[id] == bytes) return;
    to->rows().put(Table::RUN, SELF_DOCUMENT, view(id.str()), view(bytes));
    written[id] = std::move(bytes);
  }
}

void RunBook::erase(const InstanceId& id) {
  written.erase(id);
  KJ_IF_MAYBE(to, writer) to->rows().erase(Table::RUN, SELF_DOCUMENT, view(id.str()));
}

}  // namespace skerry
