#include "tier_site/service.h"
#include "tier_site/admin.h"
#include "tier_site/log_sink.h"

namespace skerry {

SiteService::SiteService(Host& host, const Transport& transport, SiteConfig config)
    : host(host), config(std::move(config)),
      core(host, [this, &transport](Rebuilt<SiteCore>::Failed failed) {
        book.detach();
        return SiteCore::open(this->host, transport, *this,
                              [this, failed = kj::mv(failed)](kj::Exception reason) mutable {
          book.detach();
          failed(kj::mv(reason));
        }).then([this](kj::Own<SiteCore>&& opened) {
          equip(*opened);
          return kj::mv(opened);
        });
      }),
      adminClient(kj::heap<SiteAdmin>(host, *this)) {
  auto pair = kj::newPromiseAndFulfiller<void>();
  wake = kj::mv(pair.fulfiller);
  woken = pair.promise.fork();
}

SiteService::~SiteService() noexcept(false) {
  socket = nullptr;
  supervisor = nullptr;
  book.detach();
  core.drop();
}

// A core that was opened: the first also says what to look for. A later one is told what runs.
void SiteService::equip(SiteCore& opened) {
  book.attach(*opened.writer);
  KJ_IF_MAYBE(running, supervisor) {
    for (auto& id : (*running)->all()) opened.report(id, (*running)->find(id));
    (*running)->want(opened.slots());
    opened.connect();
    return;
  }
  // Sites that share a machine must not share groups: a service is ended by killing its group.
  auto processes = config.process;
  if (!processes.cgroupPrefix.empty()) processes.cgroupPrefix += "/" + opened.self.name;
  process = newProcessDriver(host, processes);
  EngineDriverConfig engine;
  engine.socketPath = config.engineSocket;
  engine.site = opened.self.name;
  engine.cgroupPrefix = processes.cgroupPrefix;
  container = newEngineDriver(host, std::move(engine));
  supervisor = kj::heap<Supervisor>(
      host, Supervisor::Runtimes{*process, *container}, book, std::move(opened.histories),
      [this](const InstanceId& id) {
    KJ_IF_MAYBE(now, core.get()) now->report(id, running().find(id));
  });
}

kj::Promise<void> SiteService::start() {
  return core.start().then([this] {
    // What is wanted is known before what runs is looked at, so that nothing of ours is taken for
    // something to remove.
    auto& opened = KJ_ASSERT_NONNULL(core.get());
    running().want(opened.slots());
    return running().adopt();
  }).then([this] {
    adopted = true;
    KJ_IF_MAYBE(opened, core.get()) opened->connect();
    return AdminSocket::open(host, adminClient);
  }).then([this](kj::Own<AdminSocket>&& opened) { socket = kj::mv(opened); });
}

kj::Promise<void> SiteService::stop() {
  socket = nullptr;
  supervisor = nullptr;
  book.detach();
  KJ_IF_MAYBE(opened, core.get()) {
    return opened->writer->durable().then([this] { core.drop(); });
  }
  return kj::READY_NOW;
}

void SiteService::wanted(std::map<InstanceId, Slot> slots) { running().want(std::move(slots)); }

void SiteService::changed() {
  ++changes;
  wake->fulfill();
  auto pair = kj::newPromiseAndFulfiller<void>();
  wake = kj::mv(pair.fulfiller);
  woken = pair.promise.fork();
}

kj::Promise<void> SiteService::logs(const InstanceId& id, schema::LogQuery::Reader query,
                                    schema::LineSink::Client sink) {
  auto site = KJ_ASSERT_NONNULL(core.get()).self.name;
  auto kind = RuntimeKind::PROCESS;
  KJ_IF_MAYBE(view, running().find(id)) {
    if (view->slot != nullptr) kind = view->slot->rendered.kind;
  }
  LogOptions options;
  if (query.getTail() > 0) options.tailLines = query.getTail();
  if (query.getSinceMs() > 0) options.sinceMs = host.clock.wallMs() - query.getSinceMs();
  options.follow = query.getFollow() ? LogOptions::Follow::YES : LogOptions::Follow::NO;
  auto to = kj::heap<LineSinkWriter>(kj::mv(sink), site, id.str());
  auto reading = running().driverOf(kind).logs(id, options, *to);
  return reading.then([last = to.get()] { return last->flush(); }).attach(kj::mv(to));
}

}  // namespace skerry
