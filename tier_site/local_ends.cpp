// What people decided on site for a time, and what follows when that time is over.
#include "shared/replica/document_store.h"
#include "tier_site/core.h"
#include <algorithm>

namespace skerry {
namespace {

// A site where nothing ends counts no time, and writes nothing about it.
bool expiresEver(const Local& local) {
  auto& entries = local.entries();
  return std::any_of(entries.begin(), entries.end(), [](auto& entry) {
    return entry.second.entry.expires.durationMs > 0;
  });
}

}  // namespace

kj::Promise<void> SiteCore::watchLocal() {
  return host.timer.afterDelay(LOCAL_LOOK_EVERY).then([this] {
    endExpired();
    return watchLocal();
  });
}

void SiteCore::endExpired() {
  if (!expiresEver(document->local())) return;
  auto ticked = document->tick(host.clock.bootId().cStr(), host.clock.bootMs());
  addRows(writer->rows(), document->ids().name, ticked.rows);
  if (ticked.expired.empty()) return;
  for (auto& entry : ticked.expired) {
    if (auto event = endOf(entry)) untold.push_back(std::move(*event));
  }
  ending = writer->durable().then([this] {
    events.journal().add(untold);
    untold.clear();
    events.wanted();
    KJ_IF_MAYBE(up, parent) (*up)->localChanged();
    statusMoved();
  }).eagerlyEvaluate([](kj::Exception&&) {});  // the writer told who has to know
}

}  // namespace skerry
