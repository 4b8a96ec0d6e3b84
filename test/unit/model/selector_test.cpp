#include "shared/model/label_value.h"
#include "shared/model/model_limits.h"
#include "shared/model/selector.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

bool matches(std::string_view text, const Labels& labels) {
  auto parsed = parseSelector(text);
  CAPTURE(std::string(text));
  for (auto& error : parsed.errors) CAPTURE(error.message);
  REQUIRE(parsed.ok());
  return parsed.selector.matches(labels);
}

SelectorError errorOf(std::string_view text) {
  auto parsed = parseSelector(text);
  CAPTURE(std::string(text));
  REQUIRE(parsed.errors.size() == 1);
  return parsed.errors[0];
}

const Labels OSLO{{"customer", "acme"}, {"size", "medium"},      {"cameras", "2"},
                  {"memory", "512Mi"},  {"firmware", "1.10.2"},  {"device.camera", ""},
                  {"store", "0012"},    {"ring/canary", "true"}, {"city", "New York"}};

// Random expressions over few labels, so that random sites match often.
struct Generator {
  uint64_t state;
  uint64_t next(uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  }
  std::string label() { return std::string(1, char('a' + next(4))); }
  Selector::Value value() {
    static const char* VALUES[]{"x",    "y",     "1",    "2",   "1.0", "1Ki",
                                "1024", "1.2.3", "v1.2", "a b", "in",  ""};
    std::string text = VALUES[next(12)];
    bool needsQuotes = text == "a b" || text == "in" || text.empty();
    return {text, needsQuotes || next(4) == 0};
  }
  Selector::Node node(int depth) {
    using Operator = Selector::Operator;
    Selector::Node node;
    if (depth > 0 && next(3) != 0) {
      node.is = next(3) == 0 ? Operator::NOT : next(2) == 0 ? Operator::AND : Operator::OR;
      auto count = node.is == Operator::NOT ? 1 : 2 + next(2);
      for (uint64_t i = 0; i < count; ++i) node.operands.push_back(this->node(depth - 1));
      return node;
    }
    node.label = label();
    node.is = Operator(int(Operator::EXISTS) + next(9));
    bool ordered = node.is >= Operator::LT;
    bool many = node.is == Operator::IN || node.is == Operator::NOT_IN;
    if (ordered) node.values = {{next(2) == 0 ? "1" : "1.2.3", false}};
    else if (node.is != Operator::EXISTS) {
      for (auto count = many ? 1 + next(3) : 1; count > 0; --count) node.values.push_back(value());
    }
    return node;
  }
  Labels labels() {
    Labels labels;
    for (char name = 'a'; name < 'e'; ++name) {
      if (next(3) != 0) labels[std::string(1, name)] = value().text;
    }
    return labels;
  }
};

Selector::Node combine(Selector::Operator is, std::vector<Selector::Node> operands) {
  Selector::Node node;
  node.is = is;
  node.operands = std::move(operands);
  return node;
}

}  // namespace

TEST_CASE("an empty expression matches everything") {
  CHECK(matches("", {}));
  CHECK(matches("  ", OSLO));
}

TEST_CASE("tests of labels do what they say") {
  CHECK(matches("customer = acme", OSLO));
  CHECK_FALSE(matches("customer = other", OSLO));
  CHECK(matches("size in (medium, large)", OSLO));
  CHECK_FALSE(matches("size not in (medium, large)", OSLO));
  CHECK(matches("device.camera exists", OSLO));
  CHECK_FALSE(matches("device.lidar exists", OSLO));
  CHECK(matches("cameras >= 2 and cameras < 3", OSLO));
  CHECK(matches("city = 'New York'", OSLO));
  CHECK(matches("ring/canary = true", OSLO));
  CHECK(matches("\"customer\" = \"acme\"", OSLO));
}

TEST_CASE("not binds closer than and, and and closer than or") {
  CHECK(matches("customer = acme or size = x and size = y", OSLO));
  CHECK_FALSE(matches("(customer = acme or size = x) and size = y", OSLO));
  CHECK_FALSE(matches("not customer = acme and size = x or size = y", OSLO));
  CHECK(matches("not (customer = acme and size = x)", OSLO));
  CHECK(matches("not not customer = acme", OSLO));
}

TEST_CASE("on an absent label only != and not in are true") {
  CHECK(matches("none != x", OSLO));
  CHECK(matches("none not in (x, y)", OSLO));
  for (auto test : {"none = x", "none in (x)", "none < 1", "none <= 1", "none > 1", "none >= 1",
                    "none exists"}) {
    CHECK_FALSE(matches(test, OSLO));
  }
}

TEST_CASE("durations compare as such, and a size stays a size") {
  CHECK(matches("uptime > 1d", {{"uptime", "90000s"}}));
  CHECK(matches("uptime = 25h", {{"uptime", "90000s"}}));
  CHECK_FALSE(matches("uptime >= 7d", {{"uptime", "90000s"}}));
  CHECK(matches("uptime < 15m", {{"uptime", "0s"}}));
  CHECK(compareValues("500m", "1") == std::strong_ordering::less);
  CHECK(compareValues("500m", "1h") == std::strong_ordering::greater);
  CHECK_FALSE(compareValues("1h", "1"));
}

