#include "shared/model/manifest.h"
#include "capnp/manifest.capnp.h"
#include "shared/model/application.h"
#include "shared/model/field_rules.h"
#include "shared/model/manifest_check.h"
#include "shared/model/manifest_decoder.h"
#include "shared/model/model_limits.h"
#include <capnp/message.h>
#include <algorithm>

namespace skerry {
namespace {

struct KindField {
  std::string kind;
  capnp::StructSchema::Field field;
};

std::vector<std::string> knownKinds() {
  std::vector<std::string> kinds;
  auto fields = capnp::Schema::from<schema::Manifest>().getUnionFields();
  for (auto field : fields) {
    if (field.getType().isStruct()) kinds.push_back(kindOfField(rulesOf(field).name));
  }
  return kinds;
}

// The member of the union that the document's `kind` names.
std::optional<KindField> kindOf(const YamlDocument& document, Problems& problems) {
  auto refuse = [&](int line, const char* reason, std::string message, std::string hint) {
    problems.push_back({"", line, "kind", reason, std::move(message), std::move(hint)});
    return std::nullopt;
  };
  std::string kinds;
  for (auto& kind : knownKinds()) kinds += (kinds.empty() ? "" : ", ") + kind;
  auto* kind = document.root.find("kind");
  if (kind == nullptr) {
    return refuse(document.line, "missing-key", "`kind` is missing",
                  "add `kind: ` with one of " + kinds);
  }
  if (kind->kind != YamlNode::Kind::SCALAR) {
    return refuse(kind->line, "wrong-type", "expected the name of a kind", "write one of " + kinds);
  }
  auto schema = capnp::Schema::from<schema::Manifest>();
  auto name = fieldOfKind(kind->text);
  auto field = fieldNamed(schema, name);
  if (field && field->getType().isStruct() && kindOfField(name) == kind->text) {
    return KindField{kind->text, *field};
  }
  auto later = laterKeys(schema);
  if (std::find(later.begin(), later.end(), name) != later.end()) {
    return refuse(kind->line, "not-supported-yet", "kind `" + kind->text + "` is not supported yet",
                  "remove the document; the kinds now are " + kinds);
  }
  auto meant = nearest(kind->text, knownKinds());
  return refuse(kind->line, "bad-value", "there is no kind `" + kind->text + "`",
                meant.empty() ? "the kinds are " + kinds : "did you mean `" + meant + "`?");
}

// `inner` is `outer`, or inside it.
bool isWithin(const std::string& inner, const std::string& outer) {
  if (outer.empty() || inner.compare(0, outer.size(), outer) != 0) return false;
  return inner.size() == outer.size() || inner[outer.size()] == '.' || inner[outer.size()] == '[';
}

std::string parentOf(const std::string& path) {
  auto dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

// What does not need saying, because what was said about the same place explains it.
bool isExplained(const Problem& problem, const Problems& known) {
  return std::any_of(known.begin(), known.end(), [&](const Problem& earlier) {
    bool misspelt = earlier.reason == "unknown-key" && problem.reason == "missing-key" &&
                    parentOf(earlier.path) == parentOf(problem.path);
    return misspelt || isWithin(problem.path, earlier.path);
  });
}

struct DocumentReader {
  const std::string& fileName;
  Problems& problems;

  // Nothing when the document is not sound.
  std::optional<ParsedManifest> read(const YamlDocument& document) {
    Problems found;
    auto parsed = decode(document, found);
    for (auto& problem : found) problem.file = fileName;
    problems.insert(problems.end(), found.begin(), found.end());
    if (!found.empty() || !document.sound) return std::nullopt;
    return parsed;
  }

private:
  ParsedManifest decode(const YamlDocument& document, Problems& found) {
    ParsedManifest parsed;
    parsed.file = fileName;
    parsed.line = document.line;
    if (document.root.kind != YamlNode::Kind::MAPPING) {
      // A document that could not be read at all has its problem already.
      if (document.sound) {
        found.push_back({"", document.line, "", "wrong-type", "a document is a mapping",
                         "write `kind: ...`, `name: ...` and the fields"});
      }
      return parsed;
    }
    auto kind = kindOf(document, found);
    if (!kind) return parsed;
    parsed.kind = kind->kind;
    capnp::MallocMessageBuilder message;
    auto manifest = message.initRoot<schema::Manifest>();
    auto object = capnp::toDynamic(manifest).init(kind->field).as<capnp::DynamicStruct>();
    ManifestDecoder decoder(ManifestDecoder::Dollars::FILE, found, parsed.lines);
    decoder.decode(document.root, object, "", {"kind"});
    addCheckProblems(manifest.asReader(), parsed, found);
    parsed.name = textField(object.asReader(), "name");
    parsed.tenant = textField(object.asReader(), "tenant");
    parsed.message = canonicalManifest(manifest.asReader());
    return parsed;
  }

  static std::string textField(capnp::DynamicStruct::Reader object, kj::StringPtr name) {
    KJ_IF_MAYBE(field, object.getSchema().findFieldByName(name)) {
      return text(object.get(*field).as<capnp::Text>());
    }
    return "";
  }

  static void addCheckProblems(schema::Manifest::Reader manifest, const ParsedManifest& parsed,
                               Problems& found) {
    auto known = found;
    for (auto& problem : manifestProblems(manifest)) {
      if (isExplained(problem, known)) continue;
      problem.line = parsed.lineOf(problem.path);
      found.push_back(std::move(problem));
    }
  }
};

}  // namespace

int ParsedManifest::lineOf(std::string_view path) const {
  while (!path.empty()) {
    auto found = lines.find(std::string(path));
    if (found != lines.end()) return found->second;
    auto cut = path.find_last_of(".[");
    path = path.substr(0, cut == path.npos ? 0 : cut);
  }
  return line;
}

std::vector<ParsedManifest> parseManifests(const std::string& fileName, std::string_view text,
                                           Problems& problems) {
  std::vector<ParsedManifest> manifests;
  Problems found;
  DocumentReader reader{fileName, found};
  for (auto& document : readYaml(fileName, text, found)) {
    if (auto manifest = reader.read(document)) manifests.push_back(std::move(*manifest));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  if (found.size() > PROBLEMS_MAX) {
    auto more = found.size() - PROBLEMS_MAX;
    found.resize(PROBLEMS_MAX);
    found.push_back({fileName, 0, "", "too-many-problems",
                     "and " + std::to_string(more) + " more problems",
                     "mend the first ones first"});
  }
  problems.insert(problems.end(), found.begin(), found.end());
  return manifests;
}

void checkDuplicates(const std::vector<ParsedManifest>& manifests, Problems& problems) {
  std::map<std::string, const ParsedManifest*> known;
  for (auto& manifest : manifests) {
    auto object = manifest.kind + " `" + manifest.name + "`" +
                  (manifest.tenant.empty() ? "" : " of tenant `" + manifest.tenant + "`");
    auto [earlier, isNew] = known.emplace(object, &manifest);
    if (isNew) continue;
    problems.push_back({manifest.file, manifest.lineOf("name"), "name", "duplicate-object",
                        object + " is declared a second time, first in " + earlier->second->file +
                            ":" + std::to_string(earlier->second->lineOf("name")),
                        "keep one of them"});
  }
}

}  // namespace skerry
