#include "test/unit/cli/fake_machine.h"
#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::test;

namespace {

using Verdict = schema::Finding::Verdict;

// A daemon that found these, one of each check.
struct Examined : Site {
  explicit Examined(std::vector<Verdict> verdicts) {
    admin.onDoctor = [verdicts](FakeAdmin::DoctorContext& context) {
      auto list = context.getResults().initFindings(verdicts.size());
      for (size_t i = 0; i < verdicts.size(); ++i) {
        list[i].setCheck(kj::str("check", i));
        list[i].setVerdict(verdicts[i]);
        list[i].setText("as it is \x1b[31m");
        if (verdicts[i] != Verdict::OK) list[i].setNext("mend it");
      }
    };
  }
};

}  // namespace

TEST_CASE("what was found is a line each, with the command that helps below it") {
  Examined site({Verdict::OK, Verdict::WARNING});
  auto ran = site.run({"doctor"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "ok       check0  as it is  [31m\n"
                   "warning  check1  as it is  [31m\n"
                   "                 try: mend it\n");
}

TEST_CASE("one problem is enough to end with 1, warnings are not") {
  CHECK(Examined({Verdict::OK}).run({"doctor"}).code == 0);
  CHECK(Examined({Verdict::WARNING, Verdict::WARNING}).run({"doctor"}).code == 0);
  CHECK(Examined({Verdict::OK, Verdict::PROBLEM}).run({"doctor"}).code == 1);
}

TEST_CASE("a verdict that this client does not know counts as a problem") {
  auto ran = Examined({Verdict(17)}).run({"doctor"});
  CHECK(ran.code == 1);
  CHECK(ran.out.find("problem") == 0);
}

TEST_CASE("findings are JSON with four fields each for scripts") {
  auto ran = Examined({Verdict::PROBLEM}).run({"doctor", "-o", "json"});
  CHECK(ran.code == 1);
  CHECK(ran.out == R"({
  "findings": [
    {
      "check": "check0",
      "verdict": "problem",
      "text": "as it is \u001b[31m",
      "next": "mend it"
    }
  ]
}
)");
}
