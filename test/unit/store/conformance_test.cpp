// What shared/store/store.h promises, against every kind of store.
#include "test/unit/store/backends.h"
#include "test/sim/seeded_entropy.h"
#include <kj/debug.h>
#include <kj/vector.h>
#include <map>

namespace skerry {
namespace {

// A store and short words for it.
struct Opened {
  explicit Opened(Backend& backend) : backend(backend), store(backend.open()) {}
  Backend& backend;
  kj::Own<Store> store;

  kj::WaitScope& loop() { return backend.waitScope(); }
  uint64_t commit(Batch batch) { return store->commit(kj::mv(batch)).wait(loop()); }
  uint64_t put(Table table, kj::StringPtr document, std::string_view key, std::string_view value) {
    return commit(putBatch(table, document, key, value));
  }
  // "-" for no row.
  std::string get(Table table, kj::StringPtr document, std::string_view key) {
    auto found = store->get(table, document, view(key)).wait(loop());
    KJ_IF_MAYBE(value, found) return text(view(*value));
    return "-";
  }
  // "key=value" separated by spaces.
  std::string scan(Table table, kj::StringPtr document) {
    std::string all;
    for (auto& row : store->scan(table, document).wait(loop())) {
      all += (all.empty() ? "" : " ") + text(view(row.key)) + "=" + text(view(row.value));
    }
    return all;
  }
  std::vector<std::string> documents(Table table) { return store->documents(table).wait(loop()); }
  void reopen() {
    store->close().wait(loop());
    store = nullptr;
    store = backend.open();
  }
};

using Names = std::vector<std::string>;

TEST_CASE("a batch that writes a row again and again leaves what it wrote last") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    store.put(Table::LOCAL, "oslo", "lamp", "on");
    Batch batch;
    batch.put(Table::LOCAL, "oslo", bytes("count"), bytes("1"));
    batch.erase(Table::LOCAL, "oslo", bytes("lamp"));
    batch.put(Table::LOCAL, "oslo", bytes("count"), bytes("2"));
    batch.expect(Table::LOCAL, "oslo", bytes("count"), bytes("2"));
    batch.expect(Table::LOCAL, "oslo", bytes("lamp"), nullptr);
    batch.put(Table::LOCAL, "oslo", bytes("lamp"), bytes("off"));
    batch.put(Table::LOCAL, "oslo", bytes("count"), bytes("3"));
    batch.put(Table::LOCAL, "bergen", bytes("count"), bytes("1"));
    batch.put(Table::LOCAL, "oslo", bytes("door"), bytes("open"));
    batch.erase(Table::LOCAL, "oslo", bytes("door"));
    store.commit(kj::mv(batch));
    CHECK(store.scan(Table::LOCAL, "oslo") == "count=3 lamp=off");
    CHECK(store.scan(Table::LOCAL, "bergen") == "count=1");
  });
}

TEST_CASE("what was put is got, what was put again has the new value, what was erased is gone") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    CHECK(store.get(Table::LOCAL, "oslo", "lamp") == "-");
    store.put(Table::LOCAL, "oslo", "lamp", "on");
    CHECK(store.get(Table::LOCAL, "oslo", "lamp") == "on");
    store.put(Table::LOCAL, "oslo", "lamp", "off, for a longer time than before");
    CHECK(store.get(Table::LOCAL, "oslo", "lamp") == "off, for a longer time than before");
    Batch erasing;
    erasing.erase(Table::LOCAL, "oslo", bytes("lamp"));
    erasing.erase(Table::LOCAL, "oslo", bytes("never there"));
    store.commit(kj::mv(erasing));
    CHECK(store.get(Table::LOCAL, "oslo", "lamp") == "-");
  });
}

