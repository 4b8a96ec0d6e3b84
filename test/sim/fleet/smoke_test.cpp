#include "test/sim/fleet/fleet.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

TEST_CASE("one application reaches the sites its selector means") {
  Fleet fleet(1, {2, 4});
  fleet.boot();
  fleet.must(fleet.console.apply(R"(
kind: Tenant
name: acme
---
kind: Application
name: pos
tenant: acme
services:
  web: { image: "localhost/app:1", environment: { VERSION: "1" } }
  agent: { command: ["/bin/steady"], environment: { VERSION: "1" }, x-skerry: { kind: process } }
placement: { sites: "customer = acme" }
)"));
  std::map<std::string, std::string> all{{"acme.pos.web.0", "1"}, {"acme.pos.agent.0", "1"}}, none;
  fleet.until("the services run", [&]() {
    return running(fleet.site("site-0")) == all && running(fleet.site("site-1")) == all;
  }, 20'000);
  fleet.world.runFor(10'000);
  CHECK(running(fleet.site("site-2")) == none);
  CHECK(running(fleet.site("site-3")) == none);
  CHECK(fleet.get("instance").list().size() == 4);
}

}  // namespace
}  // namespace skerry
