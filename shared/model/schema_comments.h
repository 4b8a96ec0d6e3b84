// The comments of manifest.capnp, by what they are about.
#pragma once
#include <map>
#include <string>
#include <string_view>

namespace skerry {

// The schema as the repository has it; made by the build.
std::string_view manifestSchemaText();

// `Struct` and `Struct.field` to its comment, as one paragraph. A comment stands after what it is
// about, as everywhere in our schemas.
std::map<std::string, std::string> readSchemaComments(std::string_view schema);

}  // namespace skerry
