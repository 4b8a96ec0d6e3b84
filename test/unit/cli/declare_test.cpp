// `apply`, `plan`, `validate`, `delete`: files in, outcomes out.
#include "test/unit/cli/fake_machine.h"
#include "shared/model/model_limits.h"
#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::test;

namespace {

const char* POS =
    "kind: Tenant\nname: acme\n---\nkind: Application\nname: pos\ntenant: acme\nservices:\n  web:\n"
    "    image: i:1\n    ports: [\"80:80\"]\n";

void addResult(schema::ApplyResult::Builder result, const char* kind, const char* name,
               const char* outcome) {
  result.setKind(kind);
  result.setName(name);
  result.setOutcome(outcome);
}

// Says of every manifest that it was created, and how many there were.
struct Accepting : Site {
  Accepting() {
    admin.onApply = [this](FakeAdmin::ApplyContext& context) {
      auto manifests = context.getParams().getManifests();
      dryRun = context.getParams().getDryRun();
      sent = manifests.size();
      auto results = context.getResults().initResults(sent);
      for (uint i = 0; i < sent; ++i) {
        bool isTenant = manifests[i].isTenant();
        addResult(results[i], isTenant ? "tenant" : "application",
                  isTenant ? manifests[i].getTenant().getName().cStr() : "pos", "created");
      }
    };
  }
  uint sent = 0;
  bool dryRun = false;
};

}  // namespace

