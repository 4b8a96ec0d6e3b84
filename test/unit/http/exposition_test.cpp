#include "shared/http/exposition.h"
#include <doctest/doctest.h>
#include <cmath>

using namespace skerry;

TEST_CASE("metrics are written as Prometheus reads them") {
  Exposition text;
  text.family("skerry_sites", Exposition::Type::GAUGE, "Sites by state.");
  text.sample({{"state", "online"}, {"region", "north"}}, 12);
  text.sample({{"state", "offline"}, {"region", "north"}}, 0);
  text.family("skerry_cpu_seconds_total", Exposition::Type::COUNTER, "Of a processor.");
  text.sample(0.25);
  text.gauge("skerry_start_time_seconds", "Unix epoch.", 1700000000.125);
  CHECK(text.text() ==
        "# HELP skerry_sites Sites by state.\n"
        "# TYPE skerry_sites gauge\n"
        "skerry_sites{state=\"online\",region=\"north\"} 12\n"
        "skerry_sites{state=\"offline\",region=\"north\"} 0\n"
        "# HELP skerry_cpu_seconds_total Of a processor.\n"
        "# TYPE skerry_cpu_seconds_total counter\n"
        "skerry_cpu_seconds_total 0.25\n"
        "# HELP skerry_start_time_seconds Unix epoch.\n"
        "# TYPE skerry_start_time_seconds gauge\n"
        "skerry_start_time_seconds 1700000000.125\n");
}

TEST_CASE("no label breaks out of its quotes") {
  Exposition text;
  text.family("a", Exposition::Type::GAUGE, "b");
  text.sample({{"name", "x\"} 1\nb 2\\"}}, 1);
  CHECK(text.text().ends_with("a{name=\"x\\\"} 1\\nb 2\\\\\"} 1\n"));
}

TEST_CASE("very large and very small values are written, whole ones without an exponent") {
  Exposition text;
  text.family("a", Exposition::Type::GAUGE, "b");
  for (double value : {4294967296.0, 1e300, 1e-9, -3.0}) text.sample(value);
  CHECK(text.text().ends_with("a 4294967296\na 1e+300\na 1e-09\na -3\n"));
}
