#include "shared/daemon/usage.h"
#include "capnp/uplink.capnp.h"
#include <capnp/message.h>
#include <doctest/doctest.h>

namespace skerry {
namespace {

using Subject = schema::UsageQuery::Subject;

UsageRow app(const char* name, uint64_t cpuMilli, uint32_t sites = 1) {
  UsageRow row;
  row.tenant = "acme";
  row.app = name;
  row.sites = sites;
  row.instances = 2;
  row.cpuMilli = cpuMilli;
  row.memoryBytes = 10;
  row.memoryPeakBytes = 20;
  return row;
}
UsageRow site(const char* name) {
  UsageRow row;
  row.site = name;
  row.sites = 1;
  return row;
}

// What a child would answer, read again.
UsageTable heard(Subject of, const UsageTable& said, const UsageTable::MayName& mayName) {
  capnp::MallocMessageBuilder message;
  auto results = message.initRoot<schema::Downlink::UsageResults>();
  said.write(results);
  UsageTable table;
  table.add(of, results.asReader().getRows(), results.getOmitted(), mayName);
  return table;
}
bool anybody(const std::string&) { return true; }

TEST_CASE("what several tiers say of one application is added up, the greatest first") {
  UsageTable table, north, south;
  north.add(app("pos", 100, 3));
  north.add(app("kiosk", 250));
  south.add(app("pos", 200, 4));
  table.add(app("pos", 1));
  for (auto* said : {&north, &south}) {
    for (auto& row : heard(Subject::APPLICATIONS, *said, anybody).rows()) table.add(row);
  }
  auto rows = table.rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].app == "pos");
  CHECK(rows[0].sites == 8);
  CHECK(rows[0].instances == 6);
  CHECK(rows[0].cpuMilli == 301);
  CHECK(rows[0].memoryBytes == 30);
  CHECK(rows[0].memoryPeakBytes == 60);
  CHECK(rows[1].app == "kiosk");
}

TEST_CASE("of very many rows the greatest are passed on, with the number of the others") {
  UsageTable table;
  for (int i = 0; i < 10; ++i) table.add(site(std::to_string(i).c_str()));
  CHECK(table.rows(4).size() == 4);
  CHECK(table.omitted(4) == 6);
  UsageTable many;
  for (uint i = 0; i < schema::USAGE_ROWS_MAX + 7; ++i) many.add(site(std::to_string(i).c_str()));
  auto passedOn = heard(Subject::SITES, many, anybody);
  CHECK(passedOn.rows().size() == schema::USAGE_ROWS_MAX);
  CHECK(passedOn.omitted() == 7);
}

TEST_CASE("hostile: a child speaks for its own sites only, and no sum wraps around") {
  UsageTable said;
  said.add(site("oslo"));
  said.add(site("rome"));
  said.add(site(""));
  auto table = heard(Subject::SITES, said, [](auto& name) { return name == "oslo"; });
  REQUIRE(table.rows().size() == 1);
  CHECK(table.rows()[0].site == "oslo");
  CHECK(heard(Subject::APPLICATIONS, said, anybody).rows().size() == 1);
  UsageTable sums;
  sums.add(app("pos", UINT64_MAX, UINT32_MAX));
  sums.add(app("pos", 5));
  CHECK(sums.rows()[0].cpuMilli == UINT64_MAX);
  CHECK(sums.rows()[0].sites == UINT32_MAX);
}

}  // namespace
}  // namespace skerry