TEST_CASE("rows come in the order of their keys, of one document and one table") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    store.put(Table::LOCAL, "oslo", "b", "2");
    store.put(Table::LOCAL, "oslo", "a", "1");
    store.put(Table::LOCAL, "oslo", "\xff", "4");
    store.put(Table::LOCAL, "oslo", "bb", "3");
    store.put(Table::ORDERS, "oslo", "a", "other table");
    store.put(Table::LOCAL, "bergen", "a", "other document");
    CHECK(store.scan(Table::LOCAL, "oslo") == "a=1 b=2 bb=3 \xff=4");
    CHECK(store.scan(Table::LOCAL, "nowhere") == "");
    Batch clearing;
    clearing.eraseAll(Table::LOCAL, "oslo");
    store.commit(kj::mv(clearing));
    CHECK(store.scan(Table::LOCAL, "oslo") == "");
    CHECK(store.get(Table::ORDERS, "oslo", "a") == "other table");
    CHECK(store.get(Table::LOCAL, "bergen", "a") == "other document");
  });
}

TEST_CASE("documents are listed by table, sorted, once each") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    CHECK(store.documents(Table::LOCAL).empty());
    for (auto name : {"oslo", "bergen", "", "\xc3\xa5lesund", "oslo"}) {
      store.put(Table::LOCAL, name, "a", "1");
      store.put(Table::LOCAL, name, "b", "2");
    }
    store.put(Table::ORDERS, "tromso", "a", "1");
    CHECK(store.documents(Table::LOCAL) == Names {"", "bergen", "oslo", "\xc3\xa5lesund"});
    CHECK(store.documents(Table::ORDERS) == Names {"tromso"});
    CHECK(store.documents(Table::META).empty());
    Batch clearing;
    clearing.eraseAll(Table::LOCAL, "");
    clearing.eraseAll(Table::LOCAL, "oslo");
    store.commit(kj::mv(clearing));
    CHECK(store.documents(Table::LOCAL) == Names {"bergen", "\xc3\xa5lesund"});
  });
}

TEST_CASE("empty keys, empty values and bytes of every kind are kept as they are") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    std::string every;
    for (int byte = 0; byte < 256; ++byte) every += char(byte);
    std::string large(3 << 20, 'x');
    store.put(Table::BLOB, "oslo", "", "the empty key");
    store.put(Table::BLOB, "oslo", "empty value", "");
    store.put(Table::BLOB, "oslo", every, every);
    store.put(Table::BLOB, "oslo", "large", large);
    store.reopen();
    CHECK(store.get(Table::BLOB, "oslo", "") == "the empty key");
    CHECK(store.get(Table::BLOB, "oslo", "empty value") == "");
    CHECK(store.get(Table::BLOB, "oslo", every) == every);
    CHECK((store.get(Table::BLOB, "oslo", "large") == large));
  });
}

TEST_CASE("the steps of a batch apply in the order written") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    Batch batch;
    batch.put(Table::LOCAL, "oslo", bytes("a"), bytes("1"));
    batch.expect(Table::LOCAL, "oslo", bytes("a"), bytes("1"));
    batch.put(Table::LOCAL, "oslo", bytes("b"), bytes("2"));
    batch.eraseAll(Table::LOCAL, "oslo");
    batch.expect(Table::LOCAL, "oslo", bytes("b"), nullptr);
    batch.put(Table::LOCAL, "oslo", bytes("b"), bytes("3"));
    store.commit(kj::mv(batch));
    CHECK(store.scan(Table::LOCAL, "oslo") == "b=3");
  });
}

TEST_CASE("a batch whose expectation does not hold fails as a conflict, and changes nothing") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    store.put(Table::LOCAL, "oslo", "lamp", "on");
    auto conflicts = [&](kj::Maybe<BytesView> expected, std::string_view key) {
      Batch batch;
      batch.put(Table::LOCAL, "oslo", bytes("lamp"), bytes("changed"));
      batch.erase(Table::LOCAL, "oslo", bytes("lamp"));
      batch.expect(Table::LOCAL, "oslo", view(key), expected);
      auto reason = failureOf(store.store->commit(kj::mv(batch)), store.loop());
      return reason.getType() == kj::Exception::Type::FAILED && says(reason, "conflict");
    };
    store.put(Table::LOCAL, "oslo", "door", "");
    CHECK(conflicts(bytes("open"), "door"));
    CHECK(conflicts(bytes(""), "lamp"));
    CHECK(conflicts(nullptr, "door"));
    CHECK(conflicts(bytes(""), "no such row"));
    CHECK(store.scan(Table::LOCAL, "oslo") == "door= lamp=on");
    Batch holding;
    holding.expect(Table::LOCAL, "oslo", bytes("door"), bytes(""));
    holding.expect(Table::LOCAL, "oslo", bytes("no such row"), nullptr);
    holding.put(Table::LOCAL, "oslo", bytes("door"), bytes("shut"));
    store.commit(kj::mv(holding));
    CHECK(store.get(Table::LOCAL, "oslo", "door") == "shut");
  });
}

