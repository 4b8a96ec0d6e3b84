#include "test/bench/sim_sites/site.h"
#include "shared/link/enroll.h"
#include <kj/debug.h>

namespace skerry {
namespace {

Host withFiles(const Host& machine, const kj::Directory& files) {
  return {machine.network, machine.timer, machine.clock, machine.entropy, files, machine.path,
          machine.processes, machine.disk, machine.system, machine.capacity};
}

std::string hostOf(const std::string& name) { return name.substr(name.find('/') + 1); }

}  // namespace

SimSite::SimSite(Host& machine, const Transport& transport, Token token, Watcher& watcher)
    : files(kj::newInMemoryDirectory(kj::nullClock())), host(withFiles(machine, *files)),
      transport(transport), token(std::move(token)), watcher(watcher) {}

SimSite::~SimSite() noexcept(false) {}

kj::Promise<void> SimSite::join() {
  auto device = IdentityFolder(*files).keyOrNew(DEVICE_KEY, host.entropy);
  Joiner joiner{*device, nullptr, {}, "sim", SKERRY_VERSION};
  return enroll(host, transport, token, joiner).then([this](EnrollAnswer&& answer) {
    if (auto refused = std::get_if<EnrollRefused>(&answer)) {
      KJ_FAIL_REQUIRE("the region does not let this site in", token.name.c_str(),
                      refused->reason.c_str(), refused->text.c_str());
    }
    auto& enrolled = std::get<Enrolled>(answer);
    Self self;
    self.name = token.name;
    self.host = hostOf(enrolled.name);
    self.number = enrolled.writer;
    self.parents = token.addresses;
    self.authority = enrolled.authority;
    self.parentKey = enrolled.parentKey;
    Batch joined;
    saveSelf(self, joined);
    IdentityFolder folder(*files);
    folder.save({folder.key(DEVICE_KEY), kj::mv(enrolled.chain), kj::mv(enrolled.root)});
    return store->commit(kj::mv(joined)).ignoreResult();
  });
}

kj::Promise<void> SimSite::begin() {
  return SiteCore::open(host, transport, *this, kj::mv(store), [](kj::Exception&& reason) {
    kj::throwFatalException(kj::mv(reason));
  }).then([this](kj::Own<SiteCore>&& opened) {
    auto& made = *core.emplace(kj::mv(opened));
    made.begin(0 * kj::SECONDS);
    made.connect();
  });
}

void SimSite::beginAnew() {
  auto& open = *KJ_ASSERT_NONNULL(core);
  open.parent = nullptr;
  wasOnline = false;
  open.connect();
}

void SimSite::changed() {
  bool isNow = isOnline();
  if (isNow && !wasOnline) watcher.greeted(*this);
  wasOnline = isNow;
}

bool SimSite::isOnline() const {
  KJ_IF_MAYBE(open, core) {
    KJ_IF_MAYBE(up, (*open)->parent) return (*up)->online();
  }
  return false;
}

Dialer::State SimSite::dialling() const {
  KJ_IF_MAYBE(open, core) {
    KJ_IF_MAYBE(up, (*open)->parent) return (*up)->dialling();
  }
  return {};
}

AuthoritySeq SimSite::intentOf(const TenantAndName& app) const {
  KJ_IF_MAYBE(open, core) {
    auto& apps = (*open)->assignments->apps();
    auto found = apps.find(app);
    if (found != apps.end() && found->second.acted) return found->second.acted->seq;
  }
  return {};
}

// In place of drivers: what should run does.
void SimSite::wanted() {
  auto& open = *KJ_ASSERT_NONNULL(core);
  auto slots = open.slots();
  for (auto& [id, slot] : slots) {
    auto& digest = running[id];
    if (digest == slot.rendered.digest) continue;
    digest = slot.rendered.digest;
    Observed seen;
    seen.id = id;
    seen.digest = digest;
    seen.state = Observed::State::RUNNING;
    seen.pid = 1;
    seen.incarnation = 1;
    Run run;
    open.report(id, Supervisor::View{RunState::RUNNING, &slot, &seen, &run, ""});
  }
  for (auto at = running.begin(); at != running.end();) {
    auto now = at++;
    if (slots.contains(now->first)) continue;
    open.report(now->first, nullptr);
    running.erase(now);
  }
  watcher.acted(*this);
}

kj::Promise<void> SimSite::logs(const InstanceId&, schema::LogQuery::Reader,
                                schema::LineSink::Client) {
  return kj::READY_NOW;  // nothing runs that could say anything
}

UsageTable SimSite::usage(schema::UsageQuery::Reader) { return {}; }

}  // namespace skerry
