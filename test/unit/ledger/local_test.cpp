#include "shared/ledger/local_sync.h"
#include "test/unit/ledger/catalogue.h"
#include <doctest/doctest.h>
#include <kj/exception.h>

using namespace skerry;

namespace {

Local writer(uint32_t host, uint64_t incarnation = 0) {
  Local local(DocumentKind::SITE, host);
  RowChanges rows;
  local.takeIncarnation(incarnation == 0 ? host : incarnation, rows);
  return local;
}

LocalDraft draft(const std::string& path, std::string_view value, uint64_t hlc = 0) {
  LocalDraft made;
  made.key = {"pos", genOf(1), path, ""};
  made.value = bytes(value);
  made.author = "ann";
  made.hlc = hlc;
  return made;
}

Joined join(Local& to, const Local& from) { return to.join(from.knowledgeFor(to.context())); }

std::string read(const Local& local, const std::string& path) {
  auto siblings = local.at({"pos", genOf(1), path, ""});
  return siblings.empty() ? "-" : text(view(siblings.front()->entry.value));
}

StoredRows stored(const RowChanges& changes) {
  std::map<std::pair<Part, Bytes>, Bytes> kept;
  for (auto& change: changes) {
    if (change.value) kept[{change.part, change.key}] = *change.value;
    else kept.erase({change.part, change.key});
  }
  StoredRows rows;
  for (auto& [key, value]: kept) rows.push_back({key.first, key.second, value});
  return rows;
}

class NothingExists final : public Presence {
public:
  bool hasObject(const std::string&, const Gen&) const override { return false; }
  bool hasRevision(const std::string&, const Hash&) const override { return false; }
  bool hasScope(const std::string&) const override { return false; }
};

}  // namespace

TEST_CASE("a write supersedes what its author has seen at the key") {
  Local a = writer(1), b = writer(2);
  a.write(draft("p", "one"));
  join(b, a);
  auto second = b.write(draft("p", "two"));
  CHECK(second.removed.size() == 1);
  join(a, b);
  CHECK(read(a, "p") == "two");
  CHECK(a.entries().size() == 1);
}

TEST_CASE("writes made while apart are both kept, read alike, and listed until somebody writes") {
  Local a = writer(1), b = writer(2);
  a.write(draft("p", "from a", 20));
  b.write(draft("p", "from b", 10));
  join(a, b);
  join(b, a);
  CHECK(read(a, "p") == "from a");
  CHECK(read(b, "p") == "from a");
  REQUIRE(a.conflicts().size() == 1);
  CHECK(a.conflicts()[0].kind == LocalConflict::Kind::SIBLINGS);
  CHECK(a.conflicts()[0].dots == b.conflicts()[0].dots);
  b.write(draft("p", "decided"));
  join(a, b);
  CHECK(a.conflicts().empty());
  CHECK(read(a, "p") == "decided");
}

TEST_CASE("equal stamps are decided by the dot") {
  Local a = writer(1), b = writer(2);
  a.write(draft("p", "from 1", 5));
  b.write(draft("p", "from 2", 5));
  join(a, b);
  join(b, a);
  CHECK(read(a, "p") == "from 2");
  CHECK(read(b, "p") == "from 2");
}

TEST_CASE("a removal is not undone by a replica that still has the entry") {
  Local a = writer(1), b = writer(2), c = writer(3);
  a.write(draft("p", "one"));
  join(b, a);
  join(c, a);
  CHECK(b.remove({"pos", genOf(1), "p", ""}).done());
  join(b, c);
  CHECK(read(b, "p") == "-");
  join(c, b);
  CHECK(read(c, "p") == "-");
  join(c, a);
  CHECK(read(c, "p") == "-");
}

TEST_CASE("a write that a removal had not seen survives it") {
  Local a = writer(1), b = writer(2);
  a.write(draft("p", "one"));
  join(b, a);
  a.write(draft("p", "two"));
  b.remove({"pos", genOf(1), "p", ""});
  join(a, b);
  join(b, a);
  CHECK(read(a, "p") == "two");
  CHECK(read(b, "p") == "two");
}

TEST_CASE("a snapshot that was made for another context is not joined") {
  Local a = writer(1), b = writer(2);
  b.write(draft("p", "one"));
  join(a, b);
  auto late = b.knowledgeFor(a.context());
  Local wiped = writer(1, 77);
  auto joined = wiped.join(late);
  CHECK(joined.isForAnotherContext);
  CHECK(joined.rows.empty());
  CHECK(wiped.context().empty());
  join(wiped, b);
  CHECK(read(wiped, "p") == "one");
}

TEST_CASE("the same dot with another entry is reported as a fork, and its owner writes anew") {
  Local first = writer(1, 5), clone = writer(1, 5), other = writer(2);
  first.write(draft("p", "x"));
  clone.write(draft("p", "y"));
  join(other, first);
  auto joined = join(other, clone);
  REQUIRE(joined.forks.size() == 1);
  CHECK(joined.forks[0] == Dot{{1, 5}, 1});
  CHECK(read(other, "p") == "x");

  RowChanges rows;
  clone.takeIncarnation(6, rows);
  CHECK(clone.rewriteOwn().done());
  CHECK(clone.entries().begin()->first == Dot{{1, 6}, 1});
  join(other, clone);
  join(clone, other);
  CHECK(read(other, "p") == "y");
  CHECK(other.localHash() == clone.localHash());
}

