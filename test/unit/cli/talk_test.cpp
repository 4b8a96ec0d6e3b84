// `logs`, `why`, `token`.
#include "test/unit/cli/fake_machine.h"
#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::test;

namespace {

struct Logging : Site {
  Logging() {
    admin.onGet = [this](FakeAdmin::GetContext& context) {
      for (auto item : context.getResults().initItems(instances)) {
        item.initStatus().initInstance().setService("web");
      }
    };
    admin.onLogs = [this](FakeAdmin::LogsContext& context) -> kj::Promise<void> {
      auto query = context.getParams().getQuery();
      asked = kj::str(query.getSite(), '|', query.getTenant(), '|', query.getApp(), '|',
                      query.getService(), '|', query.getOrdinal(), '|', query.getTail(), '|',
                      query.getSinceMs(), '|', query.getFollow())
                  .cStr();
      auto names = context.getResults().initMissing(missing.size());
      for (uint i = 0; i < missing.size(); ++i) names.set(i, missing[i]);
      auto request = context.getParams().getSink().writeRequest();
      auto list = request.initLines(lines);
      for (auto line : list) {
        line.setSite("oslo");
        line.setInstance("acme.pos.web.0");
        line.setAtMs(FakeMachine::NOW_MS);
        line.setText("hello \x1b[31m");
      }
      return request.send();
    };
  }
  uint instances = 1, lines = 1;
  std::vector<const char*> missing;
  std::string asked;
};

}  // namespace

TEST_CASE("lines of one instance come as they are, those of several with their name") {
  Logging site;
  CHECK(site.run({"logs", "pos"}).out == "hello \x1b[31m\n");
  site.instances = 2;
  CHECK(site.run({"logs", "pos"}).out == "oslo/acme.pos.web.0 hello \x1b[31m\n");
  CHECK(site.run({"logs", "pos", "-o", "json"}).out ==
        "{\"site\":\"oslo\",\"instance\":\"acme.pos.web.0\",\"at\":\"2023-11-14T22:13:20Z\","
        "\"stream\":\"stdout\",\"text\":\"hello \\u001b[31m\"}\n");
}

TEST_CASE("on a terminal lines cannot act on it") {
  Logging site;
  site.machine.isTerminal = true;
  CHECK(site.run({"logs", "pos"}).out == "hello ?[31m\n");
}

