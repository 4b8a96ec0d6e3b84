#include "test/unit/ledger/fleet.h"

namespace skerry {

void Database::apply(const RowChanges& changes) {
  for (auto& change: changes) {
    if (change.value) kept[{change.part, change.key}] = *change.value;
    else kept.erase({change.part, change.key});
  }
}

StoredRows Database::rows() const {
  StoredRows rows;
  for (auto& [key, value]: kept) rows.push_back({key.first, key.second, value});
  return rows;
}

Replica::Replica(DocumentIds ids): ids(kj::mv(ids)) { wipe(); }

void Replica::wipe() {
  RowChanges rows;
  database = {};
  document = std::make_unique<Document>(ids, rows);
  keep(rows);
}

void Replica::restart() { document = std::make_unique<Document>(ids, database.rows()); }

void Replica::restore(const Database& backup) {
  database = backup;
  restart();
}

Fleet::Fleet(uint64_t seed): entropy(seed), catalogue{seed} {
  auto kind = entropy.chance(2) ? DocumentKind::REGION : DocumentKind::SITE;
  replicas.emplace_back(DocumentIds{"north", kind, DocumentEnd::PARENT, 0});
  replicas.emplace_back(DocumentIds{"north", kind, DocumentEnd::CHILD, 1});
  replicas.emplace_back(DocumentIds{"oslo", DocumentKind::SITE, DocumentEnd::PARENT, 0});
  for (uint32_t host = 0; host < 3; host++) {
    replicas.emplace_back(DocumentIds{"oslo", DocumentKind::SITE, DocumentEnd::CHILD, 10 + host});
  }
  for (size_t place: {REGION_ABOVE, HOST_1, HOST_2, HOST_3}) trustHome(place);
}

void Fleet::trustHome(size_t place) {
  RowChanges rows;
  auto& parent = testSigner(place == REGION_ABOVE ? "central" : "region");
  at(place).trust({parent.publicKey(), place == REGION_ABOVE ? 1 : homeGen}, rows);
  replicas[place].keep(rows);
}

Authorship Fleet::authorOf(size_t place) const {
  if (place == CENTRAL) return {1, 1, testSigner("central")};
  return {homeGen, 1, testSigner("region")};
}

const std::vector<std::pair<size_t, size_t>>& Fleet::pairs() {
  static const std::vector<std::pair<size_t, size_t>> PAIRS = {
      {CENTRAL, REGION_ABOVE},  {REGION_BELOW, HOST_1}, {REGION_BELOW, HOST_2},
      {REGION_BELOW, HOST_3},   {HOST_1, HOST_2},       {HOST_1, HOST_3},
      {HOST_2, HOST_3}};
  return PAIRS;
}

void Fleet::connect(size_t one, size_t other) {
  bool isPeering = one >= HOST_1;
  auto none = [](const Hash&) { return std::optional<Bytes>(); };
  links[{one, other}] = std::make_unique<DocumentLink>(
      at(one), isPeering ? Peer::SIBLING : Peer::CHILD, entropy.next(), none);
  links[{other, one}] = std::make_unique<DocumentLink>(
      at(other), isPeering ? Peer::SIBLING : Peer::PARENT, entropy.next(), none);
  network.push_back({one, other, Packet::Kind::HELLO, links[{one, other}]->hello()});
  network.push_back({other, one, Packet::Kind::HELLO, links[{other, one}]->hello()});
}

void Fleet::disconnect(size_t place) {
  std::erase_if(links, [&](auto& link) {
    return link.first.first == place || link.first.second == place;
  });
}

void Fleet::send(size_t from, size_t to, Step&& step, Packet::Kind answers) {
  if (step.reply) network.push_back({from, to, answers, kj::mv(*step.reply)});
  for (auto& message: step.orders) {
    network.push_back({from, to, Packet::Kind::ORDERS, kj::mv(message)});
  }
  for (auto& message: step.local) {
    network.push_back({from, to, Packet::Kind::LOCAL, kj::mv(message)});
  }
}

Step Fleet::deliver(const Packet& packet) {
  auto found = links.find({packet.to, packet.from});
  if (found == links.end()) return {};
  auto& link = *found->second;
  auto message = view(packet.bytes);
  auto answers = packet.kind;
  Step step;
  switch (packet.kind) {
    case Packet::Kind::HELLO: step = link.onHello(message); break;
    case Packet::Kind::ORDERS:
      step = link.onOrders(message);
      answers = Packet::Kind::ORDERS_REPLY;
      break;
    case Packet::Kind::ORDERS_REPLY: step = link.onOrdersReply(message); break;
    case Packet::Kind::LOCAL:
      step = link.onLocal(message);
      answers = Packet::Kind::LOCAL_REPLY;
      break;
    case Packet::Kind::LOCAL_REPLY: step = link.onLocalReply(message); break;
  }
  replicas[packet.to].keep(step.rows);
  Step judged = step;
  bool hasChanged = step.ordersAdvanced || step.localChanged;
  send(packet.to, packet.from, kj::mv(step), answers);
  if (hasChanged) spread(packet.to);
  return judged;
}

void Fleet::spread(size_t place) {
  for (auto& [ends, link]: links) {
    if (ends.first != place) continue;
    send(place, ends.second, link->changed(), Packet::Kind::HELLO);
  }
}

}  // namespace skerry
