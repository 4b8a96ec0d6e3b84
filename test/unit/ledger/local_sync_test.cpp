#include "shared/ledger/local_sync.h"
#include "test/unit/ledger/catalogue.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

struct Host {
  Local local;
  explicit Host(uint32_t number, DocumentKind kind = DocumentKind::SITE): local(kind, number) {
    RowChanges rows;
    local.takeIncarnation(number, rows);
  }
  Dot write(const std::string& path, std::string_view value) {
    LocalDraft draft;
    draft.key = {"pos", genOf(1), path, ""};
    draft.value = bytes(value);
    return *local.write(draft).dot;
  }
};

struct Wire {
  LocalSender sender;
  LocalReceiver receiver;
  size_t messages = 0, bytes = 0;
  std::string refused;

  Wire(Host& from, Host& to): sender(from.local, 1'000), receiver(to.local, 2'000) {}

  void talk(std::vector<Bytes> sent) {
    for (size_t round = 0; !sent.empty(); round++) {
      REQUIRE(round < 20);
      std::vector<Bytes> next;
      for (auto& message: sent) {
        CHECK(message.size() <= PIECE_BYTES_MAX);
        messages++;
        bytes += message.size();
        auto received = receiver.receive(view(message));
        if (!received.refused.empty()) refused = received.refused;
        for (auto& answer: sender.onReply(view(*received.reply))) next.push_back(answer);
      }
      sent = kj::mv(next);
    }
  }
};

bool isSame(const Host& one, const Host& other) {
  return stateOf(one.local) == stateOf(other.local);
}

}  // namespace

TEST_CASE("a snapshot of many pieces is joined in one step") {
  Host a(1, DocumentKind::REGION), b(2, DocumentKind::REGION);
  for (int i = 0; i < 60; i++) a.write("p" + std::to_string(i), std::string(16 << 10, 'x'));
  Wire wire(a, b);
  auto offer = wire.sender.start();
  auto wants = wire.receiver.receive(view(offer[0]));
  auto pieces = wire.sender.onReply(view(*wants.reply));
  REQUIRE(pieces.size() > 3);
  for (size_t i = 0; i + 1 < pieces.size(); i++) {
    CHECK(wire.receiver.receive(view(pieces[i])).rows.empty());
    CHECK(b.local.entries().empty());
  }
  auto last = wire.receiver.receive(view(pieces.back()));
  CHECK(last.isFilled);
  CHECK(last.added.size() == 60);
  CHECK(isSame(a, b));
}

TEST_CASE("pieces may come in any order and twice") {
  Host a(1, DocumentKind::REGION), b(2, DocumentKind::REGION);
  for (int i = 0; i < 60; i++) a.write("p" + std::to_string(i), std::string(16 << 10, 'x'));
  Wire wire(a, b);
  auto wants = wire.receiver.receive(view(wire.sender.start()[0]));
  auto pieces = wire.sender.onReply(view(*wants.reply));
  for (size_t i = pieces.size(); i-- > 0;) {
    wire.receiver.receive(view(pieces[i]));
    wire.receiver.receive(view(pieces[i]));
  }
  CHECK(isSame(a, b));
}

