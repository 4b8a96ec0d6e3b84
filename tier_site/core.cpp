#include "tier_site/core.h"
#include "capnp/authority.capnp.h"
#include "shared/async/task.h"
#include "shared/daemon/held_statements.h"
#include "shared/daemon/line_watch.h"
#include "shared/daemon/log.h"
#include "shared/model/encoded.h"
#include "shared/replica/document_store.h"
#include "tier_site/join.h"
#include "tier_site/site_status.h"
#include <kj/refcount.h>

namespace skerry {
namespace {

DocumentIds idsOf(const Self& self) {
  return {"site/" + self.name, DocumentKind::SITE, DocumentEnd::CHILD, self.number};
}

struct MissingInstances : kj::Refcounted { kj::Vector<kj::String> names; };

}  // namespace

// The steps of opening, apart, because each waits.
class SiteOpening {
public:
  static Task<kj::Own<SiteCore>> run(Host& host, const Transport& transport,
                                     SiteCore::Events& events,
                                     kj::Promise<kj::Own<Store>> opening,
                                     SiteCore::Failed failed) {
    auto core = kj::Own<SiteCore>(new SiteCore(host, transport, events),
                                  kj::_::HeapDisposer<SiteCore>::instance);
    core->store = co_await opening;
    auto joining = loadSelf(*core->store);
    auto joined = co_await joining;
    takeSelf(*core, kj::mv(joined));
    auto loading = Blobs::load(*core->store);
    core->blobs = co_await loading;
    core->writer = kj::heap<Writer>(*core->store, kj::mv(failed));
    core->writer->hold();
    Batch first;
    auto looking = findRestored(*core->store, SELF_DOCUMENT);
    auto restored = co_await looking;
    auto recalling = core->store->get(Table::META, SELF_DOCUMENT, view(RECOVERY_ROW));
    auto recovery = co_await recalling;
    KJ_IF_MAYBE(row, recovery) core->recovery.load(view(*row));
    auto counting = nextCounter(*core->store, "statusEpoch",
                                restored == nullptr ? 1 : host.clock.wallMs(), first);
    auto epoch = co_await counting;
    core->registers = kj::heap<RegisterSource>(statusEpoch(epoch, host.entropy.next()));
    auto running = core->store->scan(Table::RUN, SELF_DOCUMENT);
    auto runRows = co_await running;
    core->histories = RunBook::load(runRows);
    auto reading = openDocument(*core->store, idsOf(core->self), first);
    core->document = co_await reading;
    core->writer->rows().append(kj::mv(first));
    KJ_IF_MAYBE(mark, restored) core->takeRestored(*mark);
    auto marking = core->store->scan(Table::MARK, SELF_DOCUMENT);
    auto markRows = co_await marking;
    takeAssignments(*core, markRows);
    co_return kj::mv(core);
  }

private:
  static void takeSelf(SiteCore& core, kj::Maybe<Self> joined) {
    KJ_IF_MAYBE(self, joined) {
      core.self = kj::mv(*self);
    } else {
      KJ_FAIL_REQUIRE("this folder never joined; first: skerry-site join TOKEN --data DIR "
                      "(token from: skerry token create site NAME)", core.host.path);
    }
    core.outward = kj::heap<Outward>(core.host, core.self.proxy);
    core.identity = loadSiteIdentity(core.host);
    core.rootKey = keyHash(*core.identity.root);
    core.authorityKey = openAuthority(*core.identity.root, view(core.self.authority)).authority;
    core.startedMs = core.host.clock.wallMs();
    core.aloneSinceMs = int64_t(core.host.clock.bootMs());
    core.handshaker = core.transport.newHandshaker(core.host, core, core.identity);
  }

