#include "shared/doctor/identity_checks.h"
#include "test/unit/doctor/subject.h"

namespace skerry::test {
namespace {

constexpr int64_t NOW_MS = 1'800'000'000'000;

DaemonFacts daemon(DaemonFacts::State state, int pid = 12) {
  DaemonFacts facts;
  facts.state = state;
  facts.pid = pid;
  return facts;
}

TEST_CASE("an identity is absent, somebody's, hidden or damaged") {
  IdentityFacts facts;
  checkFinding(judgeIdentity(aSite(), facts), OK, "none yet", "skerry-site join TOKEN --data");
  facts.state = IdentityFacts::State::PRESENT;
  facts.name = "site:oslo/counter";
  checkFinding(judgeIdentity(aSite(), facts), OK, "site:oslo/counter");
  facts.state = IdentityFacts::State::HIDDEN;
  checkFinding(judgeIdentity(aSite(), facts), WARNING, "not ours to read", "sudo");
  facts.state = IdentityFacts::State::DAMAGED;
  facts.trouble = "identity/root.pem must hold the one root certificate";
  checkFinding(judgeIdentity(aSite(), facts), PROBLEM, "root.pem", "ls -l /data/site/identity");
}

TEST_CASE("a certificate is well until it should have been renewed, and never keeps anybody out") {
  Validity dates{NOW_MS - 10 * DAY_MS, NOW_MS + 10 * DAY_MS};
  auto judge = [&](int64_t nowMs, RenewedBy renewal) {
    return judgeCertificate(aSite(), dates, nowMs, renewal);
  };
  checkFinding(judge(NOW_MS, RenewedBy::BY_ITSELF), OK, "2027-01-05");
  checkFinding(judge(NOW_MS + 2 * DAY_MS, RenewedBy::BY_KEY), OK, "2027-01-05");
  checkFinding(judge(NOW_MS + 2 * DAY_MS + 1, RenewedBy::BY_ITSELF), WARNING, "half of its life",
               "skerry-site serve --data /data/site");
  checkFinding(judge(NOW_MS + 2 * DAY_MS + 1, RenewedBy::BY_KEY), WARNING, "by its key", "status");
  checkFinding(judge(dates.untilMs + 1, RenewedBy::BY_KEY), WARNING, "it was valid", "status");
  checkFinding(judge(dates.fromMs - 1, RenewedBy::BY_KEY), WARNING, "clock is behind",
               "timedatectl");
}

TEST_CASE("the file of a running daemon says which process it is and where it listens") {
  auto facts = readRunFile("{\"pid\":123,\"listen\":\"0.0.0.0:443\",\"since\":\"2026\"}\n");
  CHECK(facts.pid == 123);
  CHECK(facts.listen == "0.0.0.0:443");
  CHECK(readRunFile("").pid == 0);
  CHECK(readRunFile("{\"pid\":").pid == 0);
  CHECK(readRunFile("{\"listen\":\"").listen == "");
}

TEST_CASE("no daemon is as it should be before joining, and a warning after") {
  checkFinding(judgeDaemon(aSite(), daemon(DaemonFacts::State::NONE, 0), false), OK, "none");
  checkFinding(judgeDaemon(aSite(), daemon(DaemonFacts::State::NONE, 0), true), WARNING, "none",
               "skerry-site serve --data /data/site");
  checkFinding(judgeDaemon(aSite(), daemon(DaemonFacts::State::NONE), true), WARNING,
               "process 12, ended without a word", "serve");
}

TEST_CASE("a daemon that cannot be asked is told from one that does not answer") {
  auto answers = daemon(DaemonFacts::State::ANSWERS);
  answers.listen = "10.0.0.1:443";
  checkFinding(judgeDaemon(aSite(), answers, true), OK, "process 12 serves");
  CHECK(says(judgeDaemon(aSite(), answers, true), "10.0.0.1:443"));
  checkFinding(judgeDaemon(aSite(), daemon(DaemonFacts::State::SILENT), true), PROBLEM,
               "does not answer", "kill 12");
  checkFinding(judgeDaemon(aSite(), daemon(DaemonFacts::State::OLDER), true), WARNING, "older",
               "kill 12");
  checkFinding(judgeDaemon(aSite(), daemon(DaemonFacts::State::DENIED), true), WARNING,
               "group skerry", "sudo");
  checkFinding(judgeDaemon(aSite(), daemon(DaemonFacts::State::STARTING), true), WARNING,
               "does not serve yet", "doctor");
}

TEST_CASE("a store is sound, in use, unreadable, damaged or gone") {
  StoreHealth health;
  checkFinding(judgeStore(aSite(), health, false), OK, "none yet");
  checkFinding(judgeStore(aSite(), health, true), PROBLEM, "is gone", "ls -l /data/site");
  health.state = StoreHealth::State::SOUND;
  checkFinding(judgeStore(aSite(), health, true), OK, "/data/site/site.db opens and is whole");
  health.state = StoreHealth::State::HELD;
  checkFinding(judgeStore(aSite(), health, true), OK, "in use");
  health.state = StoreHealth::State::UNREADABLE;
  health.text = "the file is not ours to write";
  checkFinding(judgeStore(aSite(), health, true), PROBLEM, health.text, "sudo");
  health.state = StoreHealth::State::UNSOUND;
  health.text = "the file is damaged";
  checkFinding(judgeStore(aSite(), health, true), PROBLEM, "keep a copy first",
               "cp -a /data/site /data/site.damaged");
}

TEST_CASE("one address that answers is enough, and each that does not is named") {
  std::vector<Reached> reached{{"north:443", ""}};
  checkFinding(judgeReach("the region", reached), OK, "the region answers at north:443");
  reached.push_back({"[::1]:7701", "refused"});
  checkFinding(judgeReach("the region", reached), WARNING, "[::1]:7701: refused",
               "</dev/tcp/::1/7701");
  reached[0].trouble = "no answer in 5 s";
  checkFinding(judgeReach("the region", reached), PROBLEM,
               "north:443: no answer in 5 s; [::1]:7701: refused", "</dev/tcp/north/443");
}

TEST_CASE("a parent that is away is a warning that says since when and why") {
  LinkFacts facts{"region north", true, NOW_MS, "north:443", ""};
  checkFinding(judgeLink(facts), OK, "region north is online since 2027-01-15");
  facts.isOnline = false;
  facts.lastError = "Connection refused";
  checkFinding(judgeLink(facts), WARNING, "what runs goes on", "</dev/tcp/north/443");
  CHECK(says(judgeLink(facts), "Connection refused"));
}

}  // namespace
}  // namespace skerry::test
