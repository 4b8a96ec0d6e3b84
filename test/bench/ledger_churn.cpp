// Whether a document grows when it is written again and again: 5 M writes over 2,000 local keys
// and 5 M over 5,000 orders keys, every tenth a removal, against one that was written once.
//
//   bench_ledger_churn [WRITES]     prints JSON: sizes as factors of a fresh copy, and costs
#include "shared/ledger/document.h"
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <kj/debug.h>
#include <map>
#include <string>

using namespace skerry;

namespace {

constexpr size_t LOCAL_KEYS = 2'000, ORDERS_KEYS = 5'000;
constexpr size_t KEYS_PER_VERSION = 100;
constexpr uint64_t NEVER_ASKED = 5;  // the random number of a history, which goes on by itself

double seconds() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
}

// splitmix64: what is written next must not depend on the machine.
struct Sequence {
  uint64_t state = 1;
  uint64_t next(uint64_t below) {
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % below;
  }
};

Bytes bytes(std::string_view text) { return Bytes(text.begin(), text.end()); }

// What the rows of a replica take, as a database would count them.
class Rows {
public:
  void keep(const RowChanges& changes) {
    for (auto& change : changes) {
      auto key = std::make_pair(change.part, change.key);
      auto found = rows.find(key);
      if (found != rows.end()) {
        total -= key.second.size() + found->second;
        rows.erase(found);
      }
      if (!change.value) continue;
      total += key.second.size() + change.value->size();
      rows[kj::mv(key)] = change.value->size();
    }
  }
  size_t bytes() const { return total; }

private:
  std::map<std::pair<Part, Bytes>, size_t> rows;
  size_t total = 0;
};

struct Replica {
  Replica(DocumentEnd end, uint32_t writer)
      : document({"site/oslo", DocumentKind::SITE, end, writer}, first) { rows.keep(first); }
  RowChanges first;
  Document document;
  Rows rows;
};

LocalKey localKey(uint64_t number) {
  LocalKey key;
  key.object = "app/acme/pos";
  key.path = "services.web.environment.V" + std::to_string(number);
  return key;
}

void writeLocal(Replica& replica, uint64_t key) {
  LocalDraft draft;
  draft.key = localKey(key);
  draft.value = bytes("a value of some length, as people write them");
  draft.author = "local:1000";
  auto result = replica.document.write(draft, 0, NEVER_ASKED);
  KJ_REQUIRE(result.done(), result.text.c_str());
  replica.rows.keep(result.rows);
}

struct Grown {
  double memory, rows, nsPerWrite;
};

Grown churnLocal(uint64_t writes) {
  Replica churned(DocumentEnd::CHILD, 1), fresh(DocumentEnd::CHILD, 1);
  for (size_t key = 0; key < LOCAL_KEYS; ++key) writeLocal(fresh, key);
  Sequence sequence;
  auto begin = seconds();
  for (uint64_t i = 0; i < writes; ++i) {
    auto key = i < LOCAL_KEYS ? i : sequence.next(LOCAL_KEYS);
    if (i >= LOCAL_KEYS && i % 10 == 0) {
      churned.rows.keep(churned.document.remove(localKey(key)).rows);
    }
    writeLocal(churned, key);
  }
  auto took = seconds() - begin;
  return {double(churned.document.local().usage().bytes) / fresh.document.local().usage().bytes,
          double(churned.rows.bytes()) / fresh.rows.bytes(), took * 1e9 / writes};
}

Bytes entryOf(uint64_t seq) {
  OrderEntry entry;
  entry.origin.fieldSeq = seq;
  entry.value = bytes("a value of some length, as central signs them");
  return encodeOrderEntry(entry);
}

std::string orderKey(uint64_t number) { return "app/acme/app" + std::to_string(number); }

Grown churnOrders(uint64_t writes) {
  Bytes seed(SEED_BYTES, 7);
  auto signer = newSigner(keyFromSeed(view(seed)));
  Authorship author{1, 1, *signer};
  Replica churned(DocumentEnd::PARENT, 0), fresh(DocumentEnd::PARENT, 0);
  auto keep = [&](Replica& replica, const OrdersEdit& edit) {
    auto edited = replica.document.edit(edit, 0, author);
    KJ_REQUIRE(edited.refused.empty(), edited.refused.c_str());
    replica.rows.keep(edited.rows);
  };
  OrdersEdit all;
  for (size_t key = 0; key < ORDERS_KEYS; ++key) all.puts[orderKey(key)] = entryOf(1);
  keep(fresh, all);
  keep(churned, all);
  Sequence sequence;
  auto begin = seconds();
  for (uint64_t i = 0; i < writes; i += KEYS_PER_VERSION) {
    OrdersEdit away, edit;
    for (size_t k = 0; k < KEYS_PER_VERSION; ++k) {
      auto key = orderKey(sequence.next(ORDERS_KEYS));
      if (k % 10 == 0) away.erases.insert(key);
      edit.puts[key] = entryOf(2 + i);
    }
    keep(churned, away);
    keep(churned, edit);
  }
  auto took = seconds() - begin;
  return {double(churned.document.orders().usage().bytes) / fresh.document.orders().usage().bytes,
          double(churned.rows.bytes()) / fresh.rows.bytes(), took * 1e9 / writes};
}

void print(const char* name, const Grown& grown, const char* end) {
  printf("\"%s\":{\"memory\":%.4f,\"rows\":%.4f,\"nsPerWrite\":%.0f}%s", name, grown.memory,
         grown.rows, grown.nsPerWrite, end);
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t writes = argc > 1 ? strtoull(argv[1], nullptr, 10) : 10'000'000;
  printf("{");
  print("local", churnLocal(writes / 2), ",");
  print("orders", churnOrders(writes / 2), "}\n");
}
