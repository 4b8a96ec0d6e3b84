#include "test/sim/sim_network.h"
#include "shared/async/task.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr size_t CHUNK_BYTES = 16 << 10;
constexpr unsigned EPHEMERAL_PORT_MIN = 32768, PORT_MAX = 65535;
constexpr kj::StringPtr UNIX = "unix:"_kj;
constexpr kj::StringPtr SELF[] = {"localhost"_kj, "127.0.0.1"_kj, "[::1]"_kj,
                                  "*"_kj, "0.0.0.0"_kj, "[::]"_kj};

bool isSelf(kj::StringPtr name) {
  for (auto self : SELF) {
    if (name == self) return true;
  }
  return false;
}

bool isUnix(const std::string& service) { return service.starts_with(UNIX.cStr()); }

}  // namespace

// One connection. `near` and `far` are the network's ends of the pipes that the two hosts hold.
struct SimNetwork::Line {
  uint64_t id = 0;
  Name caller, callee;
  kj::Own<kj::AsyncIoStream> near, far;
  unsigned directionsEnded = 0;
  kj::Promise<void> there = nullptr, back = nullptr;  // after the ends: destroyed first

  bool touches(const Name& host) const { return caller == host || callee == host; }
  bool joins(const Name& a, const Name& b) const {
    return (caller == a && callee == b) || (caller == b && callee == a);
  }
};

class SimNetwork::FailureIgnored final : public kj::TaskSet::ErrorHandler {
  void taskFailed(kj::Exception&&) override {}
};

class SimNetwork::Receiver final : public kj::ConnectionReceiver {
public:
  Receiver(SimNetwork& network, Endpoint at) : network(network), at(kj::mv(at)) {
    bool isFirst = network.listeners.emplace(this->at, this).second;
    KJ_REQUIRE(isFirst, "address in use: somebody listens there already", this->at.first.c_str(),
               this->at.second.c_str());
  }
  ~Receiver() noexcept(false) { network.listeners.erase(at); }

  bool isFull() const { return waiting >= SIM_ACCEPT_BACKLOG_MAX; }
  void push(kj::Own<kj::AsyncIoStream> stream) {
    ++waiting;
    backlog.push(kj::mv(stream));
  }
  kj::Promise<kj::Own<kj::AsyncIoStream>> accept() override {
    return backlog.pop().then([this](kj::Own<kj::AsyncIoStream> stream) {
      --waiting;
      return stream;
    });
  }
  // Whoever speaks on a unix socket is the superuser: simulated hosts know no other.
  kj::Promise<kj::AuthenticatedStream> acceptAuthenticated() override {
    if (!isUnix(at.second)) return kj::ConnectionReceiver::acceptAuthenticated();
    return accept().then([](kj::Own<kj::AsyncIoStream> stream) {
      kj::LocalPeerIdentity::Credentials root;
      root.uid = 0u;
      return kj::AuthenticatedStream {kj::mv(stream), kj::LocalPeerIdentity::newInstance(root)};
    });
  }
  kj::uint getPort() override { return isUnix(at.second) ? 0 : atoi(at.second.c_str()); }

private:
  SimNetwork& network;
  const Endpoint at;
  uint64_t waiting = 0;
  kj::ProducerConsumerQueue<kj::Own<kj::AsyncIoStream>> backlog;
};

class SimNetwork::Address final : public kj::NetworkAddress {
public:
  Address(SimNetwork& network, Name from, Endpoint to)
      : network(network), from(kj::mv(from)), to(kj::mv(to)) {}

  kj::Promise<kj::Own<kj::AsyncIoStream>> connect() override { return network.dial(from, to); }
  kj::Own<kj::ConnectionReceiver> listen() override {
    KJ_REQUIRE(to.first == from, "a host listens at its own addresses only", from.c_str(),
               to.first.c_str());
    auto at = to;
    if (at.second == "0") at.second = std::to_string(network.freePort(from));
    return kj::heap<Receiver>(network, kj::mv(at));
  }
  kj::Own<kj::NetworkAddress> clone() override { return kj::heap<Address>(network, from, to); }
  kj::String toString() override {
    if (isUnix(to.second)) return kj::str(to.second.c_str());
    return kj::str(to.first.c_str(), ':', to.second.c_str());
  }

private:
  SimNetwork& network;
  const Name from;
  const Endpoint to;
};

class SimNetwork::View final : public kj::Network {
public:
  View(SimNetwork& network, Name host) : network(network), host(kj::mv(host)) {}

