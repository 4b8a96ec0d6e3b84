#include "shared/ledger/incarnation.h"
#include "test/unit/ledger/catalogue.h"
#include <doctest/doctest.h>

using namespace skerry;

TEST_CASE("a history goes on only when database and file agree and nothing was restored") {
  HistoryFacts facts{false, false, bytes("n1"), bytes("n1")};
  CHECK(judgeHistory(facts) == HistoryVerdict::INTACT);
  facts.nonceInFile = bytes("n2");
  CHECK(judgeHistory(facts) == HistoryVerdict::NONCES_DIFFER);
  facts.nonceInFile.clear();
  CHECK(judgeHistory(facts) == HistoryVerdict::NONCES_DIFFER);
  facts.wasRestored = true;
  CHECK(judgeHistory(facts) == HistoryVerdict::RESTORED);
  facts.isNewDatabase = true;
  CHECK(judgeHistory(facts) == HistoryVerdict::NEW_DATABASE);
}

TEST_CASE("any higher claim about our writes ends the history, the second unproven one the trust") {
  CHECK(judgeClaim({5, 5, false, 0}) == ClaimVerdict::TRUE_OF_US);
  CHECK(judgeClaim({5, 4, false, 9}) == ClaimVerdict::TRUE_OF_US);
  CHECK(judgeClaim({5, 6, false, 0}) == ClaimVerdict::FORGOTTEN);
  CHECK(judgeClaim({5, 6, false, 1}) == ClaimVerdict::REFUSE_PEER);
  CHECK(judgeClaim({5, 6, true, 9}) == ClaimVerdict::FORGOTTEN);
}

TEST_CASE("an incarnation is never zero") {
  CHECK(incarnationFrom(0) != 0);
  CHECK(incarnationFrom(7) == 7);
}