TEST_CASE("a batch that fails does not harm those committed beside it") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    auto first = store.store->commit(putBatch(Table::LOCAL, "oslo", "a", "1"));
    Batch wrong = putBatch(Table::LOCAL, "oslo", "b", "2");
    wrong.expect(Table::LOCAL, "oslo", bytes("a"), bytes("7"));
    auto second = store.store->commit(kj::mv(wrong));
    auto third = store.store->commit(putBatch(Table::LOCAL, "oslo", "c", "3"));
    auto before = first.wait(store.loop());
    CHECK(failureOf(kj::mv(second), store.loop()).getType() == kj::Exception::Type::FAILED);
    CHECK(third.wait(store.loop()) > before);
    CHECK(store.scan(Table::LOCAL, "oslo") == "a=1 c=3");
  });
}

TEST_CASE("versions grow with every batch, and go on when the store is opened anew") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    kj::Vector<kj::Promise<uint64_t>> pending;
    for (int i = 0; i < 50; ++i) {
      pending.add(store.store->commit(putBatch(Table::LOCAL, "oslo", "a", std::to_string(i))));
    }
    uint64_t last = 0;
    for (auto& promise : pending) {
      auto version = promise.wait(store.loop());
      CHECK(version > last);
      last = version;
    }
    CHECK(store.commit(Batch()) > last);
    store.reopen();
    CHECK(store.commit(Batch()) > last + 1);
  });
}

TEST_CASE("a read sees every batch committed by calls before it, and of its document none after") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    auto& open = *store.store;
    kj::Vector<kj::Promise<uint64_t>> writes;
    kj::Vector<kj::Promise<kj::Maybe<Bytes>>> reads;
    kj::Vector<kj::Promise<std::vector<Row>>> scans;
    for (int i = 0; i < 30; ++i) {
      writes.add(open.commit(putBatch(Table::LOCAL, "oslo", "a", std::to_string(i))));
      reads.add(open.get(Table::LOCAL, "oslo", bytes("a")));
      scans.add(open.scan(Table::LOCAL, "oslo"));
    }
    auto names = open.documents(Table::LOCAL);
    for (int i = 0; i < 30; ++i) {
      auto read = reads[i].wait(store.loop());
      auto value = text(view(KJ_REQUIRE_NONNULL(read)));
      CHECK(value == std::to_string(i));
      auto rows = scans[i].wait(store.loop());
      REQUIRE(rows.size() == 1);
      CHECK(text(view(rows[0].value)) == std::to_string(i));
    }
    CHECK(names.wait(store.loop()) == Names {"oslo"});
  });
}

TEST_CASE("dropping a promise does not withdraw the batch") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    for (int i = 0; i < 10; ++i) {
      auto dropped = store.store->commit(putBatch(Table::LOCAL, "oslo", std::to_string(i), "kept"));
    }
    CHECK(store.store->scan(Table::LOCAL, "oslo").wait(store.loop()).size() == 10);
  });
}

