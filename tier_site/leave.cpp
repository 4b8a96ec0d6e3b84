#include "tier_site/leave.h"
#include "shared/daemon/backup.h"
#include "capnp/uplink.capnp.h"
#include "shared/async/plainly.h"
#include "shared/async/task.h"
#include "shared/daemon/audit_log.h"
#include "shared/daemon/self.h"
#include "shared/doctor/boot_check.h"
#include "shared/doctor/service_unit.h"
#include "shared/link/proxy.h"
#include "shared/link/session.h"
#include "tier_site/doctor.h"
#include "tier_site/join.h"
#include "tier_site/run_book.h"
#include <kj/debug.h>
#include <iostream>

namespace skerry {
namespace {

constexpr int EXIT_DONE = 0, EXIT_FAILED = 1;
constexpr const char* NO_ENGINE = "none";  // of --engine: there are no containers to end

kj::Promise<int> run(Host& host, kj::StringPtr program, kj::Array<kj::String> arguments) {
  Command command;
  command.program = kj::str(program);
  command.arguments = kj::mv(arguments);
  return host.processes.run(kj::mv(command)).then([](Ended&& ended) { return ended.code; });
}

// The process of ours that serves this folder; 0: none does.
int servingProcess(Host& host) {
  auto file = host.files.tryOpenFile(kj::Path("run.json"));
  KJ_IF_MAYBE(found, file) {
    auto facts = readRunFile((*found)->readAllText().cStr());
    auto name = host.system.read(kj::str("/proc/", facts.pid, "/comm"), 64);
    if (facts.pid > 0 && name.starts_with("skerry-site")) return facts.pid;
  }
  return 0;
}

// Whether none serves the folder any more. `host` outlives it.
Task<bool> stopDaemon(Host& host, Subject subject) {
  auto looking = lookAtBoot(host, unitName(subject));
  auto boot = co_await looking;
  if (boot.hasSystemd && !boot.state.empty() && subject.folder == subject.standardFolder()) {
    auto words = kj::arr(kj::str("disable"), kj::str("--now"), kj::str(boot.unit));
    auto disabling = run(host, "systemctl", kj::mv(words));
    co_await disabling;
  }
  int pid = servingProcess(host);
  if (pid == 0) co_return true;
  auto words = kj::arr(kj::str("-TERM"), kj::str(pid));
  auto ending = run(host, "kill", kj::mv(words));
  co_await ending;
  auto gone = host.processes.onExit(pid).then([] { return true; });
  auto late = host.timer.afterDelay(DAEMON_ENDS_MAX).then([] { return false; });
  auto either = gone.exclusiveJoin(kj::mv(late));
  bool hasEnded = co_await either;
  if (!hasEnded) {
    std::cerr << "error: the daemon, process " << pid << ", does not stop\n  try: kill -KILL "
              << pid << " && " << subject.withData(subject.leaving) << std::endl;
  }
  co_return hasEnded;
}

// Ends and removes everything of the site in one runtime; how many there were. `driver` outlives
// it.
Task<size_t> endAll(Driver& driver) {
  auto listing = driver.list();
  auto all = co_await listing;
  kj::Vector<kj::Promise<void>> endings;
  for (auto& seen : all) {
    auto id = seen.id;
    endings.add(driver.stop(id, Rendered().stopGraceMs).then([&driver, id] {
      return driver.remove(id);
    }));
  }
  auto ending = kj::joinPromises(endings.releaseAsArray());
  co_await ending;
  co_return all.size();
}

// What can still be read of whose host this was.
struct Membership {
  Identity identity;
  std::vector<std::string> regions;
  std::string proxy;
  bool mayHaveContainers = true;
};

// `store` outlives it.
Task<Membership> readStore(Host& host, Store& store) {
  Membership member;
  auto loading = loadSelf(store);
  auto self = co_await loading;
  KJ_IF_MAYBE(known, self) {
    member.regions = known->parents;
    member.proxy = known->proxy;
    member.mayHaveContainers = false;
  }
  auto scanning = store.scan(Table::RUN, SELF_DOCUMENT);
  auto rows = co_await scanning;
  for (auto& [id, run] : RunBook::load(rows)) {
    bool isOfThisBoot = run.bootId == host.clock.bootId().cStr();
    member.mayHaveContainers |= isOfThisBoot && run.livesIn == RuntimeKind::CONTAINER;
  }
  auto closing = store.close();
  co_await closing;
  co_return kj::mv(member);
}

// `host` outlives it.
Task<Membership> readMembership(Host& host) {
  auto reading = openStore(host, SITE_DATABASE).then([&host](kj::Own<Store>&& store) {
    kj::Promise<Membership> inside = readStore(host, *store);
    return inside.attach(kj::mv(store));
  }).catch_([](kj::Exception&&) { return Membership(); });
  auto member = co_await reading;
  kj::runCatchingExceptions([&] { member.identity = loadSiteIdentity(host); });
  co_return kj::mv(member);
}

// Nothing, or why applications may still run. An engine that does not answer matters only where
// containers were begun. `host` outlives it.
Task<std::string> endApplications(Host& host, SiteConfig config, std::string site,
                                  bool mayHaveContainers) {
  auto drivers = newSiteDrivers(host, config, site);
  std::string processTrouble, engineTrouble;
  auto note = [](std::string& trouble) {
    return [&trouble](kj::Exception&& reason) -> size_t {
      trouble = briefly(reason);
      return 0;
    };
  };
  kj::Promise<size_t> processes = endAll(*drivers.process);
  auto endingProcesses = processes.catch_(note(processTrouble));
  auto ended = co_await endingProcesses;
  auto& socket = config.engineSocket;
  if (socket == NO_ENGINE) {
    mayHaveContainers = false;
  } else if (host.system.node(kj::StringPtr(socket.c_str(), socket.size())) == nullptr) {
    engineTrouble = "there is no container engine at " + socket + ", and containers were begun";
  } else {
    kj::Promise<size_t> containers = endAll(*drivers.container);
    auto endingContainers = containers.catch_(note(engineTrouble));
    ended += co_await endingContainers;
  }
  std::cout << "ended " << ended << " instances of applications" << std::endl;
  if (!processTrouble.empty()) co_return processTrouble;
  co_return mayHaveContainers ? engineTrouble : std::string();
}

// One address. The region is known by its fleet's root and by its name's kind; dates are nobody's
// business when somebody leaves. All but `address` outlive it.
Task<void> tellOne(Host& host, Handshaker& handshaker, const LinkLimits& limits,
                   std::string address) {
  auto parsing = host.network.parseAddress(kj::StringPtr(address.c_str(), address.size()));
  auto parsed = co_await parsing;
  auto connecting = parsed->connect();
  auto stream = co_await connecting;
  auto shaking = handshaker.connect(kj::mv(stream), Door::SESSION);
  auto peer = co_await shaking;
  KJ_REQUIRE(peer.peer.name.starts_with("region:"), "who answers there is no region");
  struct Mute final : schema::Pulse::Server {};
  Session session(kj::mv(peer.stream), Side::CHILD, kj::heap<Mute>(), host.timer, limits);
  auto request = session.remote().castAs<schema::Uplink>().leaveRequest();
  auto sent = request.send().ignoreResult();
  co_await sent;
}

// Nothing, or why no region was told. Its parameters outlive it.
Task<std::string> tellRegion(Host& host, const Transport& transport, const Membership& member) {
  JoinerPolicy policy(keyHash(*member.identity.root));
  auto handshaker = transport.newHandshaker(host, policy, member.identity);
  LinkLimits limits;
  Outward outward(host, member.proxy);
  std::string trouble = "it has no address";
  for (auto& address : member.regions) {
    kj::Promise<void> telling = tellOne(outward.host(), *handshaker, limits, address);
    auto told = host.timer.timeoutAfter(REGION_ANSWERS_MAX, kj::mv(telling))
        .then([] { return std::string(); },
              [address](kj::Exception&& reason) { return address + ": " + briefly(reason); });
    trouble = co_await told;
    if (trouble.empty()) break;
  }
  co_return trouble;
}

// The control groups that were the site's: in every tree of this host, from the innermost outwards.
// One that still has processes cannot be removed. `host` outlives the promise.
kj::Promise<void> removeGroups(Host& host, const SiteConfig& config, const std::string& site) {
  if (site.empty()) return kj::READY_NOW;  // the identity is damaged
  constexpr auto SCRIPT = "for tree in \"$0\" \"$0\"/*; do [ ! -d \"$tree/$1\" ] || "
                          "find \"$tree/$1\" -depth -type d -exec rmdir {} + 2>/dev/null; "
                          "done"_kj;
  auto group = kj::str(config.process.cgroupPrefix.c_str(), "/", site.c_str());
  auto words = kj::arr(kj::str("-c"), kj::str(SCRIPT), kj::str(config.process.cgroupRoot.c_str()),
                       kj::mv(group));
  return run(host, "sh", kj::mv(words)).ignoreResult();
}

void erase(Host& host, Wipe wipe) {
  IdentityFolder(host.files).erase();
  for (auto& name : host.files.listNames()) {
    bool isOurs = name.startsWith(SITE_DATABASE) || name.startsWith(TELEMETRY_DATABASE) ||
                  name.startsWith(KEPT_ASIDE) || name == "run" || name == "run.json" ||
                  name == "admin.sock" || name == "identity" || name == AUDIT_FOLDER;
    if (isOurs || wipe == Wipe::EVERYTHING) host.files.tryRemove(kj::Path(kj::str(name)));
  }
}

// `host` and `transport` outlive it.
Task<int> leaveTask(Host& host, const Transport& transport, SiteConfig config, Wipe wipe) {
  auto subject = siteSubject(host);
  auto identity = lookAtIdentity(host);
  bool isHidden = identity.state == IdentityFacts::State::HIDDEN;
  KJ_REQUIRE(!isHidden, "this folder is another user's: sudo skerry-site leave", host.path);
  auto stopping = stopDaemon(host, subject);
  bool isStopped = co_await stopping;
  if (!isStopped) co_return EXIT_FAILED;
  if (identity.state == IdentityFacts::State::ABSENT) {
    erase(host, wipe);
    std::cout << "this machine is no site's; nothing is left of one in " << subject.folder
              << std::endl;
    co_return EXIT_DONE;
  }
  auto site = siteNamed(identity.name);
  auto reading = readMembership(host);
  auto member = co_await reading;
  auto ending = endApplications(host, config, site, member.mayHaveContainers);
  auto trouble = co_await ending;
  if (!trouble.empty()) {
    std::cerr << "error: applications of " << site << " may still run: " << trouble
              << ". Nothing was erased. End them (the last lines of `" << subject.doctor()
              << "`), then leave again\n  try: " << subject.withData(subject.leaving)
              << " --engine " << NO_ENGINE << std::endl;
    co_return EXIT_FAILED;
  }
  auto removing = removeGroups(host, config, site);
  co_await removing;
  std::string untold = "what this machine knew of its region is damaged";
  if (member.identity.root != nullptr) {
    auto telling = tellRegion(host, transport, member);
    untold = co_await telling;
  }
  erase(host, wipe);
  std::cout << "erased the keys and the store in " << subject.folder << "\n";
  if (untold.empty()) {
    std::cout << "the region forgot " << identity.name << "\n";
  } else {
    std::cerr << "warning: the region could not be told (" << untold << "): it goes on showing "
              << identity.name << " as offline, until another machine joins in its place or the "
              "site is deleted at central\n  try: skerry delete site " << site << std::endl;
  }
  std::cout << "this machine can join again: skerry-site join TOKEN" << std::endl;
  co_return EXIT_DONE;
}

// `host` outlives it.
Task<int> endTask(Host& host, SiteConfig config) {
  auto stopping = stopDaemon(host, siteSubject(host));
  bool isStopped = co_await stopping;
  if (!isStopped) co_return EXIT_FAILED;
  auto reading = readMembership(host);
  auto member = co_await reading;
  auto ending = endApplications(host, config, siteNamed(lookAtIdentity(host).name),
                                member.mayHaveContainers);
  auto trouble = co_await ending;
  if (trouble.empty()) co_return EXIT_DONE;
  std::cerr << "error: applications may still run: " << trouble << std::endl;
  co_return EXIT_FAILED;
}

}  // namespace

kj::Promise<int> leaveSite(Host& host, const Transport& transport, SiteConfig config, Wipe wipe) {
  return leaveTask(host, transport, kj::mv(config), wipe);
}

kj::Promise<int> endSite(Host& host, SiteConfig config) { return endTask(host, kj::mv(config)); }

}  // namespace skerry