TEST_CASE("whoever hears that it wrote more than it knows must take a new name before writing") {
  Local a = writer(1), b = writer(2);
  Local backup = a;
  a.write(draft("p", "one"));
  a.remove({"pos", genOf(1), "p", ""});
  join(b, a);
  auto joined = join(backup, b);
  CHECK(joined.claimed);
  CHECK(backup.needsIncarnation());
  CHECK(backup.write(draft("q", "new")).refused == LocalResult::Refused::NEEDS_INCARNATION);
  RowChanges rows;
  backup.takeIncarnation(99, rows);
  backup.write(draft("q", "new"));
  join(b, backup);
  CHECK(read(b, "q") == "new");
}

TEST_CASE("a second claim of the day that nobody can prove is refused") {
  Local a = writer(1);
  Knowledge forged;
  forged.context[a.actor()] = uint64_t(1) << 63;
  CHECK(a.join(forged).claimed);
  RowChanges rows;
  a.takeIncarnation(50, rows);
  CHECK(a.write(draft("p", "one")).done());
  forged.context.clear();
  forged.context[a.actor()] = uint64_t(1) << 63;
  auto refused = a.join(forged);
  CHECK(refused.refused.find("claims again") != std::string::npos);
  CHECK(a.write(draft("p", "two")).done());
  a.forgiveClaims();
  CHECK(a.join(forged).claimed);
}

TEST_CASE("an entry is ended only by a replica whose orders are those of its author or newer") {
  Local a = writer(1);
  auto made = draft("p", "local");
  made.seen = {1, 1, 5};
  auto written = a.write(made);
  EndedRecord record{a.find(*written.dot)->bytes, sha256(view("r2")), bytes("parent"), "healthy"};
  auto early = a.end(*written.dot, record, LocalDraft(), {1, 1, 4});
  CHECK(early.refused == LocalResult::Refused::OLDER_ORDERS);
  CHECK(read(a, "p") == "local");
  auto ended = a.end(*written.dot, record, LocalDraft(), {1, 1, 5});
  REQUIRE(ended.done());
  auto conflicts = a.conflicts();
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].kind == LocalConflict::Kind::ENDED);
  auto shown = decodeEnded(view(a.find(*ended.dot)->entry.value));
  REQUIRE(shown);
  CHECK(*shown == record);
  CHECK(decodeLocalEntry(view(shown->entry))->value == bytes("local"));
  CHECK(a.end(*ended.dot, record, LocalDraft(), {1, 1, 5}).refused ==
        LocalResult::Refused::INVALID);
  CHECK(a.remove(conflicts[0].key).done());
  CHECK(a.conflicts().empty());
}

TEST_CASE("ending one sibling leaves the others") {
  Local a = writer(1), b = writer(2);
  auto first = a.write(draft("p", "a"));
  b.write(draft("p", "b"));
  join(a, b);
  EndedRecord record{a.find(*first.dot)->bytes, sha256(view("r")), std::nullopt, "healthy"};
  CHECK(a.end(*first.dot, record, LocalDraft(), {1, 1, 1}).done());
  CHECK(a.at({"pos", genOf(1), "p", ""}).size() == 2);
  CHECK(a.find({{2, 2}, 1}) != nullptr);
}

TEST_CASE("a sweep takes what is gone, except from authors with newer orders") {
  Local a = writer(1);
  auto older = draft("p", "one"), newer = draft("q", "two");
  older.seen = {1, 1, 4};
  newer.seen = {1, 1, 6};
  a.write(older);
  a.write(newer);
  auto swept = a.sweep(NothingExists(), {1, 1, 5});
  CHECK(swept.removed.size() == 1);
  CHECK(read(a, "p") == "-");
  CHECK(read(a, "q") == "two");
  a.sweep(NothingExists(), {1, 1, 6});
  CHECK(a.entries().empty());
}

