#include "test/unit/ledger/fleet.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

struct Site {
  Fleet fleet{1};
  uint64_t random = 1'000;

  void write(size_t place, const std::string& path, std::string_view value) {
    LocalDraft draft;
    draft.key = {"pos", genOf(1), path, ""};
    draft.value = bytes(value);
    fleet.replicas[place].keep(fleet.at(place).write(draft, 0, random++).rows);
    fleet.spread(place);
  }
  void edit(std::string_view value) {
    OrdersEdit edit;
    edit.puts["a"] = entryOf({genOf(1), {0, genOf(1), 1, 1}, bytes(value), {}});
    auto edited = fleet.at(REGION_BELOW).edit(edit, 0, fleet.authorOf(REGION_BELOW));
    fleet.replicas[REGION_BELOW].keep(edited.rows);
    fleet.spread(REGION_BELOW);
  }
  std::vector<std::string> pump() {
    std::vector<std::string> alarms;
    while (!fleet.network.empty()) {
      Packet packet = fleet.network.front();
      fleet.network.erase(fleet.network.begin());
      auto step = fleet.deliver(packet);
      alarms.insert(alarms.end(), step.alarms.begin(), step.alarms.end());
    }
    return alarms;
  }
  bool isEqual(size_t one, size_t other) {
    return compare(fleet.at(one).hello(), fleet.at(other).hello()).nothingToDo();
  }
};

}  // namespace

TEST_CASE("a hello is about 150 bytes, and equal replicas have nothing more to say") {
  Site site;
  site.edit("one");
  site.fleet.connect(REGION_BELOW, HOST_1);
  CHECK(site.pump().empty());
  REQUIRE(site.isEqual(REGION_BELOW, HOST_1));
  site.fleet.connect(REGION_BELOW, HOST_1);
  CHECK(site.fleet.network[0].bytes.size() <= 160);
  CHECK(site.fleet.network.size() == 2);
  for (auto& packet: std::vector<Packet>(kj::mv(site.fleet.network))) {
    site.fleet.network.clear();
    auto step = site.fleet.deliver(packet);
    CHECK(step.orders.empty());
    CHECK(step.local.empty());
    CHECK(step.rows.empty());
  }
}

TEST_CASE("orders go down and on to other hosts, local writes go up and across") {
  Site site;
  site.fleet.connect(REGION_BELOW, HOST_1);
  site.fleet.connect(HOST_1, HOST_2);
  site.pump();
  site.edit("one");
  site.pump();
  CHECK(site.fleet.at(HOST_2).orders().version().n == 1);
  site.write(HOST_2, "p", "local");
  site.pump();
  CHECK(site.fleet.at(HOST_1).local().entries().size() == 1);
  CHECK(site.fleet.at(REGION_BELOW).local().entries().size() == 1);
}

TEST_CASE("a parent gives the local half back to a host with a new database, and only then") {
  Site site;
  site.fleet.connect(REGION_BELOW, HOST_1);
  site.pump();
  CHECK_FALSE(site.fleet.at(HOST_1).isNew());
  site.write(HOST_1, "p", "kept above");
  site.pump();

  site.fleet.connect(REGION_BELOW, HOST_2);
  site.pump();
  CHECK(site.fleet.at(HOST_2).local().entries().size() == 1);

  site.write(HOST_1, "q", "newer");
  site.pump();
  site.fleet.connect(REGION_BELOW, HOST_2);
  site.pump();
  CHECK(site.fleet.at(HOST_2).local().entries().size() == 1);

  site.fleet.disconnect(HOST_1);
  site.fleet.replicas[HOST_1].wipe();
  site.fleet.trustHome(HOST_1);
  CHECK(site.fleet.at(HOST_1).isNew());
  site.fleet.connect(REGION_BELOW, HOST_1);
  site.pump();
  CHECK(site.fleet.at(HOST_1).local().entries().size() == 2);
  CHECK_FALSE(site.fleet.at(HOST_1).isNew());
}

TEST_CASE("a host that is new stays new over a restart until its parent answered") {
  Site site;
  CHECK(site.fleet.at(HOST_1).isNew());
  site.fleet.connect(HOST_1, HOST_2);
  site.pump();
  site.fleet.replicas[HOST_1].restart();
  CHECK(site.fleet.at(HOST_1).isNew());
}

