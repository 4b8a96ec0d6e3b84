#include "tier_site/drivers/keeper_status.h"
#include <doctest/doctest.h>

namespace skerry {

namespace {
const InstanceId ID{"t", "a", "s", 0};
}

TEST_CASE("a keeper's line is read by key, and unknown or missing keys harm nothing") {
  KeeperStatus status("ok boot=b-1 pid=12 x=y=z nonce= state=running future=1");
  CHECK(status.head() == "ok");
  CHECK(status.get("boot") == "b-1");
  CHECK(status.number("pid") == 12);
  CHECK(status.get("x") == "y=z");
  CHECK(status.get("nonce") == "");
  CHECK(status.get("oot") == "");
  CHECK(status.get("p") == "");
  CHECK(status.number("missing") == 0);
  CHECK(status.number("boot") == 0);
  CHECK(status.isRunning());
  CHECK(!KeeperStatus("").isRunning());
  CHECK(KeeperStatus("").head() == "");
  CHECK(KeeperStatus("err").error() == "");
  CHECK(KeeperStatus("err exec: No such file or directory boot=1 pid=0").error() ==
        "exec: No such file or directory");
}

TEST_CASE("a running service is observed with its identity and what it lacks") {
  auto hash = sha256(skerry::view("x"));
  auto seen =
      observedFrom(ID, KeeperStatus("event pid=7 start=99 nonce=" + hash.hex() +
                                    " state=running incarnation=3 limits=some missing=memory"
                                    " cause=memory:No-such-file"));
  CHECK(seen.state == Observed::State::RUNNING);
  CHECK(seen.pid == 7);
  CHECK(seen.startTicks == 99);
  CHECK(seen.digest == hash);
  CHECK(seen.incarnation == 3);
  CHECK(seen.reason.find("without its limits of memory,") == 0);
  CHECK(observedFrom(ID, KeeperStatus("x pid=7 state=stopping limits=all")).reason == "");
}

TEST_CASE("an ended service is observed with how it ended") {
  auto end = [](const std::string& line) { return observedFrom(ID, KeeperStatus(line)); };
  auto seen = end("exit pid=7 start=9 state=idle reason=oom code=-1 signal=9");
  CHECK(seen.state == Observed::State::EXITED);
  CHECK(seen.oomKilled);
  CHECK(seen.exitCode == -1);
  CHECK(seen.exitSignal == 9);
  CHECK(seen.pid == 0);
  CHECK(end("exit state=idle reason=exited code=3 signal=0").exitCode == 3);
  CHECK(end("exit state=idle reason=deadline").reason == "its lease ran out");
  CHECK(end("nonsense").digest.isZero());
}

TEST_CASE("a failure to start is told in words that name the thing to mend") {
  Rendered r;
  r.command = {"pos-server"};
  r.user = "till";
  r.workDir = "/srv";
  auto words = [&](const char* error) { return explainKeeperError(error, r); };
  CHECK(words("exec: No such file or directory").find("'pos-server' is not on this host") !=
        std::string::npos);
  CHECK(words("exec: Permission denied").find("permission denied to user 'till'") !=
        std::string::npos);
  CHECK(words("exec: Exec format error").find("another kind of machine") != std::string::npos);
  CHECK(words("workdir: Not a directory") ==
        "its working directory '/srv' cannot be entered: Not a directory");
  CHECK(words("user: Operation not permitted").find("user 'till'") != std::string::npos);
  CHECK(words("log: No space left on device").find("no room for its log") != std::string::npos);
  CHECK(words("weird") == "its keeper failed at weird");
}

}  // namespace skerry
