#include "shared/model/shell_words.h"

namespace skerry {

ShellWords splitShellWords(std::string_view text) {
  ShellWords split;
  std::string word;
  bool inWord = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool escapes = c == '\\' && quote != '\'';
    if (escapes && i + 1 == text.size()) {
      split.problem = "the text ends in a backslash";
      return split;
    }
    if (escapes) {
      char next = text[++i];
      bool keeps =
          quote == '"' && std::string_view("\"\\$`\n").find(next) == std::string_view::npos;
      if (keeps) word += c;
      if (next != '\n') word += next;
      inWord = true;
    } else if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      inWord = true;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (inWord) split.words.push_back(std::move(word));
      word.clear();
      inWord = false;
    } else {
      word += c;
      inWord = true;
    }
  }
  if (quote != 0) split.problem = std::string("a quote ") + quote + " is never closed";
  if (inWord) split.words.push_back(std::move(word));
  return split;
}

}  // namespace skerry
