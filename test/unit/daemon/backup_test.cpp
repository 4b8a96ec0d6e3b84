#include "shared/daemon/backup.h"
#include "shared/pki/identity.h"
#include "test/sim/sim_host.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {
namespace {

constexpr uint64_t LIMIT_MS = 60'000;
constexpr kj::StringPtr DATABASE = "central.db"_kj, DOCUMENT = "central"_kj;

BackupTier tierNamed(const char* name) {
  return {name, DATABASE, DOCUMENT, [](BytesView row) { return uint64_t(row[0]); }};
}

// A machine with an identity and a few rows.
struct Kept {
  SimWorld world{31};
  SimHost machine{world, "one"};

  Kept() { machine.powerOn(); }
  void enrol(SimHost& at, kj::StringPtr name) {
    auto& host = at.host();
    Identity identity;
    auto root = newKey(host.entropy);
    identity.key = newKey(host.entropy);
    identity.root = issueRoot(*root, "fleet:acme", host.clock.wallMs(), host.entropy);
    identity.chain.push_back(issueLeaf(Issuer{*identity.root, *root}, *identity.key, name.cStr(),
                                       host.clock.wallMs(), host.entropy));
    IdentityFolder(host.files).save(identity);
  }
  kj::Own<Store> open(SimHost& at) { return world.run(openStore(at.host(), DATABASE), LIMIT_MS); }
  void put(Store& store, kj::StringPtr document, std::string_view key, std::string_view value) {
    Batch batch;
    batch.put(Table::META, document, view(key), view(value));
    world.run(store.commit(kj::mv(batch)), LIMIT_MS);
  }
  std::string get(Store& store, kj::StringPtr document, std::string_view key) {
    auto row = world.run(store.get(Table::META, document, view(key)), LIMIT_MS);
    KJ_IF_MAYBE(bytes, row) return text(view(*bytes));
    return "-";
  }
  Bytes take() {
    auto store = open(machine);
    auto taken = world.run(takeBackup(machine.host(), tierNamed("central"), *store), LIMIT_MS);
    world.run(store->close(), LIMIT_MS);
    return taken;
  }
  std::string restore(SimHost& at, Bytes backup, const char* tier = "central") {
    std::string why;
    KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
      world.run(restoreBackup(at.host(), tierNamed(tier), std::move(backup)), LIMIT_MS);
    })) why = text(reason->getDescription());
    return why;
  }
};

TEST_CASE("a backup puts back every row and every key, and takes away what was made since") {
  Kept kept;
  kept.enrol(kept.machine, "central");
  {
    auto store = kept.open(kept.machine);
    kept.put(*store, DOCUMENT, "era", "\x07");
    kept.put(*store, "region/north", "colour", "red");
    kept.world.run(store->close(), LIMIT_MS);
  }
  auto backup = kept.take();
  {
    auto store = kept.open(kept.machine);
    kept.put(*store, "region/north", "colour", "blue");
    kept.put(*store, "region/south", "colour", "green");
    kept.put(*store, DOCUMENT, "era", "\x09");
    kept.world.run(store->close(), LIMIT_MS);
  }
  CHECK(kept.restore(kept.machine, backup) == "");
  auto store = kept.open(kept.machine);
  CHECK(kept.get(*store, "region/north", "colour") == "red");
  CHECK(kept.get(*store, "region/south", "colour") == "-");
  auto mark = kept.world.run(findRestored(*store, DOCUMENT), LIMIT_MS);
  CHECK(KJ_ASSERT_NONNULL(mark).eraSeen == 9);
  CHECK(IdentityFolder(kept.machine.host().files).isEnrolled());
}

TEST_CASE("a backup makes a new machine the daemon that it was taken of") {
  Kept kept;
  kept.enrol(kept.machine, "central");
  auto backup = kept.take();
  SimHost other(kept.world, "two");
  other.powerOn();
  CHECK(kept.restore(other, backup) == "");
  CHECK(IdentityFolder(other.host().files).isEnrolled());
  // And again, over itself.
  CHECK(kept.restore(other, backup) == "");
}

TEST_CASE("of a changed, cut, foreign or newer backup nothing is restored, and it is said why") {
  Kept kept;
  kept.enrol(kept.machine, "central");
  auto backup = kept.take();
  SimHost other(kept.world, "two");
  other.powerOn();
  for (size_t at = 0; at < backup.size(); at += 97) {
    auto changed = backup;
    changed[at] ^= 0x10;
    CHECK(kept.restore(other, changed) != "");
    CHECK(kept.restore(other, Bytes(backup.begin(), backup.begin() + at)) != "");
  }
  CHECK(kept.restore(other, backup, "region").find("another tier") != std::string::npos);
  CHECK_FALSE(other.host().files.exists(kj::Path("identity")));
  SimHost third(kept.world, "three");
  third.powerOn();
  kept.enrol(third, "central");
  CHECK(kept.restore(third, backup).find("another daemon") != std::string::npos);
}

TEST_CASE("a backup with a file that leads out of the folder is refused, though its sum is right") {
  for (std::vector<std::string> path : {std::vector<std::string>{}, {"..", "shadow"},
                                        {"identity", "../../shadow"}, {"/etc"}, {"a", "b", "c"}}) {
    Backup backup;
    backup.files.push_back({path, Bytes(3, 'x')});
    std::string why;
    CHECK_FALSE(decodeBackup(view(encodeBackup(backup)), why).has_value());
    CHECK(why.starts_with("this backup cannot be read"));
  }
}

}  // namespace
}  // namespace skerry