  static void takeAssignments(SiteCore& core, const std::vector<Row>& markRows) {
    core.assignments = kj::heap<Assignments>(Trust{core.self.name, core.authorityKey},
                                             core.document->orders(), core.blobs.source());
    core.assignments->load(markRows, core.writer->rows());
    if (!core.self.home.empty()) core.takeHome(view(core.self.home));
    core.headWatch = kj::heap<HeadWatch>(core.host, Trust{core.self.name, core.authorityKey});
    core.headWatch->load(markRows, core.regionName);
    core.takeTime();
    std::set<std::string> keys;
    for (auto& [key, entry] : core.document->orders().entries()) keys.insert(key);
    core.takePeople(keys);
    core.watching = core.watchHead().eagerlyEvaluate([](kj::Exception&&) {});
    core.watchingLocal = core.watchLocal().eagerlyEvaluate([](kj::Exception&&) {});
    for (auto& [name, app] : core.assignments->apps()) core.reportApp(name);
    core.reportHost();
  }
};

kj::Promise<kj::Own<SiteCore>> SiteCore::open(Host& host, const Transport& transport,
                                              Events& events,
                                              kj::Promise<kj::Own<Store>> store, Failed failed) {
  return SiteOpening::run(host, transport, events, kj::mv(store), kj::mv(failed));
}

SiteCore::~SiteCore() noexcept(false) {
  listener = nullptr;
  watching = kj::READY_NOW;
  watchingLocal = kj::READY_NOW;
  ending = kj::READY_NOW;
  settling = kj::READY_NOW;
  acting = kj::READY_NOW;
  renewal = nullptr;
  parent = nullptr;
  writer = nullptr;
}

void SiteCore::begin(kj::Duration quiet) {
  settling = host.timer.afterDelay(quiet).then([this] {
    writer->release();
    return writer->durable();
  }).then([this] {
    settled = true;
    dial();
    events.changed();
  }).eagerlyEvaluate([](kj::Exception&&) {});  // the writer told who has to know
}

void SiteCore::connect() {
  mayDial = true;
  dial();
}

void SiteCore::dial() {
  if (!settled || !mayDial) return;
  Renewal::Owner& us = *this;
  renewal = kj::heap<Renewal>(host, clock, us);
  parent = kj::heap<Parent>(
      Parent::Parts{outward->host(), *handshaker, *document, *registers, blobs, *writer, *this,
                    clock},
      self.parents);
}

// Central's word for who commands this site; a lower homeGen, or an older word, is refused.
void SiteCore::takeHome(BytesView envelope) {
  Disbelief why;
  auto home = openHome(Trust{self.name, authorityKey}, assignments->marks(), envelope, why);
  KJ_REQUIRE(home.has_value(), "this region's right to command the site is not believed",
             why.reason.c_str());
  auto& trusted = document->orders().trusted();
  KJ_REQUIRE(home->homeGen >= trusted.homeGen, "this region commanded the site before it moved",
             home->region.c_str(), home->homeGen, trusted.homeGen);
  regionName = home->region;
  auto bytes = copy(envelope);
  TrustedParent next{home->documentKey, home->homeGen};
  if (next == trusted && bytes == self.home) return;
  RowChanges rows;
  document->trust(next, rows);
  addRows(writer->rows(), document->ids().name, rows);
  self.home = std::move(bytes);
  saveSelf(self, writer->rows());
  assignments->raise({{{"home", self.name}, home->seq}}, writer->rows());
}

// Before the first greeting any region of this fleet may offer its home; then the home says who.
bool SiteCore::mayLead(const std::string& name) {
  return regionName.empty() ? name.starts_with("region:") : name == "region:" + regionName;
}

void SiteCore::fillHello(schema::ChildHello::Builder hello) {
  hello.setWriter(self.number);
  KJ_IF_MAYBE(up, parent) sayHeld(self, (*up)->getKey(), hello);
}

void SiteCore::greeted(schema::ParentHello::Reader hello) {
  auto& up = *KJ_ASSERT_NONNULL(parent);
  auto shown = readShown(self, up.getKey(), hello);
  KJ_REQUIRE(!shown.home.empty(), "this region shows no right to command the site",
             up.getName().c_str());
  if (shown.authority != self.authority) openAuthority(*identity.root, view(shown.authority));
  takeHome(view(shown.home));
  KJ_REQUIRE(mayLead(up.getName()), "this region shows another region's home",
             up.getName().c_str(), regionName.c_str());
  if (self.parentKey != up.getKey()) {
    self.parentKey = up.getKey();
    saveSelf(self, writer->rows());
  }
  hearRegion(hello);
  reportHost();
}

void SiteCore::takeHead() {
  auto entry = document->orders().find(HEAD_KEY);
  if (!entry) return;
  auto why = headWatch->take(view(entry->value), regionName, *assignments, writer->rows());
  if (!why.reason.empty()) logEvent(Severity::WARNING, "head.refused", {{"reason", why.reason}});
  takeTime();
  reportHost();
}

kj::Promise<void> SiteCore::watchHead() {
  return host.timer.afterDelay(HEAD_LOOK_EVERY).then([this] {
    reportHost();
    statusMoved();
    return watchHead();
  });
}

void SiteCore::ordersChanged(const std::set<std::string>& keys) {
  if (keys.contains(HEAD_KEY)) takeHead();
  takePeople(keys);
  acted(assignments->update(keys, writer->rows()));
  noteCaughtUp();
}

void SiteCore::blobArrived(const Hash& hash) {
  auto apps = assignments->blobArrived(hash, writer->rows());
  if (!apps.empty()) acted(apps);
  noteCaughtUp();
}

// Acting waits for the disk: what was started must be known after a power cut.
void SiteCore::acted(const std::set<TenantAndName>& apps) {
  unreported.insert(apps.begin(), apps.end());
  blobs.sweep([this](const Hash& hash) { return assignments->uses(hash); }, writer->rows());
  fetchMissing();
  acting = writer->durable().then([this] {
    events.wanted();
    // Only now: with the new orders, yesterday's `running` would pass for today's.
    for (auto& app : unreported) reportApp(app);
    unreported.clear();
    statusMoved();
  }).eagerlyEvaluate([](kj::Exception&&) {});
}

InForce SiteCore::inForce(const TenantAndName& app) const {
  return skerry::inForce(app, assignments->apps().at(app), document->local(), SitePolicy(),
                         blobs.source(), {"site:" + self.name, "host:" + self.host});
}

std::map<InstanceId, Slot> SiteCore::slots() const {
  std::map<InstanceId, Slot> all;
  for (auto& [name, app] : assignments->apps()) {
    if (app.acted) all.merge(render(inForce(name), {self.name, self.host}));
  }
  for (auto& [id, slot] : all) {
    auto blocked = assignments->blockOf(id.tenant);
    if (!blocked) continue;
    slot.standing = Standing::PAUSED;
    slot.reason = *blocked;
  }
  return all;
}

void SiteCore::fetchMissing() {
  KJ_IF_MAYBE(up, parent) {
    for (auto& hash : assignments->missing()) (*up)->fetch(hash);
  }
}

void SiteCore::linkChanged() {
  headWatch->linkChanged(isLinkUp());
  auto& journal = events.journal();
  auto bootMs = int64_t(host.clock.bootMs());
  journal.add(journal.watch.link(isLinkUp(), "region " + regionName, bootMs - aloneSinceMs));
  if (!isLinkUp()) {
    journal.lost();
    aloneSinceMs = bootMs;
  }
  if (isLinkUp()) renewal->linkUp();
  fetchMissing();
  events.changed();
}

void SiteCore::statusMoved() {
  KJ_IF_MAYBE(up, parent) (*up)->statusChanged();
  events.changed();
}

void SiteCore::reportHost() {
  auto findings = hostFindings(clock, *headWatch, lookAtGroups(host.system));
  registers->set("host", hostStatus(self, host.clock, startedMs, *headWatch, findings));
  events.journal().add(events.journal().watch.findings(findings));
}

void SiteCore::noteOrders(const TenantAndName& name, const Assignments::App* app) {
  auto& journal = events.journal();
  if (app == nullptr) {
    journal.add(journal.watch.orders(name.first, name.second, "", "", ""));
    return;
  }
  auto revision = app->acted ? app->acted->revision.hex().substr(0, 12) : "";
  auto verdict = app->judgement.verdict;
  auto word = verdict == Judgement::Verdict::ACCEPTED ? "accepted"
              : verdict == Judgement::Verdict::REFUSED ? "refused" : "waiting";
  journal.add(journal.watch.orders(name.first, name.second, word, revision,
                                   app->judgement.reason));
}

void SiteCore::reportApp(const TenantAndName& name) {
  auto key = "app/" + name.first + "/" + name.second;
  auto found = assignments->apps().find(name);
  noteOrders(name, found == assignments->apps().end() ? nullptr : &found->second);
  if (found == assignments->apps().end()) {
    registers->erase(key);
  } else {
    registers->set(key, appStatus(found->second, assignments->blockOf(name.first)));
    if (found->second.judgement.verdict == Judgement::Verdict::REFUSED) {
      logEvent(Severity::WARNING, "orders.refused", {{"app", name.second},
               {"tenant", name.first}, {"reason", found->second.judgement.reason}});
    }
  }
}

void SiteCore::report(const InstanceId& id, kj::Maybe<Supervisor::View> seen) {
  auto key = "instance/" + id.tenant + "/" + id.app + "/" + id.service + "/" +
             std::to_string(id.ordinal);
  KJ_IF_MAYBE(now, seen) {
    int64_t sinceMs = host.clock.wallMs();
    auto before = registers->all().find(key);
    if (before != registers->all().end()) sinceMs = sinceOf(before->second.value, *now, sinceMs);
    registers->set(key, instanceStatus(id, *now, self.host, sinceMs));
  } else {
    registers->erase(key);
  }
  statusMoved();
}

kj::Promise<kj::Array<kj::String>> SiteCore::logs(schema::LogQuery::Reader query,
                                                  schema::LineSink::Client sink) {
  kj::Vector<kj::Promise<void>> reading;
  auto missing = kj::refcounted<MissingInstances>();
  for (auto& [id, slot] : slots()) {
    bool asked = (query.getApp().size() == 0 || text(query.getApp()) == id.app) &&
                 (query.getTenant().size() == 0 || text(query.getTenant()) == id.tenant) &&
                 (query.getService().size() == 0 || text(query.getService()) == id.service) &&
                 (query.getOrdinal() < 0 || uint32_t(query.getOrdinal()) == id.ordinal);
    if (!asked) continue;
    // A runtime that is away, or hangs, hides its own lines only.
    auto watch = kj::refcounted<LineWatch>(host.timer, sink, INSTANCE_SILENCE_MAX);
    auto read = events.logs(id, query, query.getFollow() ? sink : watch->sink());
    if (!query.getFollow()) read = watch->bound(kj::mv(read));
    reading.add(read.catch_([to = kj::addRef(*missing), name = id.str()](kj::Exception&&) mutable {
      to->names.add(kj::str(name.c_str()));
    }));
  }
  return kj::joinPromises(reading.releaseAsArray()).then([missing = kj::mv(missing)]() mutable {
    return missing->names.releaseAsArray();
  });
}

kj::Promise<void> SiteCore::usage(UsageCall context) {
  events.usage(context.getParams().getQuery()).write(context.getResults());
  return kj::READY_NOW;
}

}  // namespace skerry
