// Thousands of simulated sites in one process, and how long it takes until something has happened
// to all of them. One step at a time.
#pragma once
#include "test/bench/sim_sites/site.h"

namespace skerry {

constexpr size_t JOINS_AT_ONCE = 64;  // one thread's handshakes: more would only wait
constexpr auto JOIN_RETRY = 200 * kj::MILLISECONDS;
constexpr auto DIALS_WITHIN = 250 * kj::MILLISECONDS;  // as the product's after a cut

class SimFleet final : private SimSite::Watcher {
public:
  // All outlive it.
  SimFleet(Host& host, const Transport& transport) : host(host), transport(transport) {}

  void add(Token token);
  size_t size() const { return sites.size(); }
  size_t onlineCount() const;
  // How often their links have ended or failed, by what they were told.
  std::map<std::string, size_t> troubles() const;

  // When each site was done with the step, in milliseconds since its begin. A site counts once.
  using Times = std::vector<double>;
  // Each has its certificate. FAILED when one is refused for good.
  kj::Promise<Times> join();
  // Each has begun and greeted its region.
  kj::Promise<Times> connect();
  // The line breaks under all of them: they dial again, with their tickets.
  kj::Promise<Times> cut();
  // Each forgets its ticket and dials: as after a restart, by whole handshakes.
  kj::Promise<Times> dialAnew();
  // `count` sites act on this intent or a later one of the application; the step began with the
  // call that declared it, at `beginMs`.
  kj::Promise<Times> act(TenantAndName app, AuthoritySeq intent, size_t count, double beginMs);
  static double nowMs();

private:
  enum class Step : uint8_t { NONE, GREET, ACT };
  kj::Promise<Times> await(Step kind, size_t count, double beginMs);
  void done(SimSite& site, double atMs);
  kj::Promise<void> joinSome();
  kj::Promise<void> joinOne(SimSite& site);
  kj::Promise<void> spread(kj::Function<kj::Promise<void>(SimSite&)> begin);
  void greeted(SimSite& site) override;
  void acted(SimSite& site) override;

  Host& host;
  const Transport& transport;
  std::vector<kj::Own<SimSite>> sites;
  size_t joining = 0;  // index of the next
  Step step = Step::NONE;
  double beganMs = 0;
  size_t wanted = 0;
  Times times;
  std::set<const SimSite*> seen;
  TenantAndName app;
  AuthoritySeq intent;
  kj::Own<kj::PromiseFulfiller<void>> whole;
};

}  // namespace skerry
