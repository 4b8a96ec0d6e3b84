// The durable store of a daemon: batches of rows in, a durable version out. No SQL above it.
//
//   commit(batch) ──► arrived ──► one transaction at a time on the worker ──► promises fulfilled
//
// There is no commit timer: an idle store commits at once; what arrives while a transaction runs
// is the next transaction. A row is found by (document, table, key): the document comes first, so
// the rows of one site lie together and are lost, moved or rebuilt together.
#pragma once
#include "shared/crypto/bytes.h"
#include "shared/host/host.h"
#include "shared/store/tables.h"
#include <kj/async.h>

namespace skerry {

// Bounds, named: what exceeds them fails with the name of the bound.
constexpr size_t STORE_KEY_BYTES_MAX = 1024;
constexpr size_t STORE_VALUE_BYTES_MAX = 16 << 20;
constexpr size_t STORE_WAITING_MAX = 64 * 1024;  // batches; beyond it commit() fails OVERLOADED

// Applied whole or not at all, in the order written. Takes copies.
class Batch {
public:
  void put(Table table, kj::StringPtr document, BytesView key, BytesView value);
  void erase(Table table, kj::StringPtr document, BytesView key);  // no row is no error
  void eraseAll(Table table, kj::StringPtr document);
  // The batch fails with FAILED "conflict" unless the row has this value now (null: no row).
  void expect(Table table, kj::StringPtr document, BytesView key, kj::Maybe<BytesView> value);
  // Appends another's writes after these.
  void append(Batch other);

  enum class Verb : uint8_t { PUT, ERASE, ERASE_ALL, EXPECT, EXPECT_ABSENT };
  struct Step {
    Verb verb;
    Table table;
    std::string document;
    Bytes key, value;
  };
  const std::vector<Step>& steps() const { return written; }
  bool empty() const { return written.empty(); }

private:
  std::vector<Step> written;
};

struct Row {
  Bytes key, value;
  bool operator==(const Row&) const = default;
};

// Failure types: OVERLOADED (disk or memory full: nothing applied, try again later), FAILED (this
// batch is wrong, an expectation does not hold, or a row fails its checksum), DISCONNECTED (an I/O
// error, or the store is gone: whether the batch was applied is *not known*; the store refuses all
// work until it is opened anew).
class Store {
public:
  virtual ~Store() noexcept(false) {}
  // Resolves when no power cut can undo the batch, with the store's version, which grows with
  // every batch. Batches take effect in the order of the calls. Dropping the promise does not
  // withdraw the batch.
  virtual kj::Promise<uint64_t> commit(Batch batch) = 0;
  // Reads see everything committed by calls made before them.
  virtual kj::Promise<kj::Maybe<Bytes>> get(Table table, kj::StringPtr document, BytesView key) = 0;
  // Rows in the order of their keys.
  virtual kj::Promise<std::vector<Row>> scan(Table table, kj::StringPtr document) = 0;
  // Documents that have rows in this table, sorted.
  virtual kj::Promise<std::vector<std::string>> documents(Table table) = 0;
  // Everything there is, at one moment, as puts: what a backup is made of. In memory.
  virtual kj::Promise<Batch> dump() = 0;
  // Refuses new work, commits what waits, checkpoints. Destroying a store instead abandons what
  // waits (its promises fail DISCONNECTED) after the running transaction has ended, and does no
  // other disk work.
  virtual kj::Promise<void> close() = 0;
};

// Opens, creates or recovers the database `file` on `host.disk`. FAILED with what to do when it is
// in use by another process, is not ours, is damaged, or was written by a newer version.
kj::Promise<kj::Own<Store>> openStore(Host& host, kj::StringPtr file);

}  // namespace skerry
