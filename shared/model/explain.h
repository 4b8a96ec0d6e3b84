// What can be written into a manifest, from its schema: names and types by reflection, the words
// from the comments of manifest.capnp itself, which the build puts into the program.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace skerry {

struct ExplainedField {
  std::string name, type, help;  // type: `text`, `number`, `list of texts`, `mapping` ...
  bool isRequired = false;
  bool operator==(const ExplainedField&) const = default;
};
struct Explained {
  std::string path, type, help;
  std::vector<ExplainedField> fields;  // of a mapping; empty for a value
};

// `KIND` or `KIND.FIELD...`, kinds in any spelling that begins with a small or a capital letter. A
// part that is the name of a service, a label or a variable is passed over, so that a path of
// `override` can be asked for as it is. Nothing, and `problem` and `hint`, when there is no such.
std::optional<Explained> explainField(const std::string& path, std::string& problem,
                                      std::string& hint);

}  // namespace skerry