TEST_CASE("apply sends what the manifests declare and prints what became of each") {
  Accepting site;
  site.machine.files["pos.yaml"] = POS;
  auto ran = site.run({"apply", "-f", "pos.yaml"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "tenant/acme created\napplication/pos created\n");
  CHECK_FALSE(site.dryRun);
  ran = site.run({"apply", "--dry-run", "-f", "pos.yaml", "-o", "json"});
  CHECK(site.dryRun);
  CHECK(ran.out.find("\"outcome\": \"created\"") != std::string::npos);
  CHECK(ran.out.find("\"dryRun\": true") != std::string::npos);
}

TEST_CASE("folders, several files and standard input are read") {
  Accepting site;
  site.machine.files["dir/b.yml"] = "kind: Tenant\nname: b\n";
  site.machine.files["dir/a.yaml"] = "kind: Tenant\nname: a\n";
  site.machine.files["dir/.hidden.yaml"] = "not a manifest";
  site.machine.files["dir/notes.txt"] = "not a manifest";
  site.machine.files["c.yaml"] = "kind: Tenant\nname: c\n";
  site.machine.files["-"] = "kind: Tenant\nname: d\n";
  auto ran = site.run({"apply", "-f", "dir", "-f", "c.yaml", "-f", "-"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "tenant/a created\ntenant/b created\ntenant/c created\ntenant/d created\n");
}

TEST_CASE("errors in two of three files are all shown, and nothing is sent") {
  Accepting site;
  site.machine.files["dir/a.yaml"] = "kind: Tenant\nname: A\ncolour: red\n";
  site.machine.files["dir/b.yaml"] = "kind: Tenant\nname: b\n";
  site.machine.files["dir/c.yaml"] =
      "kind: Application\nname: c\ntenant: t\nservices: {w: {image: i, tty: true}}\n"
      "placement: {sites: \"a ==\"}\n";
  auto ran = site.run({"apply", "-f", "dir"});
  CHECK(ran.code == 2);
  CHECK(site.sent == 0);
  CHECK(ran.err.find("dir/a.yaml:2: name:") != std::string::npos);
  CHECK(ran.err.find("dir/a.yaml:3: colour:") != std::string::npos);
  CHECK(ran.err.find("dir/c.yaml:4: services.w.tty:") != std::string::npos);
  CHECK(ran.err.find("dir/c.yaml:5: placement.sites:") != std::string::npos);
  CHECK(ran.err.find("b.yaml") == std::string::npos);
}

TEST_CASE("files that cannot be read, empty folders and huge files are named") {
  Accepting site;
  site.machine.files["empty/notes.txt"] = "";
  site.machine.files["big.yaml"] = std::string(10 << 20, 'a');
  site.machine.files["nothing.yaml"] = "";
  auto ran = site.run(
      {"apply", "-f", "missing.yaml", "-f", "empty", "-f", "big.yaml", "-f", "nothing.yaml"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("missing.yaml: the file cannot be read: No such file") != std::string::npos);
  CHECK(ran.err.find("empty: there is no *.yaml") != std::string::npos);
  CHECK(ran.err.find("big.yaml: the file is larger than 1 MiB") != std::string::npos);
  CHECK(ran.err.find("nothing.yaml:1: the file declares nothing") != std::string::npos);
}

TEST_CASE("what the daemon refuses points into the file it came from") {
  Site site;
  site.machine.files["pos.yaml"] = POS;
  site.admin.onApply = [](FakeAdmin::ApplyContext& context) {
    auto problems = context.getResults().initProblems(2);
    problems[0].setCode(6);
    problems[0].setReason("port-taken");
    problems[0].setMessage("port 80 is taken");
    problems[0].setManifest(1);
    problems[0].setPath("services.web.ports[0]");
    problems[1].setCode(6);
    problems[1].setMessage("of none in particular");
    problems[1].setManifest(-1);
  };
  auto ran = site.run({"apply", "-f", "pos.yaml"});
  CHECK(ran.code == 6);
  CHECK(ran.err ==
        "pos.yaml:10: services.web.ports[0]: port 80 is taken\nerror: of none in particular\n");
}

TEST_CASE("a warning of the daemon is shown and is no error") {
  Site site;
  site.machine.files["pos.yaml"] = POS;
  site.admin.onApply = [](FakeAdmin::ApplyContext& context) {
    auto result = context.getResults().initResults(1)[0];
    addResult(result, "application", "pos", "unchanged");
    result.setWarning("matches no site");
  };
  auto ran = site.run({"apply", "-f", "pos.yaml"});
  CHECK(ran.code == 0);
  CHECK(ran.err == "warning: application/pos: matches no site\n");
  CHECK(site.run({"apply", "-f", "pos.yaml", "-o", "json"}).err == "");
}

TEST_CASE("plan shows every site, and its exit code can say that there are changes") {
  Site site;
  site.machine.files["pos.yaml"] = POS;
  const char* outcome = "changed";
  site.admin.onPlan = [&](FakeAdmin::PlanContext& context) {
    auto results = context.getResults();
    addResult(results.initResults(1)[0], "application", "pos", outcome);
    auto targets = results.initTargets(2);
    targets[0].setApp("pos");
    targets[0].setSite("oslo-0012");
    targets[0].setRegion("north");
    targets[0].setAction("change");
    targets[0].setOnline(true);
    targets[1].setApp("pos");
    targets[1].setSite("bergen-0001");
    targets[1].setRegion("north");
    targets[1].setAction("cannot");
    targets[1].setReason("no container engine");
  };
  auto ran = site.run({"plan", "-f", "pos.yaml", "--exit-code"});
  CHECK(ran.code == 9);
  CHECK(ran.out ==
        "application/pos changed (plan)\n\n"
        "APP  SITE         REGION  ACTION  LINK     REASON\n"
        "pos  oslo-0012    north   change  online\n"
        "pos  bergen-0001  north   cannot  offline  no container engine\n");
  CHECK(site.run({"plan", "-f", "pos.yaml"}).code == 0);
  ran = site.run({"diff", "-f", "pos.yaml", "--site", "bergen-0001", "-o", "json"});
  CHECK(ran.out.find("bergen-0001") != std::string::npos);
  CHECK(ran.out.find("oslo-0012") == std::string::npos);
  CHECK(ran.out.find("\"changes\": true") != std::string::npos);
  outcome = "unchanged";
  CHECK(site.run({"plan", "-f", "pos.yaml", "--exit-code"}).code == 0);
}

TEST_CASE("a plan has an id, and apply does what that plan said or nothing") {
  Accepting site;
  site.machine.files["pos.yaml"] = POS;
  site.admin.onPlan = [](FakeAdmin::PlanContext& context) {
    addResult(context.getResults().initResults(1)[0], "application", "pos", "changed");
    context.getResults().setId("0123abcd");
  };
  auto ran = site.run({"plan", "-f", "pos.yaml"});
  CHECK(ran.out.find("to do just this: skerry apply --plan 0123abcd --file pos.yaml\n") !=
        std::string::npos);
  CHECK(site.run({"plan", "-f", "pos.yaml", "-o", "json"}).out.find("\"id\": \"0123abcd\"") !=
        std::string::npos);
  site.admin.onApply = [](FakeAdmin::ApplyContext& context) {
    CHECK(context.getParams().getPlanId() == "0123abcd");
    auto problem = context.getResults().initProblems(1)[0];
    problem.setCode(6);
    problem.setReason("plan-stale");
    problem.setMessage("not what the plan said");
  };
  ran = site.run({"apply", "-f", "pos.yaml", "--plan", "0123abcd"});
  CHECK(ran.code == 6);
  CHECK(ran.out == "");
  CHECK(ran.err == "error: not what the plan said\n  try: skerry plan --file pos.yaml\n");
}

TEST_CASE("plan for one site as YAML is the applications it would run, ready to be applied") {
  Site site;
  site.machine.files["pos.yaml"] = POS;
  const char* action = "start";
  site.admin.onPlan = [&](FakeAdmin::PlanContext& context) {
    auto target = context.getResults().initTargets(1)[0];
    target.setTenant("acme");
    target.setApp("pos");
    target.setSite("oslo");
    target.setAction(action);
  };
  std::vector<std::string> arguments{"plan", "-f", "pos.yaml", "--site", "oslo", "-o", "yaml"};
  auto ran = site.run(arguments);
  CHECK(ran.code == 0);
  CHECK(ran.out.find("kind: Application\nname: pos\n") == 0);
  site.machine.files["again.yaml"] = "kind: Tenant\nname: acme\n---\n" + ran.out;
  CHECK(site.run({"validate", "-f", "again.yaml"}).code == 0);
  action = "stop";
  CHECK(site.run(arguments).out == "");
}

TEST_CASE("plan for a site that nobody declared is not found") {
  Site site;
  site.machine.files["pos.yaml"] = POS;
  site.admin.onPlan = [](FakeAdmin::PlanContext&) {};
  site.admin.onGet = [](FakeAdmin::GetContext& context) {
    CHECK(context.getParams().getQuery().getName() == "nowhere");
  };
  CHECK(site.run({"plan", "-f", "pos.yaml", "--site", "nowhere"}).code == 3);
}

TEST_CASE("with -o name what was declared is named, for other commands") {
  Accepting site;
  site.machine.files["pos.yaml"] = POS;
  auto ran = site.run({"apply", "-f", "pos.yaml", "-o", "name"});
  CHECK(ran.out == "tenant/acme\napplication/pos\n");
}

TEST_CASE("validate needs no daemon and names every object") {
  FakeMachine machine;
  machine.files["pos.yaml"] = POS;
  auto ran = machine.run({"validate", "-f", "pos.yaml"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "pos.yaml:1: Tenant `acme` is valid\npos.yaml:4: Application `pos` is valid\n");
  machine.files["twice.yaml"] = "kind: Tenant\nname: acme\n";
  ran = machine.run({"validate", "-f", "pos.yaml", "-f", "twice.yaml"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("twice.yaml:2: name: Tenant `acme` is declared a second time") == 0);
}

TEST_CASE("delete needs --yes where nobody can answer, and asks where somebody can") {
  Site site;
  int deleted = 0;
  site.admin.onDelete = [&](FakeAdmin::DeleteContext& context) {
    ++deleted;
    CHECK(context.getParams().getQuery().getKind() == "application");
    addResult(context.getResults().initResults(1)[0], "application", "pos", "deleted");
  };
  auto ran = site.run({"delete", "app", "pos"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("--yes") != std::string::npos);
  CHECK(deleted == 0);
  ran = site.run({"delete", "app", "pos", "--yes"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "application/pos deleted\n");
  site.machine.isTerminal = true;
  site.machine.typed = {"n"};
  ran = site.run({"delete", "app", "pos"});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("Delete application/pos? [y/N]") != std::string::npos);
  CHECK(deleted == 1);
  site.machine.typed = {"y"};
  CHECK(site.run({"delete", "app/pos"}).code == 0);
  CHECK(deleted == 2);
}

TEST_CASE("delete -f removes what the manifests declare, the last first") {
  Site site;
  site.machine.files["pos.yaml"] = POS;
  std::string order;
  site.admin.onDelete = [&](FakeAdmin::DeleteContext& context) {
    auto query = context.getParams().getQuery();
    order += kj::str(query.getKind(), '/', query.getTenant(), '/', query.getName(), ' ').cStr();
    CHECK(context.getParams().getCascade());
  };
  CHECK(site.run({"delete", "-f", "pos.yaml", "--yes", "--cascade"}).code == 0);
  CHECK(order == "application/acme/pos tenant//acme ");
  CHECK(site.run({"delete", "--yes"}).code == 2);
  CHECK(site.run({"delete", "app", "x", "-f", "pos.yaml", "--yes"}).code == 2);
}

TEST_CASE("what still has something is refused with the list") {
  Site site;
  site.admin.onDelete = [](FakeAdmin::DeleteContext& context) {
    auto problem = context.getResults().initProblems(1)[0];
    problem.setCode(6);
    problem.setReason("in-use");
    problem.setMessage("the tenant still has: application/pos");
    problem.setHint("delete them first, or add --cascade");
  };
  auto ran = site.run({"delete", "tenant", "acme", "--yes"});
  CHECK(ran.code == 6);
  CHECK(ran.err.find("application/pos") != std::string::npos);
}