  kj::Promise<kj::Own<kj::NetworkAddress>> parseAddress(kj::StringPtr name,
                                                        kj::uint portHint) override {
    return kj::Own<kj::NetworkAddress>(
        kj::heap<Address>(network, host, endpoint(name, portHint)));
  }
  kj::Own<kj::NetworkAddress> getSockaddr(const void*, kj::uint) override {
    KJ_UNIMPLEMENTED("simulated hosts have names, not socket addresses");
  }
  kj::Own<kj::Network> restrictPeers(kj::ArrayPtr<const kj::StringPtr>,
                                     kj::ArrayPtr<const kj::StringPtr>) override {
    KJ_UNIMPLEMENTED("no peer of a simulated network is local or public");
  }

private:
  Endpoint endpoint(kj::StringPtr name, kj::uint portHint) const {
    if (name.startsWith(UNIX)) return {host, name.cStr()};
    kj::String target = kj::str(name);
    kj::uint port = portHint;
    KJ_IF_MAYBE(colon, name.findLast(':')) {
      if (!name.endsWith("]")) {
        target = kj::str(name.slice(0, *colon));
        port = name.slice(*colon + 1).parseAs<kj::uint>();
      }
    }
    KJ_REQUIRE(port <= PORT_MAX, "not a port", name);
    return {isSelf(target) ? host : Name(target.cStr()), std::to_string(port)};
  }

  SimNetwork& network;
  const Name host;
};

SimNetwork::SimNetwork(kj::Timer& timer, SeededEntropy entropy, SimTrace& trace)
    : timer(timer), entropy(entropy), trace(trace), failureIgnored(kj::heap<FailureIgnored>()),
      sweeper(kj::heap<kj::TaskSet>(*failureIgnored)) {}

SimNetwork::~SimNetwork() noexcept(false) {}

kj::Own<kj::Network> SimNetwork::viewOf(kj::StringPtr host) {
  return kj::heap<View>(*this, Name(host.cStr()));
}

// Faults ------------------------------------------------------------------------------------------

template <typename Condition>
void SimNetwork::drop(Condition condition) {
  std::erase_if(lines, [&](auto& entry) { return condition(*entry.second); });
}

void SimNetwork::cut(kj::StringPtr a, kj::StringPtr b) {
  Name x = a.cStr(), y = b.cStr();
  cuts.insert({x, y});
  cuts.insert({y, x});
  drop([&](const Line& line) { return line.joins(x, y); });
  trace.note("network", kj::str("cut ", a, " ", b));
}

void SimNetwork::clog(kj::StringPtr a, kj::StringPtr b) {
  clogs.insert({a.cStr(), b.cStr()});
  clogs.insert({b.cStr(), a.cStr()});
  trace.note("network", kj::str("clog ", a, " ", b));
}

void SimNetwork::cutOneWay(kj::StringPtr from, kj::StringPtr to) {
  clogs.insert({from.cStr(), to.cStr()});
  trace.note("network", kj::str("cut one way ", from, " ", to));
}

void SimNetwork::slow(kj::StringPtr a, kj::StringPtr b, SimWeather weather) {
  weathers[{a.cStr(), b.cStr()}] = weather;
  weathers[{b.cStr(), a.cStr()}] = weather;
  trace.note("network", kj::str("slow ", a, " ", b, " ", weather.oneWayMs, " ms"));
}

void SimNetwork::heal(kj::StringPtr a, kj::StringPtr b) {
  release({a.cStr(), b.cStr()});
  release({b.cStr(), a.cStr()});
  trace.note("network", kj::str("heal ", a, " ", b));
}

void SimNetwork::healAll() {
  auto hurt = cuts;
  hurt.insert(clogs.begin(), clogs.end());
  weathers.clear();
  for (auto& path : hurt) release(path);
  trace.note("network", "heal all");
}

void SimNetwork::release(const Path& path) {
  cuts.erase(path);
  clogs.erase(path);
  weathers.erase(path);
  auto [begin, end] = waiting.equal_range(path);
  for (auto i = begin; i != end; ++i) i->second->fulfill();
  waiting.erase(begin, end);
}

void SimNetwork::connectionsBreak(kj::StringPtr host) {
  Name name = host.cStr();
  drop([&](const Line& line) { return line.touches(name); });
}

void SimNetwork::goesSilent(kj::StringPtr host) {
  off.insert(host.cStr());
  for (auto& [id, line] : lines) {
    if (!line->touches(host.cStr())) continue;
    line->there = nullptr;
    line->back = nullptr;
  }
}

void SimNetwork::comesBack(kj::StringPtr host) {
  off.erase(host.cStr());
  connectionsBreak(host);
}

// Traffic -----------------------------------------------------------------------------------------