TEST_CASE("a child cannot give orders to its parent, nor its parent's peers") {
  Site site;
  site.edit("one");
  Orders forged(DocumentKind::SITE, "oslo");
  OrdersEdit edit;
  edit.puts["a"] = entryOf({genOf(1), {}, bytes("forged"), {}});
  forged.edit(edit, 0, {9, 9, testSigner("region")});
  OrdersSender sender(forged, [](const Hash&) { return std::optional<Bytes>(); });
  site.fleet.connect(REGION_BELOW, HOST_1);
  site.pump();
  auto before = site.fleet.at(REGION_BELOW).orders().version();
  auto message = sender.start(before, site.fleet.at(REGION_BELOW).orders().root())[0];
  auto step = site.fleet.deliver({HOST_1, REGION_BELOW, Packet::Kind::ORDERS, message});
  CHECK(step.alarms.size() == 1);
  CHECK(step.rows.empty());
  CHECK(site.fleet.at(REGION_BELOW).orders().version() == before);
}

TEST_CASE("another document, or a peer that takes no whole messages, is not spoken to") {
  Site site;
  auto none = [](const Hash&) { return std::optional<Bytes>(); };
  DocumentLink link(site.fleet.at(HOST_1), Peer::SIBLING, 1, none);
  auto other = link.onHello(view(encodeHello(site.fleet.at(CENTRAL).hello())));
  CHECK(other.alarms.size() == 1);
  auto hello = site.fleet.at(HOST_2).hello();
  hello.pieceBytesMax = 1'000;
  CHECK(link.onHello(view(encodeHello(hello))).alarms[0].find("upgrade") != std::string::npos);
  CHECK(link.onHello(view("garbage!")).alarms.size() == 1);
  CHECK(link.changed().local.empty());
}

TEST_CASE("a parent that finds newer orders below says that it was restored") {
  Site site;
  auto backup = site.fleet.replicas[REGION_BELOW].database;
  site.edit("one");
  site.fleet.connect(REGION_BELOW, HOST_1);
  site.pump();
  site.fleet.disconnect(REGION_BELOW);
  site.fleet.replicas[REGION_BELOW].restore(backup);
  site.fleet.connect(REGION_BELOW, HOST_1);
  auto alarms = site.pump();
  REQUIRE(alarms.size() == 1);
  CHECK(alarms[0].find("was restored") != std::string::npos);
}

TEST_CASE("two contents of one version are an alarm at the hello, and both end at the greater") {
  Site site;
  auto backup = site.fleet.replicas[REGION_BELOW].database;
  site.edit("one");
  site.fleet.connect(REGION_BELOW, HOST_1);
  site.pump();
  site.fleet.disconnect(REGION_BELOW);
  site.fleet.replicas[REGION_BELOW].restore(backup);
  site.edit("two");
  site.fleet.connect(REGION_BELOW, HOST_2);
  site.pump();
  site.fleet.connect(HOST_1, HOST_2);
  CHECK_FALSE(site.pump().empty());
  CHECK(site.fleet.at(HOST_1).orders().root() == site.fleet.at(HOST_2).orders().root());
}

TEST_CASE("a fork of own writes is reported to the owner, who writes them anew") {
  Site site;
  site.write(HOST_1, "p", "first");
  auto image = site.fleet.replicas[HOST_1].database;
  site.write(HOST_1, "q", "before the image");
  site.fleet.connect(HOST_1, HOST_2);
  site.pump();
  site.fleet.disconnect(HOST_1);
  site.fleet.replicas[HOST_1].restore(image);
  site.write(HOST_1, "q", "after the image");
  site.fleet.connect(HOST_1, HOST_2);
  CHECK_FALSE(site.pump().empty());
  auto rewritten = site.fleet.at(HOST_1).rewriteOwn(77);
  CHECK(rewritten.done());
  CHECK(site.fleet.at(HOST_1).local().actor() == Actor{10, 77});
  site.fleet.spread(HOST_1);
  site.fleet.connect(HOST_1, HOST_2);
  site.pump();
  CHECK(site.isEqual(HOST_1, HOST_2));
}

TEST_CASE("the writer knows when its parent holds all that it wrote") {
  Site site;
  site.fleet.connect(REGION_BELOW, HOST_1);
  site.pump();
  auto none = [](const Hash&) { return std::optional<Bytes>(); };
  DocumentLink up(site.fleet.at(HOST_1), Peer::PARENT, 5, none);
  DocumentLink down(site.fleet.at(REGION_BELOW), Peer::CHILD, 6, none);
  up.onHello(view(down.hello()));
  down.onHello(view(up.hello()));
  CHECK(up.isLocalAcknowledged());
  site.write(HOST_1, "p", "x");
  auto sent = up.changed();
  CHECK_FALSE(up.isLocalAcknowledged());
  REQUIRE(sent.local.size() == 1);
  auto received = down.onLocal(view(sent.local[0]));
  CHECK(received.localChanged);
  up.onLocalReply(view(*received.reply));
  CHECK(up.isLocalAcknowledged());
}
