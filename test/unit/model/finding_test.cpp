#include "shared/model/finding.h"
#include <doctest/doctest.h>

using namespace skerry;

TEST_CASE("findings are lines whose columns are aligned, with the command below") {
  CHECK(printFindings({}) == "");
  CHECK(printFindings({fine("disk", "roomy"), problem("certificate", "gone", "look for it")}) ==
        "ok       disk         roomy\n"
        "problem  certificate  gone\n"
        "                      try: look for it\n");
}

TEST_CASE("what another machine said cannot act on a terminal") {
  auto printed = printFindings({warning("hosts", "\x1b[2Jred\nok", "a\nb")});
  CHECK(printed == "warning  hosts   [2Jred ok\n                try: a b\n");
}

TEST_CASE("only a problem counts as one, and what is well is left out on demand") {
  Findings findings{fine("a", "well"), warning("b", "so so", "do")};
  CHECK(!hasProblem(findings));
  CHECK(unfavourable(findings) == Findings{warning("b", "so so", "do")});
  findings.push_back(problem("c", "bad", "do"));
  CHECK(hasProblem(findings));
}

TEST_CASE("newer findings take the place of all that was said of the same check") {
  Findings old{fine("a", "1"), fine("b", "2"), fine("a", "3")};
  CHECK(replaced(old, {}) == old);
  CHECK(replaced(old, {fine("c", "5"), problem("a", "4", "x"), fine("c", "6")}) ==
        Findings{problem("a", "4", "x"), fine("b", "2"), fine("c", "5"), fine("c", "6")});
}
