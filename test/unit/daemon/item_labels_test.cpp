#include "shared/daemon/item_labels.h"
#include "shared/daemon/views.h"
#include "shared/model/time_text.h"
#include <capnp/message.h>
#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr int64_t NOW_MS = 1'700'000'000'000, DAY_MS = 86'400'000;

void fillSite(schema::Item::Builder item, const char* version, int64_t offlineSinceMs) {
  auto site = item.initStatus().initSite();
  site.setOnline(offlineSinceMs == 0);
  site.setOfflineSince(timeOrEmpty(offlineSinceMs));
  site.setRegion("north");
  site.setRunning(3);
  site.setVersion(version);
}

// Three sites; `oslo` is here, `bergen` went two days ago, `alta` never came.
struct Sites {
  ItemList list;
  Sites() {
    list.add("site", "", "oslo", [](auto item) { fillSite(item, "0.2.0", 0); });
    list.add("site", "", "bergen",
             [](auto item) { fillSite(item, "0.1.0", NOW_MS - 2 * DAY_MS); });
    list.add("site", "", "alta", [](auto item) { item.initStatus().initSite(); });
  }
  std::string matching(const std::string& expression) {
    auto parsed = parseSelector(expression);
    REQUIRE(parsed.ok());
    list.keep(parsed.selector, [](const std::string& site) {
      return site == "oslo" ? Labels{{"size", "large"}} : Labels{{"size", "small"}};
    }, NOW_MS);
    capnp::MallocMessageBuilder message;
    auto items = message.initRoot<capnp::List<schema::Item>>(list.size());
    list.write(items);
    std::string names;
    for (auto item : items) names += std::string(item.getName().cStr()) + " ";
    return names;
  }
};
std::string matching(const std::string& expression) { return Sites().matching(expression); }

TEST_CASE("an expression over labels and status leaves the items that it matches") {
  CHECK(matching("") == "alta bergen oslo ");
  CHECK(matching("size = large") == "oslo ");
  CHECK(matching("status.online = true") == "oslo ");
  CHECK(matching("size = small and status.running >= 1") == "bergen ");
  CHECK(matching("status.version < 0.2") == "bergen ");
  CHECK(matching("status.version exists") == "bergen oslo ");
}

TEST_CASE("times in a status are ages too, and what is not there has none") {
  CHECK(matching("status.offline-for > 1d") == "bergen ");
  CHECK(matching("status.offline-for > 7d") == "");
  CHECK(matching("not status.offline-since exists") == "alta oslo ");
}

TEST_CASE("an instance has the labels of its site, and its counts are numbers") {
  capnp::MallocMessageBuilder message;
  auto item = message.initRoot<schema::Item>();
  item.setKind("instance");
  auto instance = item.initStatus().initInstance();
  instance.setSite("oslo");
  instance.setState("crash-loop");
  instance.setRestarts(12);
  instance.setSince(printTime(NOW_MS - 90'000));
  CHECK(siteOf(item) == "oslo");
  auto labels = labelsOf(item, {{"size", "large"}}, NOW_MS);
  CHECK(labels.at("size") == "large");
  CHECK(labels.at("status.restarts") == "12");
  CHECK(labels.at("status.state-for") == "90s");
  CHECK(labels.at("status.state") == "crash-loop");
  CHECK_FALSE(labels.contains("status.reason"));
}

TEST_CASE("an application counts its instances by state, and belongs to no site") {
  capnp::MallocMessageBuilder message;
  auto item = message.initRoot<schema::Item>();
  item.setKind("application");
  auto count = item.initStatus().initApplication().initCounts(1)[0];
  count.setState("crash-loop");
  count.setCount(2);
  CHECK(siteOf(item) == "");
  CHECK(labelsOf(item, {}, NOW_MS).at("status.counts.crash-loop") == "2");
}

}  // namespace
}  // namespace skerry
