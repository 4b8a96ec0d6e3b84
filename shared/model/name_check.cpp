#include "shared/model/name_check.h"
#include "shared/model/model_limits.h"
#include "shared/model/selector_words.h"
#include <algorithm>

namespace skerry {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isSmall(char c) { return c >= 'a' && c <= 'z'; }
bool isLetter(char c) { return isSmall(c) || (c >= 'A' && c <= 'Z'); }

template <typename Test>
bool all(std::string_view text, Test test) { return std::all_of(text.begin(), text.end(), test); }

bool isOneOf(char c, std::string_view characters) { return characters.find(c) != characters.npos; }

bool isUserPart(std::string_view text) {
  return !text.empty() && text[0] != '-' &&
         all(text, [](char c) { return isLetter(c) || isDigit(c) || isOneOf(c, "_-."); });
}

}  // namespace

std::string nameProblem(std::string_view text) {
  if (text.empty()) return "the name is empty";
  if (text.size() > NAME_BYTES_MAX) return "the name is longer than 63 characters";
  bool good = all(text, [](char c) { return isSmall(c) || isDigit(c) || c == '-'; });
  if (good && text.front() != '-' && text.back() != '-') return "";
  return "`" + std::string(text) + "` is not a name";
}

bool isName(std::string_view text) { return nameProblem(text).empty(); }

bool isLabelName(std::string_view text) {
  return isSelectorWord(text) && text.size() <= LABEL_NAME_BYTES_MAX &&
         (isLetter(text[0]) || isDigit(text[0]));
}

bool isVariableName(std::string_view text) {
  return !text.empty() && text.size() <= ARGUMENT_BYTES_MAX && !isDigit(text[0]) &&
         all(text, [](char c) { return isLetter(c) || isDigit(c) || c == '_'; });
}

bool isUser(std::string_view text) {
  if (text.size() > USER_BYTES_MAX) return false;
  auto colon = text.find(':');
  if (colon == text.npos) return isUserPart(text);
  return isUserPart(text.substr(0, colon)) && isUserPart(text.substr(colon + 1));
}

bool isImage(std::string_view text) {
  if (text.empty() || text.size() > IMAGE_BYTES_MAX) return false;
  if (!isLetter(text[0]) && !isDigit(text[0])) return false;
  bool good = all(text, [](char c) { return isLetter(c) || isDigit(c) || isOneOf(c, "._-/:@+"); });
  return good && std::any_of(text.begin(), text.end(), isLetter);
}

bool isTimezone(std::string_view text) {
  if (text.empty() || text.size() > TIMEZONE_BYTES_MAX || !isLetter(text[0])) return false;
  return text.back() != '/' && text.find("//") == text.npos &&
         all(text, [](char c) { return isLetter(c) || isDigit(c) || isOneOf(c, "_+-/"); });
}

}  // namespace skerry
