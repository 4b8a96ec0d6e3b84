// Asking sites for log lines: through the connections they opened, all at once.
#include "shared/daemon/line_watch.h"
#include "tier_region/core.h"
#include <kj/debug.h>
#include <kj/refcount.h>

namespace skerry {
namespace {
struct Missing : kj::Refcounted { kj::Vector<kj::String> sites; };
}  // namespace

kj::Promise<kj::Array<kj::String>> RegionCore::logs(schema::LogQuery::Reader query,
                                                    schema::LineSink::Client sink) {
  auto missing = kj::refcounted<Missing>();
  auto app = text(query.getTenant()) + "/" + text(query.getApp());  // of a site alone: none
  auto selector = parseSelector(text(query.getSelector()));
  KJ_REQUIRE(selector.ok(), "the label expression of a query for lines cannot be read");
  kj::Vector<kj::Promise<void>> asked;
  for (auto& [site, child] : children) {
    auto plan = assigner->sites().find(site);
    bool isMeant = plan != assigner->sites().end() &&
                   selector.selector.matches(plan->second.labels);
    if (!isMeant) continue;
    if (query.getSite().size() > 0) {
      if (text(query.getSite()) != site) continue;
    } else if (assigner->read(site, "app/" + app) == std::nullopt) {
      continue;
    }
    KJ_IF_MAYBE(down, child->downlink()) {
      auto request = down->logsRequest();
      request.setQuery(query);
      auto watch = kj::refcounted<LineWatch>(host.timer, sink, SITE_SILENCE_MAX);
      request.setSink(query.getFollow() ? sink : watch->sink());
      auto answered = request.send().then(
          [missing = kj::addRef(*missing), site = site](auto&& answer) mutable {
        for (auto instance : answer.getMissing()) {
          missing->sites.add(kj::str(site.c_str(), "/", instance));
        }
      });
      if (!query.getFollow()) answered = watch->bound(kj::mv(answered));
      asked.add(answered.catch_(
          [missing = kj::addRef(*missing), site = site](kj::Exception&&) mutable {
        missing->sites.add(kj::str(site.c_str()));
      }));
    } else {
      missing->sites.add(kj::str(site.c_str()));
    }
  }
  return kj::joinPromises(asked.releaseAsArray()).then([missing = kj::mv(missing)]() mutable {
    return missing->sites.releaseAsArray();
  });
}

}  // namespace skerry
