// What the annotations of manifest.capnp say about a field or a struct, and the names people use.
#pragma once
#include <capnp/schema.h>
#include <optional>
#include <string>
#include <vector>

namespace skerry {

struct FieldRules {
  std::string name;     // as in YAML and JSON
  std::string keyedBy;  // the member that is the key, where the list is written as a mapping
  bool listOrText = false;
  bool mapOrList = false;
  bool required = false;
};
FieldRules rulesOf(capnp::StructSchema::Field field);

// The field of that name, in YAML's spelling.
std::optional<capnp::StructSchema::Field> fieldNamed(capnp::StructSchema schema,
                                                     const std::string& name);
// The names of all fields but those in `except`.
std::vector<std::string> namesOf(capnp::StructSchema schema,
                                 const std::vector<std::string>& except);

// Keys that are known and refused for now.
std::vector<std::string> laterKeys(capnp::StructSchema schema);

// Of a keyed list: the other member, where there is exactly one.
std::optional<capnp::StructSchema::Field> onlyOther(capnp::StructSchema schema,
                                                    const std::string& keyedBy);

// `application` and `Application`.
std::string kindOfField(const std::string& fieldName);
std::string fieldOfKind(const std::string& kind);

// What the writer of `word` probably meant, among `candidates`; empty when nothing is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace skerry
