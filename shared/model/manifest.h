// Manifest files: YAML text to the objects of capnp/manifest.capnp. What a key means and whether it
// exists is read from the schema; nothing that is not in it is ignored.
#pragma once
#include "shared/crypto/bytes.h"
#include "shared/model/problem.h"
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skerry {

// One document of a file.
struct ParsedManifest {
  std::string file;
  int line = 0;      // where the document begins, from 1
  std::string kind;  // as in the file: `Application`
  std::string tenant, name;
  Bytes message;                     // an encoded schema::Manifest (shared/model/encoded.h)
  std::map<std::string, int> lines;  // where each field is, by its path
  bool operator==(const ParsedManifest&) const = default;

  // Where the field at `path` is, or else the nearest thing around it: for pointing at what a
  // daemon says about the object.
  int lineOf(std::string_view path) const;
};

// The sound documents of a file. Whatever is wrong with the others, all of it, is added to
// `problems`; none are added when the file is sound. Never throws on account of `text`.
std::vector<ParsedManifest> parseManifests(const std::string& fileName, std::string_view text,
                                           Problems& problems);

// Objects declared twice among files that are applied together.
void checkDuplicates(const std::vector<ParsedManifest>& manifests, Problems& problems);

}  // namespace skerry
