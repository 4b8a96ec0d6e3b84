#include "tier_region/service.h"

namespace skerry {

RegionService::RegionService(Host& host, const Transport& transport, RegionConfig config)
    : host(host), config(std::move(config)),
      core(host, [this, &transport](Rebuilt<RegionCore>::Failed failed) {
        // A rebuilt core takes the port it had.
        return RegionCore::open(this->host, transport, this->config, kj::mv(failed))
            .then([this](kj::Own<RegionCore>&& opened) {
          listening = opened->address;
          this->config.listen = listening;
          return kj::mv(opened);
        });
      }),
      adminClient(kj::heap<RegionAdmin>(host, core)) {}

RegionService::~RegionService() noexcept(false) {
  socket = nullptr;
  core.drop();
}

kj::Promise<void> RegionService::start() {
  return core.start().then([this] { return AdminSocket::open(host, adminClient); })
      .then([this](kj::Own<AdminSocket>&& opened) { socket = kj::mv(opened); });
}

kj::Promise<void> RegionService::stop() {
  socket = nullptr;
  KJ_IF_MAYBE(open, core.get()) {
    return open->writer->durable().then([this] { core.drop(); });
  }
  return kj::READY_NOW;
}

}  // namespace skerry
