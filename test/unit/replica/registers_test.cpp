#include "shared/replica/registers.h"
#include "shared/replica/register_wire.h"
#include "test/sim/seeded_entropy.h"
#include <doctest/doctest.h>
#include <capnp/message.h>
#include <algorithm>

namespace skerry {
namespace {

Bytes value(uint64_t number) { return copy(view("value " + std::to_string(number))); }

// All that the mirror lacks of the source, in pieces, as a session sends it.
void catchUp(const RegisterSource& source, RegisterMirror& mirror, uint64_t from) {
  for (;;) {
    auto batch = source.since(from);
    mirror.apply(batch);
    from = batch.upTo;
    if (from == source.newest()) return;
  }
}

bool agree(const RegisterSource& source, const RegisterMirror& mirror) {
  return source.all() == mirror.all() && source.digest() == mirror.digest() &&
         source.getEpoch() == mirror.getEpoch();
}

TEST_CASE("a register is written when its value is another, and not else") {
  RegisterSource source(1);
  CHECK(source.set("host", value(1)));
  auto seq = source.newest();
  CHECK(!source.set("host", value(1)));
  CHECK(source.newest() == seq);
  CHECK(source.set("host", value(2)));
  CHECK(source.newest() > seq);
  CHECK(source.erase("host"));
  CHECK(!source.erase("host"));
  CHECK(source.all().empty());
  CHECK(source.digest() == RegisterSource(9).digest());
}

TEST_CASE("a register that is empty, too large or too long is the caller's fault") {
  RegisterSource source(1);
  CHECK_THROWS_AS(source.set("host", {}), kj::Exception);
  CHECK_THROWS_AS(source.set("host", Bytes(REGISTER_BYTES_MAX + 1)), kj::Exception);
  CHECK_THROWS_AS(source.set(std::string(REGISTER_KEY_BYTES_MAX + 1, 'k'), value(1)),
                  kj::Exception);
  CHECK(source.set(std::string(REGISTER_KEY_BYTES_MAX, 'k'), Bytes(REGISTER_BYTES_MAX)));
  CHECK(source.newest() == 1);
}

TEST_CASE("erasing by prefix takes what begins so and nothing beside it") {
  RegisterSource source(1);
  for (auto key : {"oslo", "oslo/host", "oslo/link", "oslo2/host", "osl/host"}) {
    source.set(key, value(1));
  }
  CHECK(source.eraseAll("oslo/"));
  CHECK(!source.eraseAll("oslo/"));
  CHECK(source.all().size() == 3);
  RegisterMirror mirror;
  catchUp(source, mirror, 0);
  CHECK(agree(source, mirror));
}

TEST_CASE("a mirror follows its source through changes and removals") {
  RegisterSource source(4);
  RegisterMirror mirror;
  source.set("a", value(1));
  source.set("b", value(1));
  catchUp(source, mirror, 0);
  CHECK(agree(source, mirror));
  auto seen = source.newest();
  source.set("a", value(2));
  source.erase("b");
  source.set("c", value(3));
  auto changed = mirror.apply(source.since(seen));
  CHECK(changed == std::vector<std::string>{"a", "b", "c"});
  CHECK(agree(source, mirror));
  CHECK(mirror.find("b") == nullptr);
  CHECK(KJ_ASSERT_NONNULL(mirror.find("a")) == value(2));
}

TEST_CASE("nothing new is an empty batch that changes nothing") {
  RegisterSource source(1);
  source.set("a", value(1));
  RegisterMirror mirror;
  catchUp(source, mirror, 0);
  auto batch = source.since(source.newest());
  CHECK(batch.changes.empty());
  CHECK(!batch.whole);
  CHECK(batch.upTo == source.newest());
  CHECK(mirror.apply(batch).empty());
}

TEST_CASE("a whole series comes in pieces and ends with what it does not name") {
  RegisterSource source(2);
  for (size_t i = 0; i < 2 * REGISTERS_PER_BATCH_MAX + 7; ++i) {
    source.set("key" + std::to_string(i), value(i));
  }
  auto first = source.since(0);
  CHECK(first.whole);
  CHECK(first.changes.size() == REGISTERS_PER_BATCH_MAX);
  auto second = source.since(first.upTo);
  CHECK(!second.whole);
  RegisterMirror mirror;
  // What the mirror holds of another history of the same epoch goes.
  RegisterBatch other;
  other.epoch = 2;
  other.changes = {{"stray", 9'999'999, value(1)}};
  mirror.apply(other);
  catchUp(source, mirror, 0);
  CHECK(agree(source, mirror));
}

TEST_CASE("changes made while a whole series is on its way arrive with it") {
  RegisterSource source(2);
  for (size_t i = 0; i < REGISTERS_PER_BATCH_MAX + 10; ++i) {
    source.set("key" + std::to_string(i), value(i));
  }
  RegisterMirror mirror;
  auto first = source.since(0);
  mirror.apply(first);
  source.erase("key0");
  source.set("key1", value(77));
  source.erase("key1005");
  catchUp(source, mirror, first.upTo);
  CHECK(agree(source, mirror));
}

TEST_CASE("a new epoch forgets the old one, and a word of the old one is ignored then") {
  RegisterSource before(5), after(6);
  before.set("a", value(1));
  before.set("b", value(1));
  RegisterMirror mirror;
  catchUp(before, mirror, 0);
  after.set("b", value(2));
  auto changed = mirror.apply(after.since(0));
  CHECK(changed == std::vector<std::string>{"a", "b"});
  CHECK(agree(after, mirror));
  CHECK(mirror.apply(before.since(0)).empty());
  CHECK(agree(after, mirror));
}

TEST_CASE("a source that has nothing empties what its parent still holds of an earlier life") {
  RegisterSource before(5), after(6);
  before.set("a", value(1));
  RegisterMirror mirror;
  catchUp(before, mirror, 0);
  CHECK(mirror.apply(after.since(0)) == std::vector<std::string>{"a"});
  CHECK(agree(after, mirror));
}

TEST_CASE("a child with a new disk counts from the start again, and is believed when it greets") {
  RegisterMirror mirror;
  RegisterSource before(statusEpoch(7, 1)), after(statusEpoch(1, 2));
  before.set("host", value(1));
  catchUp(before, mirror, 0);
  after.set("disk", value(2));
  // From nowhere it is late.
  CHECK(mirror.apply(after.since(0)).empty());
  mirror.greeted(after.getEpoch());
  catchUp(after, mirror, 0);
  CHECK(agree(after, mirror));
  // What is still on its way of the former life changes nothing.
  before.set("host", value(3));
  CHECK(mirror.apply(before.since(0)).empty());
  CHECK(agree(after, mirror));
}

TEST_CASE("no two starts have an epoch in common, also when one lost count") {
  CHECK(statusEpoch(2, 0) > statusEpoch(1, UINT64_MAX));
  CHECK(statusEpoch(1, 5) != statusEpoch(1, 6));
}

TEST_CASE("a late or repeated change does not bring back what has gone on") {
  RegisterSource source(1);
  source.set("a", value(1));
  auto first = source.since(0);
  first.whole = false;
  source.set("a", value(2));
  auto second = source.since(first.upTo);
  source.erase("a");
  auto third = source.since(second.upTo);
  RegisterMirror mirror;
  for (auto batch : {&third, &second, &first, &second, &third}) mirror.apply(*batch);
  CHECK(mirror.all().empty());
  CHECK(mirror.digest() == source.digest());
}

TEST_CASE("what exceeds a bound is not kept") {
  RegisterMirror mirror;
  RegisterBatch batch;
  batch.epoch = 1;
  batch.changes = {{"large", 1, Bytes(REGISTER_BYTES_MAX + 1)},
                   {std::string(REGISTER_KEY_BYTES_MAX + 1, 'k'), 2, value(1)},
                   {"right", 3, value(1)}};
  CHECK(mirror.apply(batch) == std::vector<std::string>{"right"});
  CHECK(mirror.all().size() == 1);
}

TEST_CASE("of a producer that sends without end a bounded part is kept, and the digest tells") {
  RegisterMirror mirror(SITE_REGISTERS);
  RegisterBatch batch;
  batch.epoch = 1;
  for (uint64_t seq = 1; seq <= 3 * SITE_REGISTERS.count; ++seq) {
    auto content = Bytes(seq % 2 == 0 ? 1 : 1'000, uint8_t(seq));
    batch.changes = {{"instance/" + std::to_string(seq), seq, content}};
    mirror.apply(batch);
    if (seq % 5 == 0) {
      batch.changes = {{"gone/" + std::to_string(seq), seq, {}}};
      mirror.apply(batch);
    }
  }
  CHECK(mirror.all().size() <= SITE_REGISTERS.count);
  CHECK(mirror.usedBytes() <= SITE_REGISTERS.bytes);
  CHECK(mirror.usedBytes() > SITE_REGISTERS.bytes - 2'000);
  auto held = mirror.all().size();
  batch.changes = {{std::string(SITE_REGISTERS.keyBytes + 1, 'k'), 9, value(1)}};
  CHECK(mirror.apply(batch).empty());
  // What is given up makes room.
  for (auto [key, one] : std::map(mirror.all())) {
    batch.changes = {{key, one.seq + 1, {}}};
    mirror.apply(batch);
  }
  CHECK(held > 0);
  CHECK(mirror.usedBytes() == 0);
}

TEST_CASE("a producer forgets what went long ago, and the digest makes that good") {
  RegisterSource source(1);
  source.set("stays", value(1));
  source.set("goes", value(1));
  RegisterMirror mirror;
  catchUp(source, mirror, 0);
  auto seen = source.newest();
  source.erase("goes");
  for (size_t i = 0; i < REGISTERS_GONE_MAX; ++i) {
    source.set("passing/" + std::to_string(i), value(i));
    source.erase("passing/" + std::to_string(i));
  }
  catchUp(source, mirror, seen);
  CHECK(mirror.all().contains("goes"));
  CHECK(mirror.digest() != source.digest());
  catchUp(source, mirror, 0);
  CHECK(agree(source, mirror));
}

TEST_CASE("a producer says what it has no room for before it is told") {
  RegisterSource source(1);
  CHECK(source.hasRoomFor("a", value(1)));
  CHECK(!source.hasRoomFor(std::string(REGISTER_KEY_BYTES_MAX + 1, 'k'), value(1)));
  CHECK(!source.hasRoomFor("a", Bytes(REGISTER_BYTES_MAX + 1)));
  size_t number = 0;
  Bytes large(REGISTER_BYTES_MAX, 1);
  for (; source.hasRoomFor(std::to_string(number), large); ++number) {
    source.set(std::to_string(number), large);
  }
  CHECK(number >= REGISTERS_BYTES_MAX / (REGISTER_BYTES_MAX + 1'000));
  CHECK_THROWS_AS(source.set("more", large), kj::Exception);
  CHECK(source.hasRoomFor("0", large));  // in place of what is there
}

TEST_CASE("a batch is the same on the other side of the wire") {
  RegisterSource source(7);
  source.set("a", value(1));
  source.set("b", value(2));
  source.erase("a");
  for (uint64_t from : {uint64_t(0), uint64_t(1)}) {
    auto batch = source.since(from);
    capnp::MallocMessageBuilder message;
    auto wire = message.initRoot<schema::RegisterBatch>();
    writeBatch(batch, wire);
    auto read = readBatch(wire.asReader());
    CHECK(read.epoch == batch.epoch);
    CHECK(read.whole == batch.whole);
    CHECK(read.changes == batch.changes);
    CHECK(read.digest == batch.digest);
  }
}

// Random edits, sent over a line that loses, repeats and reorders. A session compares digests now
// and then and sends everything when they differ.
TEST_CASE("source and mirror converge under loss, repetition and reordering") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    SeededEntropy chance(seed);
    auto source = kj::heap<RegisterSource>(1);
    RegisterMirror mirror;
    std::vector<RegisterBatch> line;
    uint64_t sent = 0, epoch = 1;
    for (int i = 0; i < 400; ++i) {
      auto key = "key" + std::to_string(chance.between(0, 30));
      if (chance.chance(30)) source->erase(key);
      else source->set(key, value(chance.between(0, 5)));
      if (chance.chance(40)) {
        auto batch = source->since(sent);
        sent = batch.upTo;
        line.push_back(batch);
        if (chance.chance(20)) line.push_back(batch);
      }
      if (!line.empty() && chance.chance(50)) {
        auto at = chance.chance(30) ? chance.between(0, line.size() - 1) : 0;
        if (!chance.chance(20)) mirror.apply(line[at]);
        line.erase(line.begin() + long(at));
      }
      if (chance.chance(2)) {
        source = kj::heap<RegisterSource>(++epoch);
        sent = 0;
      }
    }
    // The line is cut: what is on it is lost. The next session's hello tells whether to send all.
    bool known = source->getEpoch() == mirror.getEpoch() && source->digest() == mirror.digest();
    if (!known) catchUp(*source, mirror, 0);
    CHECK(agree(*source, mirror));
  }
}

}  // namespace
}  // namespace skerry
