#include "shared/daemon/problems.h"
#include <capnp/message.h>
#include <doctest/doctest.h>

namespace skerry {
namespace {

TEST_CASE("a refusal arrives with everything a person and a script need") {
  Refusal first;
  first.code = 6;
  first.reason = "in-use";
  first.message = "tenant 'acme' still has: application pos";
  first.manifest = 3;
  first.path = "services.web";
  first.hint = "delete those first";
  first.next = "skerry delete tenant acme --cascade --yes";
  capnp::MallocMessageBuilder message;
  auto results = message.initRoot<schema::Admin::ApplyResults>();
  refuse(results, {first, notFound("site", "oslo")});
  auto problems = results.asReader().getProblems();
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].getCode() == 6);
  CHECK(problems[0].getManifest() == 3);
  CHECK(std::string(problems[0].getPath().cStr()) == first.path);
  CHECK(std::string(problems[0].getNext().cStr()) == first.next);
  CHECK(problems[1].getCode() == 3);
  CHECK(problems[1].getManifest() == -1);
}

TEST_CASE("what is not there is named, with where to look") {
  auto refusal = notFound("site", "oslo");
  CHECK(refusal.code == 3);
  CHECK(refusal.reason == "not-found");
  CHECK(refusal.message.find("'oslo'") != std::string::npos);
  CHECK(refusal.next == "skerry get sites");
}

TEST_CASE("what only central may do is refused as denied, with the way out") {
  auto refusal = notHere("site", "apply");
  CHECK(refusal.code == 4);
  CHECK(refusal.reason == "not-here");
  CHECK(refusal.message.find("apply is central's") != std::string::npos);
  CHECK(refusal.next == "skerry --context NAME apply");
}

}  // namespace
}  // namespace skerry
