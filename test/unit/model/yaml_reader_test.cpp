#include "shared/model/model_limits.h"
#include "shared/model/yaml_reader.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

struct Read {
  std::vector<YamlDocument> documents;
  Problems problems;
};
Read read(std::string_view text) {
  Read result;
  result.documents = readYaml("a.yaml", text, result.problems);
  return result;
}

// The one problem that a text has.
Problem problemOf(std::string_view text) {
  auto result = read(text);
  REQUIRE(result.problems.size() == 1);
  return result.problems[0];
}

}  // namespace

TEST_CASE("values keep their lines, their order and whether they were quoted") {
  auto result = read("a: 1\nb: \"1\"\nlist:\n- x\n- {y: z}\nnone:\n");
  REQUIRE(result.problems.empty());
  REQUIRE(result.documents.size() == 1);
  auto& members = result.documents[0].root.members;
  REQUIRE(members.size() == 4);
  CHECK(members[0].value.text == "1");
  CHECK_FALSE(members[0].value.quoted);
  CHECK(members[1].value.quoted);
  CHECK(members[1].line == 2);
  CHECK(members[2].value.items[1].find("y")->text == "z");
  CHECK(members[2].value.items[1].line == 5);
  CHECK(members[3].value.kind == YamlNode::Kind::NOTHING);
}

TEST_CASE("lines are counted through the whole file and empty documents do not count") {
  auto result = read("---\n# nothing\n---\na: 1\n---\n\nb: 2\n...\n---\n");
  REQUIRE(result.documents.size() == 2);
  CHECK(result.documents[0].line == 4);
  CHECK(result.documents[1].line == 7);
}

TEST_CASE("a broken document does not hide the problems of the next one") {
  auto result = read("a: [1\n---\nb: 1\nb: 2\n---\nc: 1\n---\nd: \"x\n");
  REQUIRE(result.problems.size() == 3);
  CHECK(result.problems[0].reason == "bad-yaml");
  CHECK(result.problems[0].line == 1);
  CHECK(result.problems[1].reason == "duplicate-key");
  CHECK(result.problems[1].line == 4);
  CHECK(result.problems[1].path == "b");
  CHECK(result.problems[1].message.find("first in line 3") != std::string::npos);
  CHECK(result.problems[2].line == 8);
  CHECK(result.problems[2].file == "a.yaml");
}

TEST_CASE("a duplicate key is named with its whole path") {
  CHECK(problemOf("s:\n  w:\n    - k: 1\n      k: 2\n").path == "s.w[0].k");
}

TEST_CASE("a file that declares nothing is an error") {
  for (auto text : {"", "\n\n", "# only a comment\n", "---\n---\n", "\xef\xbb\xbf"}) {
    CAPTURE(text);
    CHECK(problemOf(text).reason == "empty-file");
  }
}

TEST_CASE("a byte order mark is no part of the text") {
  CHECK(read("\xef\xbb\xbf" "a: 1").documents.at(0).root.find("a") != nullptr);
}

TEST_CASE("a file that is not UTF-8 names the line") {
  auto problem = problemOf("a: 1\nb: \xff\xfe\n");
  CHECK(problem.reason == "not-utf8");
  CHECK(problem.line == 2);
  CHECK(problemOf("a: \xc0\x80").reason == "not-utf8");           // overlong
  CHECK(problemOf("a: \xed\xa0\x80").reason == "not-utf8");       // a surrogate
  CHECK(problemOf("a: \xf4\x90\x80\x80").reason == "not-utf8");   // beyond Unicode
  CHECK(problemOf(std::string_view("a: \0", 4)).reason == "not-text");
}

TEST_CASE("a file of ten megabytes is refused without being parsed") {
  auto problem = problemOf(std::string(10 << 20, '['));
  CHECK(problem.reason == "too-large");
  CHECK(problem.message == "the file is larger than 1 MiB");
}

TEST_CASE("nesting, documents and values are bounded") {
  CHECK(problemOf(std::string(100, '[') + std::string(100, ']')).reason == "too-deep");
  std::string block;
  for (int i = 0; i < 100; ++i) block += std::string(i, ' ') + "a:\n";
  CHECK(problemOf(block).reason == "too-deep");
  CHECK(problemOf(std::string(100'000, '[')).reason == "bad-yaml");
  std::string documents;
  for (size_t i = 0; i < YAML_DOCUMENTS_MAX + 10; ++i) documents += "---\na: 1\n";
  CHECK(problemOf(documents).reason == "too-many-documents");
  std::string values = "a: [";
  for (size_t i = 0; i < YAML_NODES_MAX; ++i) values += "1,";
  CHECK(problemOf(values + "1]").reason == "too-large");
}

TEST_CASE("what makes a file mean something else than it shows is refused") {
  CHECK(problemOf("a: &x 1\n").reason == "alias");
  auto merged = read("a: &x {b: 1}\nc:\n  <<: *x\n");
  REQUIRE(merged.problems.size() == 3);
  CHECK(merged.problems[1].message.find("merge keys") != std::string::npos);
  CHECK(merged.problems[1].line == 3);
  CHECK(problemOf("a: !!python/object x\n").message.find("tags") != std::string::npos);
  CHECK(problemOf("%YAML 1.2\n---\na: 1\n").message.find("directives") != std::string::npos);
}

TEST_CASE("indentation by tabs is called by its name") {
  auto problem = problemOf("kind: Site\nlabels:\n\tcity: oslo\n");
  CHECK(problem.message == "the line is indented with a tab");
  CHECK(problem.line == 3);
  CHECK(problem.hint == "indent with spaces");
}

TEST_CASE("a syntax error says what usually mends it") {
  CHECK(problemOf("a: b: c\n").hint.find("quotes") != std::string::npos);
  CHECK(problemOf(", a\n").message.find("outside of the document") != std::string::npos);
  CHECK(problemOf("a: @x\n").hint == "put the value in quotes");
  CHECK(problemOf("a: 1\n? [x]\n: 2\n").message.find("stands for a key") != std::string::npos);
  CHECK(problemOf("a: \"x\n").reason == "bad-yaml");
  CHECK(problemOf("a: 1\n: 2\n").message.find("key is missing") != std::string::npos);
}

TEST_CASE("no sequence of YAML's own signs makes the reader throw or hang") {
  uint64_t state = 42;
  auto next = [&] { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33; };
  constexpr std::string_view SIGNS = "ab1:-?[]{},#&*!|>'\"%@`\n\n   \t<.=~$\\";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto size = next() % 60; size > 0; --size) text += SIGNS[next() % SIGNS.size()];
    CAPTURE(round);
    CAPTURE(text);
    CHECK_NOTHROW(read(text));
  }
}
