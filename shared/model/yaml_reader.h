// YAML 1.2 text to a tree that remembers its lines. Made for files that people write and nobody
// vouches for: every bound is in model_limits.h, and anchors, aliases, merge keys, tags, directives
// and duplicate keys are refused, since each makes a file mean something else than it shows.
#pragma once
#include "shared/model/problem.h"
#include <string>
#include <string_view>
#include <vector>

namespace skerry {

struct YamlMember;

struct YamlNode {
  enum class Kind { NOTHING, SCALAR, SEQUENCE, MAPPING };
  Kind kind = Kind::NOTHING;
  int line = 0;          // from 1
  std::string text;      // of a scalar, without its quotes
  bool quoted = false;   // `"1"` or a block; a plain scalar may be a number
  std::vector<YamlNode> items;      // of a sequence
  std::vector<YamlMember> members;  // of a mapping, in the order of the file

  bool operator==(const YamlNode&) const = default;
  // The value of a key; null when there is none. Borrowed: until the node changes.
  const YamlNode* find(std::string_view key) const;
};

struct YamlMember {
  std::string key;
  int line = 0;
  YamlNode value;
  bool operator==(const YamlMember&) const = default;
};

struct YamlDocument {
  int line = 0;
  YamlNode root;
  bool sound = true;  // no problem was found in it
};

// The documents of a file that hold anything. Problems of one document do not hide those of the
// next. Never throws on account of `text`.
std::vector<YamlDocument> readYaml(const std::string& fileName, std::string_view text,
                                   Problems& problems);

}  // namespace skerry