kj::Promise<void> SimNetwork::whenOpen(Path path) {
  if (!clogs.count(path)) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  waiting.emplace(path, kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

uint64_t SimNetwork::travelMs(const Path& path, size_t bytes) {
  auto found = weathers.find(path);
  if (found == weathers.end()) return entropy.between(SIM_LATENCY_MS_MIN, latencyMsMax);
  auto& weather = found->second;
  uint64_t ms = weather.oneWayMs + bytes * 1000 / weather.bytesPerSecond;
  for (size_t sent = 0; sent <= bytes; sent += SIM_PACKET_BYTES) {
    for (uint64_t again = 2 * weather.oneWayMs; entropy.chance(weather.lossPercent); again *= 2)
      ms += again;
  }
  return ms;
}

kj::Promise<void> SimNetwork::travel(const Path& path, size_t bytes) {
  if (path.first == path.second) return kj::READY_NOW;
  return timer.afterDelay(travelMs(path, bytes) * kj::MILLISECONDS).then([this, path]() {
    return whenOpen(path);
  });
}

// FNV-1a, after Fowler, Noll and Vo.
void SimNetwork::note(const Path& path, kj::ArrayPtr<const kj::byte> bytes) {
  auto add = [this](kj::byte byte) { carriedDigest = (carriedDigest ^ byte) * 0x100000001b3; };
  for (char c : path.first) add(c);
  for (char c : path.second) add(c);
  for (auto byte : bytes) add(byte);
  if (path.first == path.second || bytes.size() == 0) return;
  auto& sum = carriedOn[path];
  sum.bytes += bytes.size();
  ++sum.writes;
}

SimCarried SimNetwork::carried(kj::StringPtr from, kj::StringPtr to) const {
  auto found = carriedOn.find({from.cStr(), to.cStr()});
  return found == carriedOn.end() ? SimCarried() : found->second;
}

// A handshake needs both directions, so a one-way cut stops it too.
kj::Promise<kj::Own<kj::AsyncIoStream>> SimNetwork::dial(Name from, Endpoint to) {
  auto limitMs = weathers.count({from, to.first}) ? SIM_SLOW_DIAL_TIMEOUT_MS : SIM_DIAL_TIMEOUT_MS;
  auto there = travel({from, to.first}, 0);
  auto handshake = there.then([this, from, to]() { return travel({to.first, from}, 0); })
      .then([this, from, to]() -> kj::Promise<kj::Own<kj::AsyncIoStream>> {
    if (off.count(to.first) || off.count(from)) return kj::NEVER_DONE;
    return connect(from, to);
  });
  auto deadline = timer.afterDelay(limitMs * kj::MILLISECONDS)
      .then([]() -> kj::Promise<kj::Own<kj::AsyncIoStream>> {
    return KJ_EXCEPTION(DISCONNECTED, "connection timed out");
  });
  return handshake.exclusiveJoin(kj::mv(deadline));
}

kj::Own<kj::AsyncIoStream> SimNetwork::connect(const Name& from, const Endpoint& to) {
  auto fail = [&](kj::StringPtr why) {
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, why, to.first.c_str(), to.second.c_str()));
  };
  if (cuts.count({from, to.first})) fail("no route to host");
  auto listener = listeners.find(to);
  if (listener == listeners.end() || listener->second->isFull()) fail("connection refused");

  auto callers = kj::newTwoWayPipe();
  auto callees = kj::newTwoWayPipe();
  auto id = ++linesMade;
  auto line = kj::heap<Line>();
  line->id = id;
  line->caller = from;
  line->callee = to.first;
  line->near = kj::mv(callers.ends[1]);
  line->far = kj::mv(callees.ends[1]);
  line->there = carry(*line, Direction::THERE);
  line->back = carry(*line, Direction::BACK);
  lines.emplace(id, kj::mv(line));
  listener->second->push(kj::mv(callees.ends[0]));
  return kj::mv(callers.ends[0]);
}

namespace {

// `from`, `to` and what `travel` refers to outlive the task.
Task<void> carryTask(kj::AsyncIoStream& from, kj::AsyncIoStream& to,
                     kj::Function<kj::Promise<void>(kj::ArrayPtr<const kj::byte>)> travel) {
  auto buffer = kj::heapArray<kj::byte>(CHUNK_BYTES);
  for (;;) {
    auto reading = from.tryRead(buffer.begin(), 1, buffer.size());
    size_t size = co_await reading;
    auto travelling = travel(buffer.slice(0, size));
    co_await travelling;
    if (size == 0) break;
    auto writing = to.write(buffer.begin(), size);
    co_await writing;
  }
  to.shutdownWrite();
}

}  // namespace

// An end that its host dropped fails the carrier; then nothing more is taken from the other end.
kj::Promise<void> SimNetwork::carry(Line& line, Direction direction) {
  bool isThere = direction == Direction::THERE;
  auto& from = isThere ? *line.near : *line.far;
  auto& to = isThere ? *line.far : *line.near;
  auto path = isThere ? Path(line.caller, line.callee) : Path(line.callee, line.caller);
  kj::Promise<void> carrying = carryTask(from, to, [this, path](auto bytes) {
    note(path, bytes);
    return travel(path, bytes.size());
  });
  return carrying.catch_([&from, &to](kj::Exception&&) {
    from.abortRead();
    to.shutdownWrite();
  }).then([this, &line]() {
    if (++line.directionsEnded < 2) return;
    // Not here: this runs inside a promise that the line owns.
    sweeper->add(kj::evalLater([this, id = line.id]() { lines.erase(id); }));
  }).eagerlyEvaluate(nullptr);
}

uint16_t SimNetwork::freePort(const Name& host) {
  for (unsigned port = EPHEMERAL_PORT_MIN; port <= PORT_MAX; ++port) {
    if (!listeners.count({host, std::to_string(port)})) return port;
  }
  KJ_FAIL_REQUIRE("every port of the host is in use", host.c_str());
}

}  // namespace skerry
