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
      }, Reopen::AT_ONCE),
      adminClient(kj::heap<SiteAdmin>(host, *this)) {
  auto pair = kj::newPromiseAndFulfiller<void>();
  wake = kj::mv(pair.fulfiller);
  woken = pair.promise.fork();
}

SiteService::~SiteService() noexcept(false) {
  reopening = kj::READY_NOW;
  socket = nullptr;
  supervisor = nullptr;
  book.detach();
  core.drop();
}

// A core that was opened: the first also says what to look for. A later one is told what runs.
void SiteService::equip(SiteCore& opened) {
  book.attach(*opened.writer, opened.histories);
  if (supervisor != nullptr) {
    running().want(allotted(opened));
    tellAll(opened);
    opened.begin(core.quiet());
    if (adopted) opened.connect();
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

// What a core that was opened again has missed.
void SiteService::tellAll(SiteCore& opened) {
  for (auto& id : running().all()) opened.report(id, running().find(id));
  running().saveAll();
  for (auto& [id, run] : opened.histories) {
    if (running().find(id) == nullptr) book.erase(id);
  }
}

kj::Promise<void> SiteService::start() {
  return core.start().then([this] {
    // What is wanted is known before what runs is looked at, so that nothing of ours is taken for
    // something to remove.
    auto& opened = KJ_ASSERT_NONNULL(core.get());
    running().want(allotted(opened));
    opened.begin(core.quiet());
    return running().adopt();
  }).then([this] {
    adopted = true;
    KJ_IF_MAYBE(opened, core.get()) {
      running().want(allotted(*opened));  // what was found running has its room
      opened->connect();
    }
    return openSocket();
  });
}

// A folder that takes no socket now, because its disk is full, keeps nothing from running.
kj::Promise<void> SiteService::openSocket() {
  return kj::evalNow([this] { return AdminSocket::open(host, adminClient); })
      .then([this](kj::Own<AdminSocket>&& opened) { socket = kj::mv(opened); },
            [this](kj::Exception&& reason) {
    logEvent(Severity::ERROR, "admin.unavailable", {{"reason", reason.getDescription()}});
    reopening = host.timer.afterDelay(SOCKET_RETRY).then([this] { return openSocket(); })
        .eagerlyEvaluate(nullptr);
  });
}

kj::Promise<void> SiteService::stop() {
  reopening = kj::READY_NOW;
  socket = nullptr;
  supervisor = nullptr;
  book.detach();
  KJ_IF_MAYBE(opened, core.get()) {
    // A disk that takes nothing is not waited for.
    if (opened->isSettled()) {
      return opened->writer->durable().catch_([](kj::Exception&&) {})
          .then([this] { core.drop(); });
    }
  }
  core.drop();
  return kj::READY_NOW;
}

std::string SiteService::diskTrouble() {
  KJ_IF_MAYBE(opened, core.get()) {
    if (opened->isSettled()) return "";
  }
  auto& what = core.lastTrouble();
  return what.substr(0, what.find(';'));
}

void SiteService::wanted() { running().want(allotted(KJ_ASSERT_NONNULL(core.get()))); }

// What is wanted, as far as this host has room for it.
std::map<InstanceId, Slot> SiteService::allotted(SiteCore& opened) {
  auto bound = [](uint64_t known) { return known == 0 ? UINT64_MAX : known; };
  ThisHost here{opened.self.number,
                {bound(host.capacity.cpuMilli), bound(host.capacity.memoryBytes)}, {}, {}};
  for (auto& id : running().all()) {
    KJ_IF_MAYBE(view, running().find(id)) {
      if (view->run->yielded) here.yielded.insert(id);
      else if (view->run->incarnation > 0 || view->seen != nullptr) here.claimed.insert(id);
    }
  }
  return allot(opened.slots(), here);
}

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
