#include "tier_central/service.h"
#include "tier_central/metrics.h"

namespace skerry {

CentralService::CentralService(Host& host, const Transport& transport, CentralConfig config)
    : host(host), config(std::move(config)), chronicle(host, EventLogBounds(), EventLogBounds()),
      core(host, [this, &transport](Rebuilt<CentralCore>::Failed failed) {
        // A rebuilt core takes the port it had.
        return CentralCore::open(this->host, transport, this->config, chronicle, kj::mv(failed))
            .then([this](kj::Own<CentralCore>&& opened) {
          listening = opened->address;
          this->config.listen = listening;
          opened->receive(persons);
          opened->recordTo(*log);
          return kj::mv(opened);
        });
      }),
      log(kj::refcounted<AuditLog>(host.files, host.clock, host.timer, [this](Bytes row) {
        saveAuditHead(core, CENTRAL_DOCUMENT, row);
      })),
      desk(kj::heap<CentralAdmin>(host, core), kj::addRef(*log), [this] {
        std::string fleet;
        KJ_IF_MAYBE(open, core.get()) fleet = open->fleet;
        return AdminPlace{"central", fleet, ""};
      }),
      persons(host, desk) {}

CentralService::~CentralService() noexcept(false) {
  socket = nullptr;
  core.drop();
}

kj::Promise<void> CentralService::start() {
  return core.start().then([this] { return openAuditLog(*log, core, CENTRAL_DOCUMENT); })
      .then([this] { return AdminSocket::open(host, desk); })
      .then([this](kj::Own<AdminSocket>&& opened) { socket = kj::mv(opened); });
}

kj::Promise<void> CentralService::stop() {
  socket = nullptr;
  return chronicle.end().then([this]() -> kj::Promise<void> {
    KJ_IF_MAYBE(open, core.get()) {
      return open->writer->durable().then([this] { core.drop(); });
    }
    return kj::READY_NOW;
  });
}

void CentralService::measure(Exposition& to) {
  KJ_IF_MAYBE(open, core.get()) skerry::measure(*open, to);
}

std::vector<std::string> CentralService::unready() {
  if (core.get() != nullptr) return {};
  return {"its disk failed and its store is being reopened: " + core.lastTrouble()};
}

}  // namespace skerry
