#include "shared/model/dollars.h"

namespace skerry {
namespace {

bool isNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The name after a `$` or `${`, in small letters as labels are.
std::string labelFor(std::string_view name) {
  std::string label;
  for (char c : name) label += char(tolower(c));
  return label.empty() ? "name" : label;
}

}  // namespace

ReadDollars readDollars(std::string_view text) {
  ReadDollars read;
  while (true) {
    auto dollar = text.find('$');
    read.text += text.substr(0, dollar);
    if (dollar == text.npos) return read;
    text.remove_prefix(dollar + 1);
    if (!text.empty() && text[0] == '$') {
      read.text += '$';
      text.remove_prefix(1);
      continue;
    }
    if (!read.ok()) continue;
    bool braced = !text.empty() && text[0] == '{';
    auto rest = text.substr(braced);
    size_t size = 0;
    while (size < rest.size() && isNameCharacter(rest[size])) ++size;
    auto name = std::string(rest.substr(0, size));
    if (name.empty() && !braced) {
      read.problem = "a `$` alone has no meaning";
      read.hint = "write `$$` for the sign itself";
      continue;
    }
    read.problem = "`${" + name + "}` would be replaced from an environment that sites do not have";
    read.hint = "the template for it is `{{ site.labels." + labelFor(name) +
                " }}`; templates are not supported yet: write the value itself, or `$$` for the "
                "sign itself";
  }
}

std::string writeDollars(std::string_view text) {
  std::string written;
  for (char c : text) written.append(c == '$' ? 2 : 1, c);
  return written;
}

}  // namespace skerry
