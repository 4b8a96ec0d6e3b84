#include "shared/model/problem.h"

namespace skerry {

std::string print(const Problem& problem) {
  std::string text = problem.file;
  if (problem.line > 0) text += (text.empty() ? "line " : ":") + std::to_string(problem.line);
  if (!text.empty()) text += ": ";
  if (!problem.path.empty()) text += problem.path + ": ";
  text += problem.message;
  if (!problem.hint.empty()) text += "; " + problem.hint;
  return text;
}

}  // namespace skerry
