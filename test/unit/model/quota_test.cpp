#include "shared/model/quota_reader.h"
#include "shared/crypto/bytes.h"
#include "shared/model/manifest.h"
#include "shared/model/encoded.h"
#include <doctest/doctest.h>
#include <algorithm>
#include <capnp/message.h>
#include <limits>
#include <random>

namespace skerry {
namespace {

Quota quotaOf(const std::string& yaml, Problems& problems) {
  auto parsed =
      parseManifests("t.yaml", "kind: Tenant\nname: acme\nquota: " + yaml + "\n", problems);
  if (parsed.empty()) return {};
  Decoded<schema::Manifest> manifest(parsed[0].message);
  return readQuota(manifest.get().getTenant().getQuota());
}

TEST_CASE("a quota is read as it is written, and what is not said has no bound") {
  Problems problems;
  auto quota = quotaOf("{ instances: 50, cpus: \"8\", memory: 4Gi, disk: 20Gi }", problems);
  REQUIRE(problems.empty());
  CHECK(quota[Resource::INSTANCES] == 50);
  CHECK(quota[Resource::CPUS] == 8'000);
  CHECK(quota[Resource::MEMORY] == uint64_t(4) << 30);
  CHECK(quota[Resource::DISK] == uint64_t(20) << 30);
  auto none = quotaOf("{ instances: 0 }", problems);
  CHECK(none[Resource::INSTANCES] == 0);
  CHECK(none.isBounded());
  CHECK(!none[Resource::MEMORY]);
  CHECK(!quotaOf("{}", problems).isBounded());
}

TEST_CASE("a quota that is none is refused with its field") {
  for (auto& [yaml, path] :
       std::vector<std::pair<std::string, std::string>>{{"{ instances: -2 }", "quota.instances"},
                                                        {"{ cpus: many }", "quota.cpus"},
                                                        {"{ memory: 4 apples }", "quota.memory"},
                                                        {"{ disk: x }", "quota.disk"}}) {
    Problems problems;
    quotaOf(yaml, problems);
    REQUIRE_MESSAGE(problems.size() == 1, yaml);
    CHECK(problems[0].path == path);
    CHECK(problems[0].line > 0);
  }
}

TEST_CASE("amounts survive the schema, and sums stop at the greatest number") {
  Quota bounds;
  bounds[Resource::CPUS] = 0;
  bounds[Resource::MEMORY] = std::numeric_limits<int64_t>::max();
  capnp::MallocMessageBuilder message;
  auto encoded = message.initRoot<schema::Amounts>();
  writeBounds(bounds, encoded);
  CHECK(readBounds(encoded) == bounds);
  Amounts most;
  most[Resource::MEMORY] = std::numeric_limits<uint64_t>::max();
  auto more = most;
  more += most;
  CHECK(more == most);
  CHECK(most.times(3) == most);
}

TEST_CASE("no share is exceeded, what is kept stays, and the higher priority comes first") {
  for (uint32_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    auto upTo = [&](uint64_t most) { return random() % (most + 1); };
    Quota share;
    for (auto resource : RESOURCES) {
      if (upTo(3) > 0) share[resource] = upTo(40);
    }
    std::vector<QuotaTarget> targets(upTo(12));
    Amounts kept;
    for (size_t i = 0; i < targets.size(); ++i) {
      auto& target = targets[i];
      target = {
          "app" + std::to_string(upTo(3)), "site" + std::to_string(i), int32_t(upTo(2)), {}, false};
      for (auto resource : RESOURCES) target.demand[resource] = upTo(8);
      auto with = kept;
      with += target.demand;
      if (upTo(2) == 0 && !share.exceededBy(with)) {
        target.isKept = true;
        kept = with;
      }
    }
    auto missing = admit(share, targets);
    Amounts used;
    for (size_t i = 0; i < targets.size(); ++i) {
      if (!missing[i]) used += targets[i].demand;
      if (targets[i].isKept) CHECK(!missing[i]);
    }
    CHECK(!share.exceededBy(used));
    for (size_t i = 0; i < targets.size(); ++i) {
      if (!missing[i]) continue;
      // There really is no room for it, and nothing that needs as much or more and ranks below it
      // has its place.
      auto with = used;
      with += targets[i].demand;
      CHECK(share.exceededBy(with));
      for (size_t j = 0; j < targets.size(); ++j) {
        bool isAsLarge = true;
        for (auto resource : RESOURCES) {
          isAsLarge &= targets[j].demand[resource] >= targets[i].demand[resource];
        }
        bool isBelow = !targets[j].isKept && targets[j].priority < targets[i].priority;
        if (isAsLarge && isBelow) CHECK(missing[j]);
      }
    }
    // The same, whatever the order they are given in, and again when it is kept.
    auto again = targets;
    for (size_t i = 0; i < again.size(); ++i) again[i].isKept = !missing[i];
    std::reverse(again.begin(), again.end());
    auto then = admit(share, again);
    std::reverse(then.begin(), then.end());
    for (size_t i = 0; i < targets.size(); ++i)
      CHECK(then[i].has_value() == missing[i].has_value());
  }
}

}  // namespace
}  // namespace skerry
