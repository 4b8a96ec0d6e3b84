#include "tier_site/service.h"
#include "shared/daemon/listen.h"
#include "tier_site/admin.h"
#include "tier_site/join.h"
#include "tier_site/line_filter.h"
#include "tier_site/log_sink.h"
#include "tier_site/metrics.h"
#include "tier_site/usage_rows.h"

namespace skerry {

SiteService::SiteService(Host& host, const Transport& transport, SiteConfig config)
    : host(host), config(std::move(config)), happened(host),
      sampler(host, [this] { return processes(); }),
      core(host, [this, &transport](Rebuilt<SiteCore>::Failed failed) {
        book.detach();
        return SiteCore::open(this->host, transport, *this, openStore(this->host, SITE_DATABASE),
                              [this, failed = kj::mv(failed)](kj::Exception reason) mutable {
          book.detach();
          failed(kj::mv(reason));
        }).then([this](kj::Own<SiteCore>&& opened) {
          equip(*opened);
          return kj::mv(opened);
        });
      }, Reopen::AT_ONCE),
      log(kj::refcounted<AuditLog>(host.files, host.clock, host.timer, [this](Bytes row) {
        saveAuditHead(core, SELF_DOCUMENT, row);
      })),
      desk(kj::heap<SiteAdmin>(host, *this), kj::addRef(*log), [this] {
        AdminPlace place{"site", "", ""};
        KJ_IF_MAYBE(open, core.get()) place = {"site", open->self.name, open->regionName};
        return place;
      }),
      persons(host, desk) {
  auto pair = kj::newPromiseAndFulfiller<void>();
  wake = kj::mv(pair.fulfiller);
  woken = pair.promise.fork();
}

SiteService::~SiteService() noexcept(false) {
  watching = kj::READY_NOW;
  reopening = kj::READY_NOW;
  opening = kj::READY_NOW;
  socket = nullptr;
  supervisor = nullptr;
  book.detach();
  core.drop();
}

// A core that was opened: the first also says what to look for. A later one is told what runs.
void SiteService::equip(SiteCore& opened) {
  book.attach(*opened.writer, opened.histories);
  happened.chronicle.begin(opened.registers->getEpoch(), SKERRY_VERSION);
  if (supervisor != nullptr) {
    want(opened);
    tellAll(opened);
    opened.begin(core.quiet());
    if (adopted) opened.connect();
    // The core is not ours yet.
    opening = kj::evalLater([this] { return openDoor(); }).eagerlyEvaluate(nullptr);
    return;
  }
  drivers = newSiteDrivers(host, config, opened.self.name);
  supervisor = kj::heap<Supervisor>(
      host, Supervisor::Runtimes{*drivers.process, *drivers.container}, book,
      std::move(opened.histories), [this](const InstanceId& id) {
    auto view = running().find(id);
    const Supervisor::View* seen = nullptr;
    KJ_IF_MAYBE(it, view) seen = it;
    happened.add(happened.watch.instance(id, seen));
    KJ_IF_MAYBE(now, core.get()) now->report(id, kj::mv(view));
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
  // The audit log while the core is sure to be there: what follows writes, and disks are full.
  return core.start().then([this] { return openAuditLog(*log, core, SELF_DOCUMENT); })
      .then([this] {
    // What is wanted is known before what runs is looked at, so that nothing of ours is taken for
    // something to remove.
    auto& opened = KJ_ASSERT_NONNULL(core.get());
    want(opened);
    opened.begin(core.quiet());
    return running().adopt();
  }).then([this] {
    adopted = true;
    happened.watch.live();
    watching = watchForEver().eagerlyEvaluate(nullptr);
    KJ_IF_MAYBE(opened, core.get()) {
      want(*opened);  // what was found running has its room
      opened->connect();
    }
  }).then([this] { return openSocket(); }).then([this] { return openDoor(); });
}

// The port is the one it had. That it is not to be had keeps nothing from running.
kj::Promise<void> SiteService::openDoor() {
  if (config.listen.empty()) return kj::READY_NOW;
  return listenOn(host, listening.empty() ? config.listen : listening)
      .then([this](kj::Own<kj::ConnectionReceiver>&& port) {
    KJ_IF_MAYBE(open, core.get()) {
      listening = listeningAt(config.listen, *port);
      open->receive(kj::mv(port), persons);
    }
  }, [this](kj::Exception&& reason) {
    logEvent(Severity::ERROR, "listen.unavailable", {{"reason", reason.getDescription()}});
    opening = host.timer.afterDelay(SOCKET_RETRY).then([this] { return openDoor(); })
        .eagerlyEvaluate(nullptr);
  });
}

// A folder that takes no socket now, because its disk is full, keeps nothing from running.
kj::Promise<void> SiteService::openSocket() {
  return kj::evalNow([this] { return AdminSocket::open(host, desk); })
      .then([this](kj::Own<AdminSocket>&& opened) { socket = kj::mv(opened); },
            [this](kj::Exception&& reason) {
    logEvent(Severity::ERROR, "admin.unavailable", {{"reason", reason.getDescription()}});
    reopening = host.timer.afterDelay(SOCKET_RETRY).then([this] { return openSocket(); })
        .eagerlyEvaluate(nullptr);
  });
}

// What nobody tells of by itself.
kj::Promise<void> SiteService::watchForEver() {
  auto& watch = happened.watch;
  happened.add(watch.clock(host.clock.wallMs(), host.clock.bootMs()));
  happened.add(watch.disk(diskTrouble()));
  for (auto& id : running().all()) {
    KJ_IF_MAYBE(view, running().find(id)) {
      happened.add(watch.recovered(id, *view, host.clock.bootMs()));
    }
  }
  return host.timer.afterDelay(WATCH_EVERY).then([this] { return watchForEver(); });
}

kj::Promise<void> SiteService::stop() {
  watching = kj::READY_NOW;
  return happened.chronicle.end().then([this] { return stopCore(); });
}

kj::Promise<void> SiteService::stopCore() {
  reopening = kj::READY_NOW;
  opening = kj::READY_NOW;
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

void SiteService::measure(Exposition& to) {
  KJ_IF_MAYBE(open, core.get()) skerry::measure(*open, running(), to);
  skerry::measure(sampler, to);
}

// The first process of each instance that runs.
std::map<InstanceId, int> SiteService::processes() const {
  std::map<InstanceId, int> pids;
  KJ_IF_MAYBE(supervising, supervisor) {
    for (auto& id : (*supervising)->all()) {
      KJ_IF_MAYBE(view, (*supervising)->find(id)) {
        bool runs = view->seen != nullptr && view->seen->state == Observed::State::RUNNING;
        if (runs && view->seen->pid > 0) pids[id] = view->seen->pid;
      }
    }
  }
  return pids;
}

UsageTable SiteService::usage(schema::UsageQuery::Reader query) {
  KJ_IF_MAYBE(open, core.get()) return usageHere(open->self.name, sampler, query);
  return {};
}

std::vector<std::string> SiteService::unready() {
  auto trouble = diskTrouble();
  if (trouble.empty()) return {};
  return {trouble + "; applications run and are healed, changes from above wait"};
}

void SiteService::wanted() { want(KJ_ASSERT_NONNULL(core.get())); }

void SiteService::want(SiteCore& opened) {
  running().endNothing(opened.recovery.awaitsParent);
  running().want(allotted(opened));
}

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
  happened.add(happened.watch.disk(diskTrouble()));
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
  auto untilMs = query.getUntilMs() > 0 ? host.clock.wallMs() - query.getUntilMs() : 0;
  ParsedPattern wanted(text(query.getGrep()));
  KJ_REQUIRE(wanted.error.empty(), "lines cannot be searched for this", wanted.error.c_str());
  auto filter = kj::heap<LineFilter>(*to, std::move(wanted.pattern), untilMs);
  auto reading = running().driverOf(kind).logs(id, options, *filter);
  return reading.then([last = to.get()] { return last->flush(); })
      .attach(kj::mv(filter), kj::mv(to));
}

}  // namespace skerry
