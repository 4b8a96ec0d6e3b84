#include "shared/model/head.h"
#include "test/support/authority.h"
#include <doctest/doctest.h>
#include <algorithm>

namespace skerry {
namespace {

constexpr int64_t HOUR_MS = int64_t(3'600) * 1'000;

Head sample() {
  return {"north", {2, 40}, 1'700'000'000'000, sha256(view("root")), {2, 17}};
}

TEST_CASE("a head is read back as it was signed") {
  Authority central;
  Disbelief why;
  auto opened = openHead(view(central.key()), "north", view(signHead(*central.signer, sample())),
                         why);
  CHECK(why.reason == "");
  REQUIRE(opened.has_value());
  CHECK(*opened == sample());
}

TEST_CASE("a head of somebody else, about another region or of another kind is not believed") {
  Authority central, stranger(2);
  Disbelief why;
  auto believes = [&](const Bytes& envelope, const std::string& region) {
    why = {};
    return openHead(view(central.key()), region, view(envelope), why).has_value();
  };
  auto good = signHead(*central.signer, sample());
  CHECK(believes(good, "north"));
  CHECK(!believes(good, "south"));
  CHECK(why.reason.find("about region 'north'") != std::string::npos);
  CHECK(!believes(signHead(*stranger.signer, sample()), "north"));
  CHECK(why.reason.find("signature") != std::string::npos);
  CHECK(!believes(central.policy("north"), "north"));
  CHECK(!believes({}, "north"));
}

TEST_CASE("a head of which any byte was changed says nothing else, if it is believed at all") {
  Authority central;
  auto good = signHead(*central.signer, sample());
  size_t refused = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= 0x10;
    Disbelief why;
    auto opened = openHead(view(central.key()), "north", view(bad), why);
    CHECK((!opened || *opened == sample()));
    CHECK(opened.has_value() == why.reason.empty());
    refused += !opened;
  }
  // Nothing but padding and pointers may change without harm.
  CHECK(refused > good.size() / 2);
}

TEST_CASE("the root covers kind, id, sequence and content of each, and no order") {
  InForceStatement one{"intent", "acme/pos", {1, 7}, sha256(view("body"))};
  std::vector<InForceStatement> others;
  for (int i = 0; i < 20; ++i) {
    others.push_back({"site", "s" + std::to_string(i), {1, uint64_t(100 - i)}, Hash()});
  }
  auto with = [&](InForceStatement extra) {
    auto all = others;
    all.push_back(std::move(extra));
    return rootOf(std::move(all));
  };
  auto root = with(one);
  auto shuffled = others;
  shuffled.insert(shuffled.begin() + 3, one);
  std::reverse(shuffled.begin(), shuffled.end());
  CHECK(rootOf(shuffled) == root);
  CHECK(rootOf(others) != root);
  auto changed = [&](auto change) {
    auto other = one;
    change(other);
    return with(other) != root;
  };
  CHECK(changed([](auto& s) { s.kind = "policy"; }));
  CHECK(changed([](auto& s) { s.id = "acme/po"; }));
  CHECK(changed([](auto& s) { s.seq.era = 2; }));
  CHECK(changed([](auto& s) { s.seq.n = 8; }));
  CHECK(changed([](auto& s) { s.bodyHash = Hash(); }));
  // Nothing can move from one part to the next.
  CHECK(changed([](auto& s) {
    s.kind = "intentacme";
    s.id = "/pos";
  }));
}

TEST_CASE("what a statement is covered as is what it says") {
  Authority central;
  auto envelope = central.policy("acme");
  Decoded<schema::Signed> decoded(envelope);
  auto covered = inForceOf(decoded.get().getStatement());
  CHECK(covered.kind == "policy");
  CHECK(covered.id == "acme");
  CHECK(covered.seq == central.seq);
  CHECK(covered.bodyHash == sha256(decoded.get().getBody()));
}

TEST_CASE("central's word is stale after three hours, not at them") {
  CHECK(stalenessOf(-HOUR_MS).empty());
  CHECK(stalenessOf(3 * HOUR_MS).empty());
  CHECK(stalenessOf(3 * HOUR_MS + 1) ==
        "central's word is 3 hours old although the region is connected");
  CHECK(stalenessOf(5 * HOUR_MS + 1).find("5 hours old") != std::string::npos);
}

}  // namespace
}  // namespace skerry
