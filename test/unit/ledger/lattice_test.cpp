#include "test/unit/ledger/history.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

// A replica that only watches: the same states without an own name to be claimed.
Local watching(const Local& other) {
  Local made(DocumentKind::SITE, 0);
  made.join(other.knowledgeFor({}));
  return made;
}

Local joined(const Local& one, const Local& other) {
  Local made = one;
  auto result = made.join(other.knowledgeFor(made.context()));
  CHECK(result.refused.empty());
  return made;
}

// Bit by bit, and by hash: equal knowledge is equal state is equal hashes.
bool isSame(const Local& one, const Local& other) {
  bool isEqual = one.context() == other.context() &&
                 one.entries().size() == other.entries().size();
  for (auto& [dot, entry]: one.entries()) {
    auto found = other.find(dot);
    isEqual = isEqual && found != nullptr && found->bytes == entry.bytes;
  }
  CHECK(isEqual == (stateOf(one) == stateOf(other)));
  return isEqual;
}

std::vector<std::string> readAll(const Local& local) {
  std::vector<std::string> reads;
  for (auto& [key, dots]: local.byKey()) {
    for (auto sibling: local.at(key)) reads.push_back(key.path + " " + sibling->entry.dot.text());
  }
  return reads;
}

}  // namespace

TEST_CASE("joining random reachable states is commutative, associative and idempotent") {
  size_t different = 0;
  for (uint64_t seed = 1; seed <= 2'000; seed++) {
    CAPTURE(seed);
    History history(seed);
    history.play(16);
    std::vector<Local> states;
    for (auto host: HOSTS) states.push_back(watching(history.fleet.at(host).local()));
    auto& a = states[0];
    auto& b = states[1];
    auto& c = states[2];
    Local ab = joined(a, b), ba = joined(b, a);
    CHECK(isSame(ab, ba));
    CHECK(isSame(joined(ab, c), joined(a, joined(b, c))));
    CHECK(isSame(joined(a, a), a));
    CHECK(isSame(joined(ab, a), ab));
    CHECK(readAll(ab) == readAll(ba));
    different += isSame(a, b) ? 0 : 1;
  }
  CHECK(different > 800);
}
