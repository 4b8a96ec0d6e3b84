#include "tier_region/service.h"
#include "tier_region/metrics.h"

namespace skerry {

RegionService::RegionService(Host& host, const Transport& transport, RegionConfig config)
    : host(host), config(std::move(config)),
      chronicle(host, EventLogBounds(), SITE_EVENTS_AT_REGION),
      core(host, [this, &transport](Rebuilt<RegionCore>::Failed failed) {
        // A rebuilt core takes the port it had.
        return RegionCore::open(this->host, transport, this->config, chronicle, kj::mv(failed))
            .then([this](kj::Own<RegionCore>&& opened) {
          listening = opened->address;
          this->config.listen = listening;
          opened->receive(persons);
          opened->recordTo(*log);
          return kj::mv(opened);
        });
      }),
      log(kj::refcounted<AuditLog>(host.files, host.clock, host.timer, [this](Bytes row) {
        saveAuditHead(core, SELF_DOCUMENT, row);
      })),
      desk(kj::heap<RegionAdmin>(host, core), kj::addRef(*log), [this] {
        std::string name;
        KJ_IF_MAYBE(open, core.get()) name = open->self.name;
        return AdminPlace{"region", name, name};
      }),
      persons(host, desk) {}

RegionService::~RegionService() noexcept(false) {
  socket = nullptr;
  core.drop();
}

kj::Promise<void> RegionService::start() {
  return core.start().then([this] { return openAuditLog(*log, core, SELF_DOCUMENT); })
      .then([this] { return AdminSocket::open(host, desk); })
      .then([this](kj::Own<AdminSocket>&& opened) { socket = kj::mv(opened); });
}

kj::Promise<void> RegionService::stop() {
  socket = nullptr;
  return chronicle.end().then([this]() -> kj::Promise<void> {
    KJ_IF_MAYBE(open, core.get()) {
      return open->writer->durable().then([this] { core.drop(); });
    }
    return kj::READY_NOW;
  });
}

void RegionService::measure(Exposition& to) {
  KJ_IF_MAYBE(open, core.get()) skerry::measure(*open, to);
}

std::vector<std::string> RegionService::unready() {
  if (core.get() != nullptr) return {};
  return {"its disk failed and its store is being reopened: " + core.lastTrouble()};
}

}  // namespace skerry
