#include "tier_site/run_book.h"
#include "capnp/stored.capnp.h"
#include "shared/daemon/self.h"
#include "shared/model/encoded.h"

namespace skerry {

namespace {

using Word = schema::StoredRun::Runtime;

std::optional<RuntimeKind> runtimeOf(Word word) {
  if (word == Word::CONTAINER) return RuntimeKind::CONTAINER;
  if (word == Word::PROCESS) return RuntimeKind::PROCESS;
  return std::nullopt;
}

Word wordOf(const std::optional<RuntimeKind>& kind) {
  if (!kind) return Word::NONE;
  return *kind == RuntimeKind::CONTAINER ? Word::CONTAINER : Word::PROCESS;
}

}  // namespace

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
    run.livesIn = runtimeOf(stored.getLivesIn());
    run.bootId = text(stored.getBootId());
    run.yielded = stored.getYielded();
  }
  return runs;
}

namespace {

Bytes encodeRun(const Run& run) {
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
  stored.setLivesIn(wordOf(run.livesIn));
  if (run.livesIn) stored.setBootId(run.bootId);
  stored.setYielded(run.yielded);
  return encode<schema::StoredRun>(stored);
}

}  // namespace

void RunBook::attach(Writer& to, const std::map<InstanceId, Run>& stored) {
  writer = to;
  written.clear();
  for (auto& [id, run] : stored) written[id] = encodeRun(run);
}

void RunBook::save(const InstanceId& id, const Run& run) {
  KJ_IF_MAYBE(to, writer) {
    auto bytes = encodeRun(run);
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
