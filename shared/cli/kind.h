// The kinds of things that can be named on a command line.
#pragma once
#include "shared/cli/failure.h"
#include <optional>
#include <string>
#include <vector>

namespace skerry {

// What the user named: `KIND NAME`, `KIND/NAME`, or a KIND alone.
struct Named {
  std::string kind;  // singular, as in admin.capnp
  std::string name;  // may be empty
};

// Singular, plural and short forms are the same. `words` are one or two words.
struct ParsedNamed {
  Named named;
  std::optional<Failure> failure;
};
ParsedNamed parseNamed(const std::vector<std::string>& words);
// The same, and there has to be a name.
ParsedNamed parseNamedOne(const std::vector<std::string>& words);

std::string pluralOf(const std::string& kind);
std::string titleOf(const std::string& kind);

}  // namespace skerry
