#include "shared/model/schema_comments.h"
#include <sstream>
#include <vector>

namespace skerry {
namespace {

constexpr std::string_view SPACES = " \t";

std::string trimmed(const std::string& line) {
  auto begin = line.find_first_not_of(SPACES);
  if (begin == std::string::npos) return "";
  return line.substr(begin, line.find_last_not_of(SPACES) - begin + 1);
}

// `struct NAME ...`: NAME; else empty.
std::string structIn(const std::string& line) {
  constexpr std::string_view WORD = "struct ";
  if (!line.starts_with(WORD)) return "";
  auto rest = line.substr(WORD.size());
  return rest.substr(0, rest.find_first_of(" {$"));
}

// `NAME @7 :Type ...`: NAME; else empty.
std::string fieldIn(const std::string& line) {
  auto space = line.find(' ');
  bool isField = space != std::string::npos && line.compare(space, 2, " @") == 0;
  return isField ? line.substr(0, space) : "";
}

}  // namespace

std::map<std::string, std::string> readSchemaComments(std::string_view schema) {
  std::map<std::string, std::string> comments;
  std::vector<std::string> open;  // what braces are open: names of structs, empty for others
  std::string about, declared;
  std::istringstream lines{std::string(schema)};
  for (std::string raw; std::getline(lines, raw);) {
    auto line = trimmed(raw);
    if (line.starts_with("#")) {
      if (about.empty()) continue;
      auto& comment = comments[about];
      comment += (comment.empty() ? "" : " ") + trimmed(line.substr(1));
      continue;
    }
    if (auto name = structIn(line); !name.empty()) declared = name;
    if (auto name = fieldIn(line); !name.empty() && !open.empty()) {
      auto owner = open.back().empty() && open.size() > 1 ? open[open.size() - 2] : open.back();
      about = owner + "." + name;
    } else if (line.empty()) {
      about.clear();
    }
    if (line.ends_with("{")) {
      open.push_back(declared);
      about = declared;
      declared.clear();
    } else if (line.starts_with("}") && !open.empty()) {
      open.pop_back();
      about.clear();
    } else if (line.ends_with("}")) {
      declared.clear();  // of a single line
    }
  }
  return comments;
}

}  // namespace skerry
