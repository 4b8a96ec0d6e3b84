#include "shared/model/explain.h"
#include "shared/model/schema_comments.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

Explained explained(const std::string& path) {
  std::string problem, hint;
  auto found = explainField(path, problem, hint);
  REQUIRE_MESSAGE(found.has_value(), problem);
  return *found;
}

// Below a field of a manifest everything that has no words.
void findSilent(const Explained& at, std::vector<std::string>& silent, int depth) {
  REQUIRE(depth < 8);
  for (auto& field : at.fields) {
    auto path = at.path + "." + field.name;
    if (field.help.empty()) silent.push_back(path);
    findSilent(explained(path), silent, depth + 1);
  }
}

TEST_CASE("a field is explained in the words of the schema, with its type") {
  auto memory = explained("application.services.deploy.resources.limits.memory");
  CHECK(memory.type == "text");
  CHECK(memory.help == "Bytes, as \"128M\", \"64Mi\". Empty: no limit.");
  CHECK(memory.fields.empty());
  auto quota = explained("Tenant.quota");
  CHECK(quota.path == "tenant.quota");
  CHECK(quota.help == "What its applications may use at all sites together. Absent: no bounds.");
  CHECK(quota.fields.size() == 4);
  auto site = explained("site");
  CHECK(site.help == "A place with one to sixteen hosts.");
  CHECK(site.fields[0] == ExplainedField{"name", "text", "What it is called.", true});
}

TEST_CASE("the name of a service or a variable in a path is passed over") {
  CHECK(explained("application.services.web.image").path == "application.services.image");
  CHECK(explained("application.services.web.environment.PRINTER").path ==
        "application.services.environment");
  CHECK(explained("application.services.web.x-skerry").path == "application.services.x-skerry");
}

TEST_CASE("what is not there is said with what was probably meant") {
  std::string problem, hint;
  CHECK(!explainField("application.servces", problem, hint));
  CHECK(problem == "application has no field `servces`");
  CHECK(hint == "did you mean `services`?");
  CHECK(!explainField("nonsense", problem, hint));
  CHECK(hint == "the kinds are tenant, region, site, application");
  CHECK(!explainField("tenant.name.deeper", problem, hint));
  CHECK(hint == "tenant.name is a text");
  CHECK(!explainField("", problem, hint));
}

TEST_CASE("every field of every kind has words") {
  std::vector<std::string> silent;
  for (auto kind : {"tenant", "region", "site", "application"}) {
    CHECK(explained(kind).help != "");
    findSilent(explained(kind), silent, 0);
  }
  for (auto& path : silent) FAIL_CHECK(path);
}

TEST_CASE("comments belong to what stands before them") {
  auto comments = readSchemaComments(
      "# Of the file.\nstruct A $later(\"x\")\n    $later(\"y\") {\n  # Of A,\n  # in two lines.\n"
      "  union {\n    b @0 :Void;\n    # Of b.\n  }\n  c @1 :Text;\n\n  # Of nothing.\n}\n"
      "struct D { e @0 :Text; }\n");
  CHECK(comments ==
        std::map<std::string, std::string>{{"A", "Of A, in two lines."}, {"A.b", "Of b."}});
}

}  // namespace
}  // namespace skerry