TEST_CASE("writers stop at the limits and are told what is left; replacing a value goes on") {
  Local a = writer(1);
  for (int i = 0; i < 2'000; i++) REQUIRE(a.write(draft("p" + std::to_string(i), "x")).done());
  auto refused = a.write(draft("one too many", "x"));
  CHECK(refused.refused == LocalResult::Refused::LIMIT);
  CHECK(refused.text.find("2000 of at most 2000 entries, 0 are left") != std::string::npos);
  CHECK(a.write(draft("p7", "y")).done());
  a.remove({"pos", genOf(1), "p8", ""});
  CHECK(a.write(draft("one too many", "x")).done());
}

TEST_CASE("the bytes of the local half are limited too") {
  Local a = writer(1);
  LocalResult result;
  for (int i = 0; i < 100 && result.done(); i++) {
    result = a.write(draft("p" + std::to_string(i), std::string(16 << 10, 'x')));
  }
  CHECK(result.refused == LocalResult::Refused::LIMIT);
  CHECK(a.usage().bytes <= size_t(1) << 20);
  CHECK(a.write(draft("p0", std::string(17 << 10, 'x'))).refused == LocalResult::Refused::INVALID);
  CHECK(a.write(draft("p0", "small")).done());
}

TEST_CASE("hosts that each wrote up to the limit still join") {
  Local a = writer(1), b = writer(2);
  for (int i = 0; i < 2'000; i++) {
    a.write(draft("a" + std::to_string(i), "x"));
    b.write(draft("b" + std::to_string(i), "x"));
  }
  CHECK(join(a, b).refused.empty());
  CHECK(a.entries().size() == 4'000);
  CHECK(a.write(draft("more", "x")).refused == LocalResult::Refused::LIMIT);
  CHECK(a.write(draft("a1", "y")).done());
}

TEST_CASE("at most 1,024 writers are known, and none is ever forgotten") {
  Local a = writer(1);
  Knowledge theirs;
  for (uint32_t i = 0; i < ACTORS_MAX; i++) theirs.context[{100 + i, 1}] = 1;
  REQUIRE(a.join(theirs).refused.empty());
  CHECK(a.write(draft("p", "x")).refused == LocalResult::Refused::LIMIT);
  Knowledge more;
  more.context[{5'000, 1}] = 1;
  CHECK(a.join(more).refused.find("1025 of at most 1024") != std::string::npos);
  CHECK(a.context().size() == ACTORS_MAX);
}

TEST_CASE("a path of the manifest cannot pose as a reserved one") {
  Local a = writer(1);
  CHECK(a.write(draft("@hold", "x")).refused == LocalResult::Refused::INVALID);
  CHECK(a.write(draft(std::string(600, 'p'), "x")).refused == LocalResult::Refused::INVALID);
}

TEST_CASE("a stored replica is loaded as it was, and goes on counting") {
  Local a = writer(1);
  RowChanges rows;
  a.takeIncarnation(42, rows);
  for (auto path: {"p", "q", "p"}) {
    auto result = a.write(draft(path, "x"));
    rows.insert(rows.end(), result.rows.begin(), result.rows.end());
  }
  Local loaded(DocumentKind::SITE, 1);
  loaded.load(stored(rows));
  CHECK(loaded.contextHash() == a.contextHash());
  CHECK(loaded.localHash() == a.localHash());
  CHECK_FALSE(loaded.needsIncarnation());
  CHECK(loaded.write(draft("r", "x")).dot == Dot{{1, 42}, 4});

  auto damaged = stored(rows);
  for (auto& row: damaged) {
    if (row.part == Part::LOCAL) row.key.back()++;
  }
  Local refusing(DocumentKind::SITE, 1);
  CHECK_THROWS_AS(refusing.load(damaged), kj::Exception);
}

TEST_CASE("an entry of a newer version survives a join and a restart bit by bit") {
  LocalEntry entry;
  entry.key = {"pos", genOf(1), "p", ""};
  entry.dot = {{9, 9}, 1};
  entry.kind = LocalKind(200);
  entry.value = bytes("?");
  Bytes future = localEntryOfFuture(entry);
  Knowledge theirs;
  theirs.context[entry.dot.actor] = 1;
  theirs.live[entry.dot] = shortHash(view(future));
  theirs.carried[entry.dot] = future;
  Local a = writer(1);
  auto joined = a.join(theirs);
  REQUIRE(joined.refused.empty());
  Local loaded(DocumentKind::SITE, 1);
  loaded.load(stored(joined.rows));
  Local b = writer(2);
  join(b, loaded);
  REQUIRE(b.find(entry.dot) != nullptr);
  CHECK(b.find(entry.dot)->bytes == future);
  CHECK(uint16_t(b.find(entry.dot)->entry.kind) == 200);
}

TEST_CASE("a message that contradicts itself is refused and changes nothing") {
  Local b = writer(2);
  b.write(draft("p", "one"));
  Dot dot{{2, 2}, 1};
  auto good = b.knowledgeFor({});
  auto refused = [](const Knowledge& wrong) {
    Local a = writer(1);
    auto joined = a.join(wrong);
    CHECK(joined.rows.empty());
    CHECK(a.entries().empty());
    return !joined.refused.empty();
  };
  CHECK_FALSE([&] { Local a = writer(1); return !a.join(good).refused.empty(); }());
  auto unlisted = good;
  unlisted.live.clear();
  CHECK(refused(unlisted));
  auto unseen = good;
  unseen.context.clear();
  CHECK(refused(unseen));
  auto otherHash = good;
  otherHash.live[dot] ^= 1;
  CHECK(refused(otherHash));
  auto garbled = good;
  garbled.carried[dot] = bytes("no entry");
  CHECK(refused(garbled));
  auto swapped = good;
  swapped.carried[{{2, 2}, 2}] = good.carried[dot];
  CHECK(refused(swapped));
}