TEST_CASE("what narrows the lines is sent to the daemon") {
  Logging site;
  site.run({"-t", "acme", "logs", "pos", "--site", "oslo", "--service", "web", "--instance", "2",
            "--tail", "10", "--since", "15m"});
  CHECK(site.asked == "oslo|acme|pos|web|2|10|900000|false");
  site.run({"logs", "site/oslo", "--since", FakeMachine::ago(60'000), "-f"});
  CHECK(site.asked == "oslo||||-1|0|60000|true");
  site.run({"logs", "app/pos", "--instance", "acme.pos.db.1"});
  CHECK(site.asked == "||pos|db|1|0|0|false");
}

TEST_CASE("sites that did not answer are named, and are an error when nobody did") {
  Logging site;
  site.missing = {"bergen", "tromso"};
  auto ran = site.run({"logs", "pos"});
  CHECK(ran.code == 0);
  CHECK(ran.err == "no answer from bergen, tromso\n");
  site.lines = 0;
  CHECK(site.run({"logs", "pos"}).code == 5);
}

TEST_CASE("options of logs that mean nothing are refused before anybody is asked") {
  Logging site;
  for (auto arguments :
       std::vector<std::vector<std::string>>{{"logs", "pos", "--since", "yesterday"},
                                             {"logs", "pos", "--instance", "x"},
                                             {"logs", "host/a/b"},
                                             {"logs", "app/"},
                                             {"logs", "pos", "-l", "a = "},
                                             {"logs", "pos", "--tail", "-1"}}) {
    CAPTURE(arguments.back());
    CHECK(site.run(arguments).code == 2);
  }
  CHECK(site.asked == "");
}

TEST_CASE("why lists what speaks for and against, and what mends it") {
  Site site;
  site.admin.onWhy = [](FakeAdmin::WhyContext& context) {
    CHECK(context.getParams().getApp() == "pos");
    CHECK(context.getParams().getSite() == "oslo");
    auto findings = context.getResults().initFindings(2);
    findings[0].setGood(true);
    findings[0].setText("the site matches `size = medium`");
    findings[1].setText("the host has no container engine");
    findings[1].setNext("apt install podman");
  };
  auto ran = site.run({"why", "pos", "--site", "oslo"});
  CHECK(ran.code == 0);
  CHECK(ran.out ==
        "yes  the site matches `size = medium`\n"
        "NO   the host has no container engine\n"
        "     try: apt install podman\n");
  CHECK(site.run({"why", "pos", "--site", "oslo", "-o", "json"}).out.find("\"good\": true") !=
        std::string::npos);
}

TEST_CASE("a token is printed as the command to paste") {
  Site site;
  site.admin.onCreateToken = [](FakeAdmin::CreateTokenContext& context) {
    auto request = context.getParams().getRequest();
    CHECK(request.getKind() == "site");
    CHECK(request.getName() == "oslo");
    CHECK(request.getHost() == "h1");
    CHECK(request.getTtlMs() == 3'600'000);
    auto token = context.getResults().initToken();
    token.setToken("skerry1.abc");
    token.setCommand("skerry-site join skerry1.abc");
    token.setExpires("2030-01-01T00:00:00Z");
  };
  std::vector<std::string> arguments{"token",  "create", "site",  "oslo",
                                     "--host", "h1",     "--ttl", "1h"};
  auto ran = site.run(arguments);
  CHECK(ran.code == 0);
  CHECK(ran.out == "skerry-site join skerry1.abc\n");
  CHECK(ran.err.find("2030-01-01T00:00:00Z") != std::string::npos);
  arguments.insert(arguments.end(), {"-o", "json"});
  ran = site.run(arguments);
  CHECK(ran.out ==
        "{\n  \"token\": \"skerry1.abc\",\n  \"command\": \"skerry-site join skerry1.abc\",\n"
        "  \"expires\": \"2030-01-01T00:00:00Z\"\n}\n");
  CHECK(ran.err == "");
}

TEST_CASE("a token that would be good for no time at all is not asked for") {
  Site site;
  for (auto ttl : {"0s", "-1s", "1y", "99999d", "soon"}) {
    CHECK(site.run({"token", "create", "site", "oslo", "--ttl", ttl}).code == 2);
  }
}

TEST_CASE("a token that cannot be made says why, and what does not join gets none") {
  Site site;
  site.admin.onCreateToken = [](FakeAdmin::CreateTokenContext& context) {
    auto problem = context.getResults().initProblems(1)[0];
    problem.setCode(6);
    problem.setReason("no-region-address");
    problem.setMessage("region north has not reported an address yet");
  };
  CHECK(site.run({"token", "create", "site/oslo"}).code == 6);
  CHECK(site.run({"token", "create", "tenant", "acme"}).code == 2);
  CHECK(site.run({"token", "create", "site", "oslo", "--ttl", "soon"}).code == 2);
  CHECK(site.run({"token", "create", "site"}).code == 2);
}

TEST_CASE("tokens for many sites are files, one for each that has not joined") {
  Site site;
  std::vector<std::string> asked;
  site.admin.onGet = [](FakeAdmin::GetContext& context) {
    CHECK(context.getParams().getQuery().getSelector() == "size = small");
    auto items = context.getResults().initItems(3);
    const char* names[] = {"bergen", "molde", "oslo"};
    for (unsigned i = 0; i < 3; ++i) {
      items[i].setKind("site");
      items[i].setName(names[i]);
      items[i].initStatus().initSite().setJoined(i == 1);
    }
  };
  site.admin.onCreateToken = [&](FakeAdmin::CreateTokenContext& context) {
    auto name = context.getParams().getRequest().getName();
    asked.push_back(name.cStr());
    context.getResults().initToken().setToken(kj::str("skerry1.", name));
  };
  std::vector<std::string> arguments{"token", "create", "site", "-l",
                                     "size = small", "--out", "/van"};
  auto ran = site.run(arguments);
  CHECK(ran.code == 0);
  CHECK(ran.out == "2 tokens are in /van\n");
  CHECK(ran.err.find("1 of the sites joined before, and get none.") != std::string::npos);
  CHECK(asked == std::vector<std::string>{"bergen", "oslo"});
  CHECK(site.machine.files.at("/van/oslo.token") == "skerry1.oslo\n");
  // A file that is there is kept, and nothing is made.
  site.machine.files.erase("/van/bergen.token");
  ran = site.run(arguments);
  CHECK(ran.code == 6);
  CHECK(ran.err.find("/van/oslo.token exists; nothing was made") != std::string::npos);
  CHECK(asked.size() == 2);
}

TEST_CASE("tokens for many sites need sites, an expression and a folder") {
  Site site;
  for (auto& wrong : std::vector<std::vector<std::string>>{
           {"site", "-l", "size = small"}, {"site", "--out", "/van"},
           {"site", "oslo", "-l", "size = small", "--out", "/van"},
           {"region", "-l", "size = small", "--out", "/van"},
           {"site", "-l", "size = ", "--out", "/van"},
           {"site", "-l", "size = small", "--out", "/van", "--ttl", "0s"}}) {
    std::vector<std::string> words{"token", "create"};
    words.insert(words.end(), wrong.begin(), wrong.end());
    CHECK(site.run(words).code == 2);
  }
}

TEST_CASE("tokens are listed, and revoked by the name of who would join") {
  Site site;
  site.admin.onGet = [](FakeAdmin::GetContext& context) {
    CHECK(context.getParams().getQuery().getKind() == "token");
    context.getResults().setAsOfMs(FakeMachine::NOW_MS);
    auto token = context.getResults().initItems(1)[0].initStatus().initToken();
    token.setTarget("site/oslo");
    token.setState("unused");
    token.setExpires("2030-01-01T00:00:00Z");
  };
  CHECK(site.run({"token", "list"}).out ==
        "FOR        STATE   EXPIRES\nsite/oslo  unused  2030-01-01T00:00:00Z\n(as of 0s ago)\n");
  std::string revoked;
  site.admin.onRevokeToken = [&](FakeAdmin::RevokeTokenContext& context) {
    revoked = context.getParams().getName().cStr();
  };
  CHECK(site.run({"token", "revoke", "oslo"}).code == 2);
  CHECK(site.run({"token", "revoke", "oslo", "--yes"}).code == 0);
  CHECK(revoked == "oslo");
  CHECK(site.run({"token", "revoke", "site/bergen", "--yes"}).code == 0);
  CHECK(revoked == "bergen");
}