TEST_CASE("numbers, sizes and versions compare as such") {
  CHECK(matches("cameras = 2.0", OSLO));
  CHECK_FALSE(matches("cameras = \"2.0\"", OSLO));
  CHECK(matches("cameras < 10", OSLO));
  CHECK(matches("memory >= 0.5Gi", OSLO));
  CHECK(matches("memory > 128M", OSLO));
  CHECK(matches("memory = 536870912", OSLO));
  CHECK(matches("firmware > 1.9.9", OSLO));
  CHECK(matches("firmware >= 1.10", OSLO));
  CHECK(matches("firmware < v2", OSLO));
  CHECK_FALSE(matches("size > 1", OSLO));
  CHECK_FALSE(matches("size <= 1", OSLO));
  CHECK_FALSE(matches("store = 12", OSLO));
  CHECK(compareValues("1.2.3-rc1", "1.2.3") == std::strong_ordering::less);
  CHECK(compareValues("500m", "0.5") == std::strong_ordering::equal);
  CHECK(compareValues("-1", "0") == std::strong_ordering::less);
  CHECK_FALSE(compareValues("oslo", "1"));
  CHECK_FALSE(compareValues("99999999999999999999", "1"));
  CHECK_FALSE(compareValues("99999999999999999999999999999999999999999999999", "1"));
  CHECK(compareValues("999999999999999P", "999999999999998P") == std::strong_ordering::greater);
  CHECK_FALSE(compareValues("999999999999999.999999P", "1"));
}

TEST_CASE("an error names its column, what was found and what was expected") {
  CHECK(errorOf("customer acme").column == 10);
  CHECK(errorOf("customer acme").message.find("found `acme`, expected `=`") == 0);
  CHECK(errorOf("a = ").column == 5);
  CHECK(errorOf("a = ").message == "found the end, expected a value");
  CHECK(errorOf("a == b").message.find("equality is one `=`") != std::string::npos);
  CHECK(errorOf("a = b && c = d").message.find("write `and`") != std::string::npos);
  CHECK(errorOf("a = b AND c = d").message.find("small letters") != std::string::npos);
  CHECK(errorOf("size in (medium, large").message.find("expected `,` or `)`") != std::string::npos);
  CHECK(errorOf("size in medium").message.find("expected `(`") != std::string::npos);
  CHECK(errorOf("size in ()").message.find("expected a value") != std::string::npos);
  CHECK(errorOf("(a = b").message.find("`)`") != std::string::npos);
  CHECK(errorOf("a = b)").column == 6);
  CHECK(errorOf("a = 'x").message.find("never closed") != std::string::npos);
  CHECK(errorOf("and = b").column == 1);
  CHECK(errorOf("a < medium").message.find("compares numbers, sizes, versions and durations") !=
        std::string::npos);
  CHECK(errorOf("a not b").message.find("expected `in`") != std::string::npos);
  CHECK(errorOf("exists a").column == 1);
  CHECK(errorOf("a = $x").column == 5);
}

TEST_CASE("length and nesting are bounded") {
  CHECK(errorOf(std::string(SELECTOR_BYTES_MAX + 1, 'a')).message.find("longer") == 0);
  std::string nested;
  for (size_t i = 0; i < SELECTOR_DEPTH_MAX + 1; ++i) nested += "(";
  CHECK(errorOf(nested + "a = b").message.find("nested deeper") == 0);
  std::string negated;
  for (size_t i = 0; i < SELECTOR_DEPTH_MAX + 1; ++i) negated += "not ";
  CHECK(errorOf(negated + "a = b").message.find("nested deeper") == 0);
  CHECK(errorOf("a = \xff").message.find("UTF-8") != std::string::npos);
}

TEST_CASE("printing an expression and reading it again changes nothing") {
  CHECK(parseSelector("a=1 and(b in(x,'y z')or not c exists)").selector.print() ==
        "a = 1 and (b in (x, \"y z\") or not c exists)");
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    CAPTURE(seed);
    Selector made(Generator{seed}.node(4));
    auto text = made.print();
    CAPTURE(text);
    if (text.size() > SELECTOR_BYTES_MAX) continue;
    auto again = parseSelector(text);
    REQUIRE(again.ok());
    CHECK(again.selector == made);
    CHECK(again.selector.print() == text);
  }
}

TEST_CASE("the laws of De Morgan hold for every site") {
  using Operator = Selector::Operator;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    CAPTURE(seed);
    Generator generate{seed};
    auto a = generate.node(3), b = generate.node(3);
    auto labels = generate.labels();
    auto is = [&](Selector::Node node) { return Selector(std::move(node)).matches(labels); };
    auto negate = [](Selector::Node node) { return combine(Operator::NOT, {std::move(node)}); };
    CHECK(is(negate(combine(Operator::AND, {a, b}))) ==
          is(combine(Operator::OR, {negate(a), negate(b)})));
    CHECK(is(negate(combine(Operator::OR, {a, b}))) ==
          is(combine(Operator::AND, {negate(a), negate(b)})));
    CHECK(is(negate(negate(a))) == is(a));
  }
}

TEST_CASE("in and not in are each other's opposite on every site") {
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    CAPTURE(seed);
    Generator generate{seed};
    Selector::Node in;
    in.is = Selector::Operator::IN;
    in.label = generate.label();
    in.values = {generate.value(), generate.value()};
    auto notIn = in;
    notIn.is = Selector::Operator::NOT_IN;
    auto labels = generate.labels();
    CHECK(Selector(in).matches(labels) != Selector(notIn).matches(labels));
  }
}

TEST_CASE("no text makes the parser throw") {
  constexpr std::string_view SIGNS = "ab1 ()=<>!,'\"\\.-/ in not or and exists";
  Generator generate{7};
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (auto size = generate.next(40); size > 0; --size)
      text += SIGNS[generate.next(SIGNS.size())];
    CAPTURE(text);
    auto parsed = parseSelector(text);
    if (parsed.ok()) CHECK(parseSelector(parsed.selector.print()).selector == parsed.selector);
  }
}
