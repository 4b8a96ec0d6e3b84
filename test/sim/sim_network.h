// A network in memory between simulated hosts, on virtual time.
//
// Addresses: "HOST:PORT" between hosts, "unix:PATH" inside one. `localhost`, `127.0.0.1` and the
// wildcards `*`, `0.0.0.0` and `[::]` mean the host itself; port 0 draws a free one. Bytes between
// hosts take a latency drawn from the seed, inside a host none.
//
// Faults have fixed names. *Cut*: both ends see the connection break, dialling fails. *Clog*: bytes
// wait, silence both ways. *One-way cut*: bytes of one direction wait, the other's arrive. Healing
// lets waiting bytes arrive, as TCP would. *Slow*: bytes take long and few pass in a second; a lost
// packet is TCP's to repeat, so it costs time and nothing else, and what is behind it waits. A pair
// of hosts has one state, whatever the port.
#pragma once
#include "test/sim/seeded_entropy.h"
#include "test/sim/sim_trace.h"
#include <kj/async-io.h>
#include <kj/async-queue.h>
#include <kj/timer.h>
#include <map>
#include <set>
#include <string>

namespace skerry {

constexpr uint64_t SIM_LATENCY_MS_MIN = 1, SIM_LATENCY_MS_MAX = 20;  // one way, each chunk
constexpr uint64_t SIM_DIAL_TIMEOUT_MS = 3000;
constexpr uint64_t SIM_SLOW_DIAL_TIMEOUT_MS = 120'000;  // a kernel gives up later than the dialler
constexpr uint64_t SIM_PACKET_BYTES = 1460;
constexpr uint64_t SIM_ACCEPT_BACKLOG_MAX = 128;  // connections not accepted yet

// How bytes go one way: a packet that is lost costs a round trip, lost again twice as much.
struct SimWeather {
  uint64_t oneWayMs = 1000;
  unsigned lossPercent = 5;
  uint64_t bytesPerSecond = 4 << 10;
};

// What one host sent another, so far.
struct SimCarried {
  uint64_t bytes = 0, writes = 0;
};

class SimNetwork {
public:
  SimNetwork(kj::Timer& timer, SeededEntropy entropy, SimTrace& trace);
  ~SimNetwork() noexcept(false);
  KJ_DISALLOW_COPY(SimNetwork);

  // The network as `host` sees it. What is made from it must not outlive the SimNetwork.
  kj::Own<kj::Network> viewOf(kj::StringPtr host);

  void cut(kj::StringPtr a, kj::StringPtr b);
  void clog(kj::StringPtr a, kj::StringPtr b);
  void cutOneWay(kj::StringPtr from, kj::StringPtr to);
  // Both ways, also for what is open, until it is healed.
  void slow(kj::StringPtr a, kj::StringPtr b, SimWeather weather);
  void heal(kj::StringPtr a, kj::StringPtr b);
  void healAll();

  // Every connection of the host breaks, also those inside it; new ones can be made at once.
  void connectionsBreak(kj::StringPtr host);
  // Its power went: peers hear nothing, not even an end.
  void goesSilent(kj::StringPtr host);
  // Power is back: what its peers still held breaks now, as the first packet after a boot would do.
  void comesBack(kj::StringPtr host);

  uint64_t latencyMsMax = SIM_LATENCY_MS_MAX;  // where it is not slow

  size_t connectionCount() const { return lines.size(); }
  SimCarried carried(kj::StringPtr from, kj::StringPtr to) const;
  // Equal for runs in which equal bytes set out on equal ways in equal order.
  uint64_t carried() const { return carriedDigest; }

private:
  using Name = std::string;
  using Path = std::pair<Name, Name>;      // from host, to host
  using Endpoint = std::pair<Name, Name>;  // host, "PORT" or "unix:PATH"
  class View;
  class Address;
  class Receiver;
  struct Line;
  enum class Direction { THERE, BACK };

  kj::Promise<kj::Own<kj::AsyncIoStream>> dial(Name from, Endpoint to);
  kj::Own<kj::AsyncIoStream> connect(const Name& from, const Endpoint& to);
  kj::Promise<void> carry(Line& line, Direction direction);
  kj::Promise<void> travel(const Path& path, size_t bytes);
  uint64_t travelMs(const Path& path, size_t bytes);
  void note(const Path& path, kj::ArrayPtr<const kj::byte> bytes);
  kj::Promise<void> whenOpen(Path path);
  void release(const Path& path);
  template <typename Condition> void drop(Condition condition);
  uint16_t freePort(const Name& host);

  kj::Timer& timer;
  SeededEntropy entropy;
  SimTrace& trace;
  std::set<Path> cuts, clogs;
  std::map<Path, SimWeather> weathers;
  std::set<Name> off;
  std::map<Endpoint, Receiver*> listeners;
  std::multimap<Path, kj::Own<kj::PromiseFulfiller<void>>> waiting;
  std::map<uint64_t, kj::Own<Line>> lines;
  uint64_t linesMade = 0;
  uint64_t carriedDigest = 0;
  std::map<Path, SimCarried> carriedOn;  // between hosts
  class FailureIgnored;
  kj::Own<FailureIgnored> failureIgnored;
  kj::Own<kj::TaskSet> sweeper;  // removes lines whose both directions ended
};

}  // namespace skerry