TEST_CASE("only entries that the receiver has not seen are carried") {
  Host a(1), b(2);
  for (int i = 0; i < 500; i++) a.write("p" + std::to_string(i), std::string(200, 'x'));
  Wire wire(a, b);
  wire.talk(wire.sender.start());
  REQUIRE(isSame(a, b));
  a.write("new", "x");
  Wire again(a, b);
  again.talk(again.sender.start());
  CHECK(isSame(a, b));
  CHECK(again.bytes < 500 * 16 + 1'000);
}

TEST_CASE("after the snapshot, changes follow one by one and are acknowledged") {
  Host a(1), b(2);
  a.write("p", "1");
  Wire wire(a, b);
  wire.talk(wire.sender.start());
  CHECK(wire.sender.isAcknowledged());
  wire.messages = wire.bytes = 0;
  a.write("p", "2");
  a.write("q", "1");
  CHECK_FALSE(wire.sender.isAcknowledged());
  wire.talk(wire.sender.changed());
  a.local.remove({"pos", genOf(1), "q", ""});
  wire.talk(wire.sender.changed());
  CHECK(isSame(a, b));
  CHECK(wire.messages == 2);
  CHECK(wire.bytes < 1'500);
  CHECK(wire.sender.isAcknowledged());
}

TEST_CASE("a change that was lost is noticed with the next one, and a snapshot makes it good") {
  Host a(1), b(2);
  Wire wire(a, b);
  wire.talk(wire.sender.start());
  a.write("p", "1");
  wire.sender.changed();  // lost
  a.write("q", "1");
  wire.talk(wire.sender.changed());
  CHECK(isSame(a, b));
  CHECK(b.local.entries().size() == 2);
}

TEST_CASE("a repeated change is acknowledged and not joined again") {
  Host a(1), b(2);
  Wire wire(a, b);
  wire.talk(wire.sender.start());
  a.write("p", "1");
  auto change = wire.sender.changed();
  wire.talk(change);
  b.local.remove({"pos", genOf(1), "p", ""});
  auto again = wire.receiver.receive(view(change[0]));
  CHECK(again.rows.empty());
  CHECK(b.local.entries().empty());
}

TEST_CASE("replicas that agree at the hello exchange changes without any snapshot") {
  Host a(1), b(2);
  a.write("p", "1");
  Wire first(a, b);
  first.talk(first.sender.start());
  Wire next(a, b);
  next.sender.agree();
  CHECK(next.sender.isAcknowledged());
  a.write("p", "2");
  next.talk(next.sender.changed());
  CHECK(next.messages == 1);
  CHECK(isSame(a, b));
}

TEST_CASE("a change onto a state that the receiver no longer has is made good by a snapshot") {
  Host a(1), b(2);
  Wire wire(a, b);
  wire.sender.agree();
  b.write("other", "1");
  a.write("p", "1");
  wire.talk(wire.sender.changed());
  CHECK(b.local.entries().size() == 2);
  CHECK(wire.messages > 1);
}

TEST_CASE("what came from a replica is not sent back to it") {
  Host a(1), b(2);
  Wire there(a, b), back(b, a);
  there.sender.agree();
  back.sender.agree();
  a.write("p", "1");
  auto before = b.local.changeCount();
  there.talk(there.sender.changed());
  back.sender.absorbed(before);
  CHECK(back.sender.changed().empty());
  b.write("q", "1");
  back.talk(back.sender.changed());
  CHECK(back.messages == 1);
  CHECK(isSame(a, b));
}

TEST_CASE("a writer so far ahead that its changes are forgotten falls back to a snapshot") {
  Host a(1), b(2);
  Wire wire(a, b);
  wire.talk(wire.sender.start());
  for (size_t i = 0; i < LOCAL_CHANGES_MAX + 10; i++) a.write("p", std::to_string(i));
  wire.talk(wire.sender.changed());
  CHECK(isSame(a, b));
}

TEST_CASE("a snapshot that comes late does not count as the answer to a request") {
  Host a(1), b(2), region(3);
  Wire wire(region, b);
  auto wants = wire.receiver.receive(view(wire.sender.start()[0]));
  auto late = wire.sender.onReply(view(*wants.reply));
  Host wiped(2);
  LocalReceiver receiver(wiped.local, 9'000);
  CHECK_FALSE(receiver.receive(view(late[0])).isFilled);
  auto asked = receiver.receive(view(wire.sender.start()[0]));
  auto answer = wire.sender.onReply(view(*asked.reply));
  CHECK(receiver.receive(view(answer[0])).isFilled);
}

TEST_CASE("garbage is refused and changes nothing") {
  Host a(1);
  a.write("p", "1");
  Host probe(2);
  Wire wire(a, probe);
  auto wants = wire.receiver.receive(view(wire.sender.start()[0]));
  auto piece = wire.sender.onReply(view(*wants.reply))[0];
  for (size_t at = 0; at < piece.size(); at++) {
    Host b(2);
    LocalReceiver receiver(b.local, 1);
    auto broken = piece;
    broken[at] ^= 0xff;
    auto received = receiver.receive(view(broken));
    CHECK(received.reply.has_value());
    for (auto& [dot, live]: b.local.entries()) CHECK(live.hash == shortHash(view(live.bytes)));
  }
  CHECK_FALSE(wire.receiver.receive(view("garbage!")).refused.empty());
}

TEST_CASE("a sender that never answers for the context asked is refused in the end") {
  Host a(1), b(2);
  a.write("p", "1");
  Wire wire(a, b);
  auto wants = wire.receiver.receive(view(wire.sender.start()[0]));
  Host full(3);
  full.local.join(a.local.knowledgeFor({}));
  LocalReceiver fullReceiver(full.local, 1);
  LocalSender sender(a.local, 500);
  auto wantsFull = fullReceiver.receive(view(sender.start()[0]));
  std::string refused;
  for (unsigned i = 0; i < SNAPSHOT_ATTEMPTS_MAX; i++) {
    CHECK(refused.empty());
    for (auto& piece: sender.onReply(view(*wantsFull.reply))) {
      refused = wire.receiver.receive(view(piece)).refused;
    }
  }
  CHECK(refused.find("another context") != std::string::npos);
}
