#include "tier_site/drivers/instance.h"
#include <doctest/doctest.h>
#include <functional>
#include <set>

namespace skerry {

TEST_CASE("an instance's name reads back as the instance") {
  InstanceId id{"acme", "pos-2", "Web_1", 12};
  CHECK(id.str() == "acme.pos-2.Web_1.12");
  CHECK(parseInstanceId(id.str()) == id);
}

TEST_CASE("what is not an instance's name is none") {
  for (std::string text : {"", "a", "a.b.c", "a.b.c.", "a.b.c.d", "a.b.c.-1", "a.b.c.01",
                           "a.b.c.1.2", ".b.c.0", "a..c.0", "a.b.c.99999999999", "a/b.b.c.0",
                           "../x.b.c.0", "-a.b.c.0", "a.b.c.0 ", " a.b.c.0"}) {
    CAPTURE(text);
    CHECK(!parseInstanceId(text));
  }
  CHECK(!parseInstanceId(std::string(64, 'a') + ".b.c.0"));
  CHECK(parseInstanceId(std::string(63, 'a') + ".b.c.0"));
}

TEST_CASE("the digest tells any two renderings apart, and is the same everywhere") {
  Rendered r;
  r.id = {"t", "a", "s", 0};
  std::vector<std::function<void(Rendered&)>> changes = {
      [](auto& r) { r.id.ordinal = 1; },
      [](auto& r) { r.kind = RuntimeKind::PROCESS; },
      [](auto& r) { r.image = "i"; },
      [](auto& r) { r.entrypoint = {"i"}; },
      [](auto& r) { r.command = {"i"}; },
      [](auto& r) { r.command = {"i", ""}; },
      [](auto& r) { r.command = {"", "i"}; },
      [](auto& r) { r.environment = {{"a", "bc"}}; },
      [](auto& r) { r.environment = {{"ab", "c"}}; },
      [](auto& r) { r.user = "i"; },
      [](auto& r) { r.workDir = "i"; },
      [](auto& r) { r.ports = {{"", 1, 2, PublishedPort::Protocol::TCP}}; },
      [](auto& r) { r.ports = {{"", 1, 2, PublishedPort::Protocol::UDP}}; },
      [](auto& r) { r.ports = {{"", 2, 1, PublishedPort::Protocol::TCP}}; },
      [](auto& r) { r.ports = {{"::1", 1, 2, PublishedPort::Protocol::TCP}}; },
      [](auto& r) { r.network = NetworkMode::NONE; },
      [](auto& r) { r.limits.cpuMilli = 1; },
      [](auto& r) { r.limits.memoryBytes = 1; },
      [](auto& r) { r.limits.pidsMax = 1; },
      [](auto& r) { r.stopGraceMs = 1; },
      [](auto& r) { r.restartAloneAfterMs = 1; },
      [](auto& r) { r.nonce = "i"; },
  };
  std::set<Hash> seen{renderedDigest(r)};
  for (auto& change : changes) {
    auto changed = r;
    change(changed);
    CHECK(seen.insert(renderedDigest(changed)).second);
  }
  auto copy = r;
  copy.digest = renderedDigest(r);
  CHECK(renderedDigest(copy) == renderedDigest(r));  // the digest is not part of itself
  CHECK(digestFromHex(copy.digest.hex()) == copy.digest);
  CHECK(digestFromHex("xyz").isZero());
  CHECK(digestFromHex(std::string(64, 'g')).isZero());
}

TEST_CASE("how an instance ended is described in words") {
  Observed seen;
  seen.state = Observed::State::EXITED;
  CHECK(describe(seen) == "exited with code 0");
  seen.exitCode = -1;
  CHECK(describe(seen) == "ended, nobody saw how");
  seen.exitSignal = 9;
  seen.reason = "stopped";
  CHECK(describe(seen) == "killed by signal 9 (stopped)");
}

}  // namespace skerry
