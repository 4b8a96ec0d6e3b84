// A YAML tree to a struct of manifest.capnp, by the schema alone: names, types, what is required.
// Whether the values make sense is manifest_check.h's matter.
#pragma once
#include "shared/model/problem.h"
#include "shared/model/yaml_reader.h"
#include <capnp/dynamic.h>
#include <map>

namespace skerry {

class ManifestDecoder {
public:
  // FILE: a `$` asks for interpolation, which is refused, and `$$` stands for one. LITERAL: texts
  // mean themselves.
  enum class Dollars { FILE, LITERAL };

  // Lines of the fields are put into `lines`, by path. Both references outlive the decoder.
  ManifestDecoder(Dollars dollars, Problems& problems, std::map<std::string, int>& lines)
      : dollars(dollars), problems(problems), lines(lines) {}

  // Members named in `given` are known already and are not among the keys.
  void decode(const YamlNode& node, capnp::DynamicStruct::Builder into, const std::string& path,
              const std::vector<std::string>& given);

private:
  struct Entry {
    std::string key;
    std::string path;
    int line;
    const YamlNode* value;
  };

  void decodeField(const YamlNode& node, capnp::StructSchema::Field field,
                   capnp::DynamicStruct::Builder into, const std::string& path);
  void decodeTexts(const YamlNode& node, capnp::StructSchema::Field field,
                   capnp::DynamicStruct::Builder into, const std::string& path);
  void decodeKeyed(const YamlNode& node, capnp::StructSchema::Field field,
                   capnp::DynamicStruct::Builder into, const std::string& path);
  std::vector<Entry> entriesOf(const YamlNode& node, bool mayBeList, const std::string& path,
                               std::vector<YamlNode>& storage);
  void decodeNumber(const YamlNode& node, capnp::StructSchema::Field field,
                    capnp::DynamicStruct::Builder into, const std::string& path);
  std::string decodeText(const YamlNode& node, const std::string& path);
  bool isLater(const YamlNode& node, capnp::StructSchema::Field field, const std::string& path);
  void unknownKey(const YamlMember& member, capnp::StructSchema schema, const std::string& path,
                  const std::vector<std::string>& given);
  void refuse(int line, const std::string& path, const char* reason, std::string message,
              std::string hint);

  Dollars dollars;
  Problems& problems;
  std::map<std::string, int>& lines;
};

}  // namespace skerry
