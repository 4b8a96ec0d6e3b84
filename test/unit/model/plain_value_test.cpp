#include "shared/model/plain_value.h"
#include "shared/model/yaml_reader.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

PlainValue example() {
  auto value = PlainValue::object();
  value.set("text", PlainValue::of("a\"b\n"));
  value.set("list",
            PlainValue::list(
                {PlainValue::of(int64_t(1)), PlainValue::of(true), PlainValue(),
                 PlainValue::object({{"x", PlainValue::of("y")}, {"z", PlainValue::list()}})}));
  value.set("empty", PlainValue::object());
  return value;
}

}  // namespace

TEST_CASE("values are written as JSON") {
  CHECK(compactJson(example()) ==
        "{\"text\":\"a\\\"b\\n\",\"list\":[1,true,null,{\"x\":\"y\",\"z\":[]}],\"empty\":{}}");
  CHECK(prettyJson(PlainValue::object({{"a", PlainValue::list({PlainValue::of(int64_t(1))})}})) ==
        "{\n  \"a\": [\n    1\n  ]\n}\n");
  CHECK(compactJson(PlainValue::of("\x01\xff")) == "\"\\u0001\xef\xbf\xbd\"");
}

TEST_CASE("values are written as YAML in blocks") {
  CHECK(blockYaml(example()) ==
        "text: \"a\\\"b\\n\"\nlist:\n  - 1\n  - true\n  - null\n  - x: \"y\"\n    z: []\nempty: "
        "{}\n");
  CHECK(blockYaml(PlainValue::list(
            {PlainValue::list({PlainValue::of("a"), PlainValue::of("b")})})) == "- - a\n  - b\n");
}

TEST_CASE("a text that YAML might take for something else is quoted") {
  for (auto text :
       {"true", "No", "null", "12", "1.5", "-x", "", " a", "a b", "a:", "#x", "*x", "y", "~"}) {
    CAPTURE(text);
    CHECK(blockYaml(PlainValue::of(text)) == "\"" + std::string(text) + "\"\n");
  }
  CHECK(blockYaml(PlainValue::of("registry.example/x:1.4")) == "registry.example/x:1.4\n");
}

TEST_CASE("members are found, replaced, erased and sorted") {
  auto value = example();
  value.set("text", PlainValue::of("b"));
  CHECK(value.members.size() == 3);
  CHECK(value.find("text")->text == "b");
  CHECK(value.find("other") == nullptr);
  value.erase("text");
  CHECK(value.find("text") == nullptr);
  CHECK(sorted(value).members[0].first == "empty");
}