TEST_CASE("a closing store commits what waits, and refuses what comes after") {
  forEachBackend([](Backend& backend) {
    Opened store(backend);
    kj::Vector<kj::Promise<uint64_t>> pending;
    for (int i = 0; i < 200; ++i) {
      auto site = kj::str("site-", i % 7);
      pending.add(store.store->commit(putBatch(Table::LOCAL, site, std::to_string(i), "kept")));
    }
    auto closing = store.store->close();
    auto late = failureOf(store.store->commit(Batch()), store.loop());
    auto lateRead = failureOf(store.store->documents(Table::LOCAL), store.loop());
    CHECK(late.getType() == kj::Exception::Type::DISCONNECTED);
    CHECK(lateRead.getType() == kj::Exception::Type::DISCONNECTED);
    closing.wait(store.loop());
    for (auto& promise : pending) CHECK(promise.wait(store.loop()) > 0);
    CHECK_THROWS_AS((void)store.store->close(), kj::Exception);
    store.store = nullptr;
    Opened again(backend);
    size_t rows = 0;
    for (auto& site : again.documents(Table::LOCAL)) {
      rows += again.store->scan(Table::LOCAL, site.c_str()).wait(again.loop()).size();
    }
    CHECK(rows == 200);
  });
}

TEST_CASE("a dropped store answers every promise, and keeps what it answered with a version") {
  forEachBackend([](Backend& backend) {
    std::map<std::string, std::string> promised;
    for (int round = 0; round < 15; ++round) {
      Opened store(backend);
      for (auto& [key, value] : promised) CHECK(store.get(Table::LOCAL, "oslo", key) == value);
      kj::Vector<kj::Promise<uint64_t>> pending;
      auto value = std::to_string(round);
      for (int i = 0; i < 20; ++i) {
        auto key = std::to_string(round * 100 + i);
        pending.add(store.store->commit(putBatch(Table::LOCAL, "oslo", key, value)));
      }
      int answered = round % 5;
      for (int i = 0; i < answered; ++i) {
        pending[i].wait(store.loop());
        promised[std::to_string(round * 100 + i)] = value;
      }
      for (int turn = 0; turn < round; ++turn) kj::evalLater([]() {}).wait(store.loop());
      store.store = nullptr;
      for (int i = answered; i < 20; ++i) {
        auto failed = kj::runCatchingExceptions([&]() {
          pending[i].wait(backend.waitScope());
          promised[std::to_string(round * 100 + i)] = value;
        });
        KJ_IF_MAYBE(reason, failed) CHECK(reason->getType() == kj::Exception::Type::DISCONNECTED);
      }
    }
    CHECK(promised.size() >= 30);
  });
}

// Any history of batches and reads, a few at a time, with the store opened anew now and then.
TEST_CASE("a history drawn by seed reads as a map does") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    forEachBackend([seed](Backend& backend) {
      SeededEntropy chance(seed);
      std::map<std::string, std::map<std::string, std::string>> model;
      Opened store(backend);
      for (int round = 0; round < 40; ++round) {
        kj::Vector<kj::Promise<uint64_t>> pending;
        for (uint64_t i = chance.between(1, 6); i > 0; --i) {
          Batch batch;
          for (uint64_t steps = chance.between(1, 5); steps > 0; --steps) {
            auto document = kj::str("site-", chance.between(1, 3));
            auto key = std::to_string(chance.between(1, 30));
            auto& rows = model[document.cStr()];
            if (chance.chance(3)) {
              batch.eraseAll(Table::LOCAL, document);
              rows.clear();
            } else if (chance.chance(30)) {
              batch.erase(Table::LOCAL, document, view(key));
              rows.erase(key);
            } else {
              std::string value(chance.between(0, 900), char('a' + chance.between(0, 25)));
              batch.put(Table::LOCAL, document, view(key), view(value));
              rows[key] = value;
            }
          }
          pending.add(store.store->commit(kj::mv(batch)));
        }
        for (auto& promise : pending) promise.wait(store.loop());
        if (chance.chance(10)) store.reopen();
        for (auto& [document, rows] : model) {
          std::string expected;
          for (auto& [key, value] : rows) {
            expected += (expected.empty() ? "" : " ") + key + "=" + value;
          }
          CHECK((store.scan(Table::LOCAL, document.c_str()) == expected));
        }
      }
    });
  }
}

}  // namespace
}  // namespace skerry
