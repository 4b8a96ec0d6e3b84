#include "tier_site/run_book.h"
#include "shared/daemon/self.h"
#include "test/support/hand_store.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

const InstanceId WEB{"acme", "pos", "web", 0};

struct Book {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  HandStore store;
  Writer writer{store, [](kj::Exception) {}};
  RunBook book;

  std::map<InstanceId, Run> load() {
    writer.durable().wait(scope);
    return RunBook::load(store.scan(Table::RUN, SELF_DOCUMENT).wait(scope));
  }
};

Run crashing() {
  Run run;
  run.incarnation = 9;
  run.digest = sha256(view("rendered"));
  run.started = 8;
  run.ended = 8;
  run.restarts = 7;
  run.failures = 6;
  run.exitedWallMs = 1'700'000'000'000;
  run.reason = "exited with code 3";
  run.livesIn = RuntimeKind::CONTAINER;
  run.bootId = "boot1";
  run.yielded = true;
  run.notBeforeMs = 55;
  run.startedMs = 44;
  run.finished = true;
  return run;
}

TEST_CASE("the stored half of a history comes back, what belongs to one controller does not") {
  Book b;
  b.book.attach(b.writer, {});
  auto run = crashing();
  b.book.save(WEB, run);
  auto loaded = b.load().at(WEB);
  CHECK(loaded.incarnation == 9);
  CHECK(loaded.digest == run.digest);
  CHECK(loaded.started == 8);
  CHECK(loaded.ended == 8);
  CHECK(loaded.restarts == 7);
  CHECK(loaded.failures == 6);
  CHECK(loaded.exitedWallMs == run.exitedWallMs);
  CHECK(loaded.reason == run.reason);
  CHECK(loaded.livesIn == RuntimeKind::CONTAINER);
  CHECK(loaded.bootId == "boot1");
  CHECK(loaded.yielded);
  CHECK(loaded.notBeforeMs == 0);
  CHECK(loaded.startedMs == 0);
  CHECK(!loaded.finished);
}

TEST_CASE("a history that did not change is not written again") {
  Book b;
  b.book.attach(b.writer, {});
  b.book.save(WEB, crashing());
  b.load();
  auto batches = b.store.batches.size();
  auto run = crashing();
  run.notBeforeMs = 77;
  b.book.save(WEB, run);
  b.load();
  CHECK(b.store.batches.size() == batches);
  run.failures = 7;
  b.book.save(WEB, run);
  CHECK(b.load().at(WEB).failures == 7);
}

TEST_CASE("a history of an earlier controller is erased, though this one never wrote it") {
  Book b;
  b.book.attach(b.writer, {});
  b.book.save(WEB, crashing());
  b.load();
  RunBook next;
  next.attach(b.writer, {});
  next.erase(WEB);
  CHECK(b.load().empty());
}

TEST_CASE("without a disk nothing is written and nothing fails; a new writer gets everything") {
  Book b;
  b.book.save(WEB, crashing());
  b.book.erase(WEB);
  CHECK(b.load().empty());
  b.book.attach(b.writer, {});
  b.book.save(WEB, crashing());
  b.load();
  b.book.detach();
  // What the old writer was given may have been lost with it.
  b.store.rows.clear();
  b.book.attach(b.writer, {});
  b.book.save(WEB, crashing());
  CHECK(b.load().size() == 1);
}

TEST_CASE("what the disk holds already is not written again, what it missed is") {
  Book b;
  b.book.attach(b.writer, {{WEB, crashing()}});
  b.book.save(WEB, crashing());
  b.load();
  CHECK(b.store.batches.empty());
  auto run = crashing();
  ++run.failures;
  b.book.save(WEB, run);
  CHECK(b.load().at(WEB).failures == run.failures);
}

TEST_CASE("a row whose key is no instance is left aside") {
  CHECK(RunBook::load({{copy(view("no instance")), Bytes(8)}}).empty());
}

}  // namespace
}  // namespace skerry
