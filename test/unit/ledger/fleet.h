// Central, one region and three hosts of a site, with their databases and the messages between
// them, all as encoded bytes. Nothing here knows what is right: history.cpp plays, oracle.cpp
// judges.
#pragma once
#include "shared/ledger/document_link.h"
#include "test/sim/seeded_entropy.h"
#include "test/unit/ledger/catalogue.h"
#include <memory>
#include <stdexcept>

namespace skerry {

// A property does not hold. The text says which.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Database {
public:
  void apply(const RowChanges& changes);
  StoredRows rows() const;
  size_t size() const { return kept.size(); }

private:
  std::map<std::pair<Part, Bytes>, Bytes> kept;
};

// One replica of one document, with its database.
struct Replica {
  DocumentIds ids;
  Database database;
  std::unique_ptr<Document> document;

  explicit Replica(DocumentIds ids);
  void keep(const RowChanges& rows) { database.apply(rows); }
  void wipe();
  void restart();
  void restore(const Database& backup);
};

enum Place : size_t { CENTRAL, REGION_ABOVE, REGION_BELOW, HOST_1, HOST_2, HOST_3, PLACES };
constexpr size_t HOSTS[] = {HOST_1, HOST_2, HOST_3};

struct Packet {
  enum class Kind { HELLO, ORDERS, ORDERS_REPLY, LOCAL, LOCAL_REPLY };
  size_t from, to;
  Kind kind;
  Bytes bytes;
};

class Fleet {
public:
  explicit Fleet(uint64_t seed);

  SeededEntropy entropy;
  Catalogue catalogue;
  std::vector<Replica> replicas;
  std::vector<Packet> network;
  uint64_t homeGen = 1;

  Document& at(size_t place) { return *replicas[place].document; }
  const Document& at(size_t place) const { return *replicas[place].document; }
  // Both ends greet, as after any reconnection. What is under way stays under way.
  void connect(size_t one, size_t other);
  // Those links of a replica end, with the process that held them.
  void disconnect(size_t place);
  Step deliver(const Packet& packet);
  // Tells every link of a replica that its document changed.
  void spread(size_t place);
  static const std::vector<std::pair<size_t, size_t>>& pairs();
  Authorship authorOf(size_t place) const;
  // Hosts follow the region's key under the present homeGen; the region follows central's.
  void trustHome(size_t place);

private:
  void send(size_t from, size_t to, Step&& step, Packet::Kind answers);
  std::map<std::pair<size_t, size_t>, std::unique_ptr<DocumentLink>> links;  // (here, there)
};

}  // namespace skerry
