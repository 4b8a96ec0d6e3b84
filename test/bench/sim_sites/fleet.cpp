#include "test/bench/sim_sites/fleet.h"
#include <kj/debug.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace skerry {
namespace {

// Every connection of this process to another machine's port ends, as when the line breaks; who
// has the socket learns it as from the network.
void breakConnections() {
  constexpr int DESCRIPTORS_MAX = 1 << 16;
  for (int fd = 3; fd < DESCRIPTORS_MAX; ++fd) {
    sockaddr_storage peer;
    socklen_t size = sizeof(peer);
    bool isConnected = getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
    if (isConnected && (peer.ss_family == AF_INET || peer.ss_family == AF_INET6)) {
      shutdown(fd, SHUT_RDWR);
    }
  }
}

}  // namespace

double SimFleet::nowMs() {
  auto now = kj::systemPreciseMonotonicClock().now() - kj::origin<kj::TimePoint>();
  return double(now / kj::MICROSECONDS) / 1e3;
}

void SimFleet::add(Token token) {
  SimSite::Watcher& us = *this;
  sites.push_back(kj::heap<SimSite>(host, transport, std::move(token), us));
}

size_t SimFleet::onlineCount() const {
  size_t count = 0;
  for (auto& site : sites) count += site->isOnline();
  return count;
}

std::map<std::string, size_t> SimFleet::troubles() const {
  std::map<std::string, size_t> counts;
  for (auto& site : sites) {
    auto state = site->dialling();
    if (state.attempts > 1) counts[state.lastError.substr(0, 120)] += state.attempts - 1;
  }
  return counts;
}

kj::Promise<SimFleet::Times> SimFleet::await(Step kind, size_t count, double beginMs) {
  auto pair = kj::newPromiseAndFulfiller<void>();
  whole = kj::mv(pair.fulfiller);
  times.clear();
  seen.clear();
  step = kind;
  wanted = count;
  beganMs = beginMs;
  return pair.promise.then([this] {
    step = Step::NONE;
    return times;
  });
}

void SimFleet::done(SimSite& site, double atMs) {
  if (!seen.insert(&site).second) return;
  times.push_back(atMs - beganMs);
  if (times.size() == wanted) whole->fulfill();
}

void SimFleet::greeted(SimSite& site) {
  if (step == Step::GREET) done(site, nowMs());
}

void SimFleet::acted(SimSite& site) {
  site.actedMs = nowMs();
  if (step == Step::ACT && site.intentOf(app) >= intent) done(site, site.actedMs);
}

kj::Promise<SimFleet::Times> SimFleet::join() {
  times.clear();
  beganMs = nowMs();
  joining = 0;
  kj::Vector<kj::Promise<void>> workers;
  for (size_t i = 0; i < JOINS_AT_ONCE; ++i) workers.add(joinSome());
  return kj::joinPromises(workers.releaseAsArray()).then([this] { return times; });
}

kj::Promise<void> SimFleet::joinSome() {
  if (joining == sites.size()) return kj::READY_NOW;
  auto& site = *sites[joining++];
  return joinOne(site).then([this] {
    times.push_back(nowMs() - beganMs);
    return joinSome();
  });
}

// Again when its region was busy, or has not heard of the token yet.
kj::Promise<void> SimFleet::joinOne(SimSite& site) {
  return site.join().catch_([this, &site](kj::Exception&& reason) -> kj::Promise<void> {
    std::string_view why = reason.getDescription().cStr();
    bool passes = reason.getType() == kj::Exception::Type::DISCONNECTED;
    for (auto word : {"token-unknown", "site-not-here", "try-again"}) {
      passes |= why.find(word) != why.npos;
    }
    if (!passes) kj::throwFatalException(kj::mv(reason));
    return host.timer.afterDelay(JOIN_RETRY).then([this, &site] { return joinOne(site); });
  });
}

// Each at its own time, as machines do.
kj::Promise<void> SimFleet::spread(kj::Function<kj::Promise<void>(SimSite&)> begin) {
  kj::Vector<kj::Promise<void>> begun;
  auto shared = std::make_shared<decltype(begin)>(kj::mv(begin));
  for (auto& site : sites) {
    auto wait = int64_t(host.entropy.next() % uint64_t(DIALS_WITHIN / kj::MICROSECONDS));
    begun.add(host.timer.afterDelay(wait * kj::MICROSECONDS).then([shared, &site] {
      return (*shared)(*site);
    }));
  }
  return kj::joinPromises(begun.releaseAsArray());
}

kj::Promise<SimFleet::Times> SimFleet::connect() {
  auto greeting = await(Step::GREET, sites.size(), nowMs());
  return spread([](SimSite& site) { return site.begin(); }).then([greeting = kj::mv(greeting)]()
      mutable { return kj::mv(greeting); });
}

kj::Promise<SimFleet::Times> SimFleet::cut() {
  auto greeting = await(Step::GREET, sites.size(), nowMs());
  breakConnections();
  return greeting;
}

kj::Promise<SimFleet::Times> SimFleet::dialAnew() {
  auto greeting = await(Step::GREET, sites.size(), nowMs());
  return spread([](SimSite& site) -> kj::Promise<void> {
    site.beginAnew();
    return kj::READY_NOW;
  }).then([greeting = kj::mv(greeting)]() mutable { return kj::mv(greeting); });
}

kj::Promise<SimFleet::Times> SimFleet::act(TenantAndName which, AuthoritySeq told, size_t count,
                                           double beginMs) {
  auto acting = await(Step::ACT, count, beginMs);
  app = std::move(which);
  intent = told;
  // Some were faster than the answer to who declared it.
  for (auto& site : sites) {
    if (site->intentOf(app) >= intent) done(*site, site->actedMs);
  }
  return acting;
}

}  // namespace skerry
