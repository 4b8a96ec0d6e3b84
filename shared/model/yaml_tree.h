// One YAML document to one tree: what yaml-cpp's events build.
#pragma once
#include "shared/model/yaml_reader.h"

namespace skerry {

// `firstLine` is the line of the file at which `text`, valid UTF-8, begins. False when the document
// holds nothing or could not be read; the problems then say which.
bool parseYamlDocument(std::string_view text, int firstLine, YamlNode& root, Problems& problems);

}  // namespace skerry
