#include "test/unit/ledger/history.h"

namespace skerry {

namespace {

constexpr size_t PACKETS_MAX = 150, ATTIC_MAX = 60, WIPES_MAX = 4;
constexpr size_t QUIET_MAX = 2'000, ROUNDS_MAX = 50;
constexpr int64_t YEAR_MS = int64_t(365) * 24 * 3'600 * 1'000;

}  // namespace

void History::wipe(size_t host) {
  if (++wipes > WIPES_MAX) return;
  oracle.lostDisk(host, nullptr);
  fleet.disconnect(host);
  fleet.replicas[host].wipe();
  fleet.trustHome(host);
  backups.erase(host);
  clocks[host] = {"boot-w-" + std::to_string(fleet.entropy.next()), 0, 0};
  for (auto& [one, other]: Fleet::pairs()) {
    if ((one == host || other == host) && fleet.entropy.chance(70)) fleet.connect(one, other);
  }
  // Before it hears anybody, it may be told what was meant for the old one, or write.
  if (fleet.entropy.chance(50)) {
    for (auto& packet: attic) {
      if (packet.to == host) deliver(packet);
    }
  }
  if (fleet.entropy.chance(50)) {
    writeOverride(host);
    writeHold(host);
  }
}

// Takes a backup, or goes back to the one taken.
void History::restore(size_t host) {
  auto backup = backups.find(host);
  if (backup == backups.end()) {
    backups[host] = fleet.replicas[host].database;
    return;
  }
  if (++wipes > WIPES_MAX) return;
  Document before(fleet.replicas[host].ids, backup->second.rows());
  oracle.lostDisk(host, &before.local());
  fleet.disconnect(host);
  fleet.replicas[host].restore(backup->second);
  fleet.trustHome(host);
  RowChanges rows;
  fleet.at(host).beginHistory(fleet.entropy.next(), rows);
  fleet.replicas[host].keep(rows);
  clocks[host] = {"boot-r-" + std::to_string(fleet.entropy.next()), 0, clocks[host].wallMs};
}

// Of the process, and half of the time of the machine.
void History::restart(size_t place) {
  auto before = fleet.at(place).hello();
  fleet.disconnect(place);
  fleet.replicas[place].restart();
  if (fleet.at(place).hello() != before) throw Violation("a restart changed the replica");
  if (clocks.contains(place) && fleet.entropy.chance(50)) {
    clocks[place].bootId = "boot-" + std::to_string(fleet.entropy.next());
    clocks[place].bootMs = 0;
  }
}

// The site gets a newer home, which takes over what the site has.
void History::moveHome() {
  fleet.homeGen++;
  OrdersEdit edit;
  edit.puts["home"] = entryOf({genOf(8), {0, genOf(8), 1, fleet.homeGen}, bytes("moved"), {}});
  afterEdit(REGION_BELOW, fleet.at(REGION_BELOW).edit(edit, 0, fleet.authorOf(REGION_BELOW)));
  fleet.trustHome(anyHost());
}

// Orders to a parent from below.
void History::rebel(size_t host) {
  for (auto& packet: attic) {
    if (packet.kind != Packet::Kind::ORDERS) continue;
    deliver({host, REGION_BELOW, packet.kind, packet.bytes});
    return;
  }
}

// A host of the site passes on what it held long ago, and answers every question about it.
void History::replay(size_t host) {
  if (backups.empty()) return;
  auto& [stale, database] = *backups.begin();
  if (stale == host) return;
  Document old(fleet.replicas[stale].ids, database.rows());
  OrdersSender sender(old.orders(), [](const Hash&) { return std::optional<Bytes>(); });
  auto messages = sender.start({}, {});
  for (size_t rounds = 0; !messages.empty(); rounds++) {
    if (rounds > ROUNDS_MAX) throw Violation("L3: a receiver and a stale sender talk for ever");
    std::vector<Bytes> next;
    for (auto& message: messages) {
      auto step = deliver({stale, host, Packet::Kind::ORDERS, message});
      if (step.reply) next = sender.onReply(view(*step.reply));
    }
    messages = kj::mv(next);
  }
}

// Orders by a stranger, or by the right key for another document.
void History::forge(size_t host) {
  bool isStranger = fleet.entropy.chance(50);
  Orders forged(DocumentKind::SITE, isStranger ? "oslo" : "bergen");
  OrdersEdit edit;
  edit.puts[appKey("pos")] = entryOf({genOf(6), {0, genOf(6), 1, 1}, bytes("forged"), {}});
  Authorship author{1'000, 1, testSigner(isStranger ? "stranger" : "region")};
  forged.edit(edit, 0, author);
  OrdersSender sender(forged, [](const Hash&) { return std::optional<Bytes>(); });
  auto& held = fleet.at(host).orders();
  for (auto& message: sender.start(held.version(), held.root())) {
    deliver({fleet.entropy.chance(50) ? size_t(REGION_BELOW) : HOSTS[(host - HOST_1 + 1) % 3], host,
             Packet::Kind::ORDERS, message});
  }
}

void History::passTime() {
  uint64_t passed = fleet.entropy.between(0, 50'000);
  trueMs += passed;
  for (auto host: HOSTS) {
    auto& clock = clocks[host];
    if (!fleet.entropy.chance(10)) clock.bootMs += passed;  // else frozen for a while
    clock.wallMs += fleet.entropy.chance(80) ? int64_t(passed)
                                             : int64_t(fleet.entropy.between(0, 80)) * YEAR_MS;
    if (fleet.entropy.chance(10)) clock.wallMs = 0;
    tick(host);
  }
}

void History::tick(size_t host) {
  auto ticked = fleet.at(host).tick(clocks[host].bootId, clocks[host].bootMs);
  fleet.replicas[host].keep(ticked.rows);
  for (auto& entry: ticked.expired) oracle.expired(entry, trueMs);
  if (!ticked.expired.empty()) fleet.spread(host);
}

void History::transport() {
  auto& network = fleet.network;
  auto& pairs = Fleet::pairs();
  if (network.empty() || fleet.entropy.chance(20)) {
    auto& [one, other] = pairs[fleet.entropy.between(0, pairs.size() - 1)];
    fleet.connect(one, other);
  }
  for (uint64_t times = fleet.entropy.between(1, 10); times > 0 && !network.empty(); times--) {
    size_t chosen = fleet.entropy.chance(60) ? 0 : fleet.entropy.between(0, network.size() - 1);
    Packet packet = network[chosen];
    if (!fleet.entropy.chance(10)) network.erase(network.begin() + ptrdiff_t(chosen));
    if (fleet.entropy.chance(25)) attic.push_back(packet);
    if (attic.size() > ATTIC_MAX) attic.erase(attic.begin());
    if (!fleet.entropy.chance(6)) deliver(packet);
  }
  if (!attic.empty() && fleet.entropy.chance(15)) {
    deliver(Packet(attic[fleet.entropy.between(0, attic.size() - 1)]));
  }
  while (network.size() > PACKETS_MAX) network.erase(network.begin());
  if (fleet.entropy.chance(10)) fleet.trustHome(anyHost());
}

Step History::deliver(const Packet& packet) {
  auto before = fleet.at(packet.to).orders().version();
  bool isParent = fleet.at(packet.to).ids().end == DocumentEnd::PARENT;
  auto step = fleet.deliver(packet);
  if (!isParent) oracle.checkOrders(packet.to, before);
  else if (fleet.at(packet.to).orders().version() != before) {
    throw Violation("L6: a message changed the orders of a parent");
  }
  return step;
}

void History::pump() {
  for (size_t quiet = 0; !fleet.network.empty(); quiet++) {
    if (quiet > QUIET_MAX) throw Violation("L3: the replicas never stop talking");
    Packet packet = fleet.network.front();
    fleet.network.erase(fleet.network.begin());
    deliver(packet);
  }
}

void History::heal() {
  fleet.network.clear();
  for (auto host: HOSTS) fleet.trustHome(host);
  for (int round = 0; round < 3; round++) {
    projectCentral();
    projectRegion(100);
    for (auto& [one, other]: Fleet::pairs()) {
      fleet.connect(one, other);
      pump();
    }
  }
}

std::optional<Found> findViolation(uint64_t firstSeed, uint64_t seeds) {
  for (uint64_t seed = firstSeed; seed < firstSeed + seeds; seed++) {
    try {
      History(seed).run();
    } catch (const Violation& violation) {
      return Found{seed, violation.what()};
    } catch (const kj::Exception& exception) {
      return Found{seed, std::string("an exception: ") + exception.getDescription().cStr()};
    }
  }
  return std::nullopt;
}

}  // namespace skerry
