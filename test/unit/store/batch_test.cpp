#include "shared/store/last_writes.h"
#include "test/unit/store/backends.h"
#include <kj/debug.h>

namespace skerry {
namespace {

std::string refusalOf(kj::Function<void()> call) {
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&]() { call(); })) {
    CHECK(reason->getType() == kj::Exception::Type::FAILED);
    return reason->getDescription().cStr();
  }
  return "";
}

TEST_CASE("a batch keeps its steps in the order written, as copies") {
  Batch batch;
  CHECK(batch.empty());
  {
    std::string key = "key", value = "value";
    batch.put(Table::LOCAL, "oslo", view(key), view(value));
    batch.expect(Table::LOCAL, "oslo", view(key), nullptr);
    batch.erase(Table::LOCAL, "oslo", view(key));
    batch.eraseAll(Table::META, "oslo");
    key = "xxx";
    value = "xxxxx";
  }
  CHECK_FALSE(batch.empty());
  auto& steps = batch.steps();
  REQUIRE(steps.size() == 4);
  CHECK(steps[0].verb == Batch::Verb::PUT);
  CHECK(text(view(steps[0].key)) == "key");
  CHECK(text(view(steps[0].value)) == "value");
  CHECK(steps[1].verb == Batch::Verb::EXPECT_ABSENT);
  CHECK(steps[2].verb == Batch::Verb::ERASE);
  CHECK(steps[3].verb == Batch::Verb::ERASE_ALL);
  CHECK(steps[3].table == Table::META);
}

TEST_CASE("a batch appended to another comes after it") {
  auto first = putBatch(Table::LOCAL, "oslo", "a", "1");
  first.append(putBatch(Table::LOCAL, "oslo", "b", "2"));
  REQUIRE(first.steps().size() == 2);
  CHECK(text(view(first.steps()[1].key)) == "b");
}

TEST_CASE("of the writes of one row only the last is carried out, unless rows are looked at") {
  auto matters = [](auto fill) {
    Batch batch;
    auto put = [&](kj::StringPtr document, std::string_view key) {
      batch.put(Table::LOCAL, document, view(key), nullptr);
    };
    fill(batch, put);
    std::string told;
    for (bool step : lastWrites(batch.steps())) told += step ? 'x' : '-';
    return told;
  };
  CHECK(matters([](auto&, auto put) { put("oslo", "n"), put("oslo", "a"), put("oslo", "n"); }) ==
        "-xx");
  CHECK(matters([](auto&, auto put) { put("oslo", "n"), put("bergen", "n"); }) == "xx");
  CHECK(matters([](auto& batch, auto put) {
    put("oslo", "n");
    batch.erase(Table::LOCAL, "oslo", view(std::string_view("n")));
    batch.erase(Table::META, "oslo", view(std::string_view("n")));
  }) == "-xx");
  CHECK(matters([](auto& batch, auto put) {
    put("oslo", "n");
    batch.expect(Table::LOCAL, "oslo", view(std::string_view("n")), nullptr);
    put("oslo", "n");
  }) == "xxx");
  CHECK(matters([](auto& batch, auto put) {
    put("oslo", "n");
    batch.eraseAll(Table::LOCAL, "oslo");
    put("oslo", "n");
  }) == "xxx");
}

TEST_CASE("a row beyond a bound is refused with the name of the bound") {
  Batch batch;
  Bytes longKey(STORE_KEY_BYTES_MAX + 1), bigValue(STORE_VALUE_BYTES_MAX + 1);
  auto longName = kj::heapString(STORE_KEY_BYTES_MAX + 1);
  memset(longName.begin(), 'x', longName.size());
  auto keyRefused = refusalOf([&]() { batch.put(Table::LOCAL, "oslo", view(longKey), nullptr); });
  auto valueRefused = refusalOf([&]() {
    batch.put(Table::LOCAL, "oslo", nullptr, view(bigValue));
  });
  auto nameRefused = refusalOf([&]() { batch.eraseAll(Table::LOCAL, longName); });
  auto eraseRefused = refusalOf([&]() { batch.erase(Table::LOCAL, "oslo", view(longKey)); });
  auto expectRefused = refusalOf([&]() {
    batch.expect(Table::LOCAL, "oslo", view(longKey), nullptr);
  });
  CHECK(keyRefused.find("STORE_KEY_BYTES_MAX") != std::string::npos);
  CHECK(valueRefused.find("STORE_VALUE_BYTES_MAX") != std::string::npos);
  CHECK(nameRefused.find("STORE_KEY_BYTES_MAX") != std::string::npos);
  CHECK(eraseRefused.find("STORE_KEY_BYTES_MAX") != std::string::npos);
  CHECK(expectRefused.find("STORE_KEY_BYTES_MAX") != std::string::npos);
  CHECK(batch.empty());
}

}  // namespace
}  // namespace skerry
