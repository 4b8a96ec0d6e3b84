#include "shared/model/yaml_reader.h"
#include "shared/model/model_limits.h"
#include "shared/model/utf8.h"
#include "shared/model/yaml_tree.h"
#include <algorithm>

namespace skerry {
namespace {

struct Chunk {
  int line = 1;  // of its first line
  std::string_view text;
};

bool isMarker(std::string_view line, std::string_view marker) {
  return line.substr(0, 3) == marker &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r');
}

// Cuts a file where its documents begin. No YAML content stands at the start of a line as `---` or
// `...` do, so this needs no parser, and a broken document does not take the next one with it.
std::vector<Chunk> cut(std::string_view text) {
  std::vector<Chunk> chunks;
  size_t begin = 0, at = 0;
  int line = 1, beginLine = 1;
  while (at < text.size()) {
    auto end = std::min(text.find('\n', at), text.size() - 1);
    auto content = text.substr(at, end + 1 - at);
    if (content.back() == '\n') content.remove_suffix(1);
    if (at > begin && isMarker(content, "---")) {
      chunks.push_back({beginLine, text.substr(begin, at - begin)});
      begin = at;
      beginLine = line;
    }
    at = end + 1;
    ++line;
    if (isMarker(content, "...")) {
      chunks.push_back({beginLine, text.substr(begin, at - begin)});
      begin = at;
      beginLine = line;
    }
  }
  if (begin < text.size()) chunks.push_back({beginLine, text.substr(begin)});
  return chunks;
}

int lineAt(std::string_view text, size_t position) {
  return 1 + int(std::count(text.begin(), text.begin() + position, '\n'));
}

// What makes the whole file unreadable.
bool isReadable(const std::string& fileName, std::string_view text, Problems& problems) {
  auto refuse = [&](int line, const char* reason, std::string message, const char* hint) {
    problems.push_back({fileName, line, "", reason, std::move(message), hint});
    return false;
  };
  if (text.size() > MANIFEST_FILE_BYTES_MAX) {
    return refuse(
        0, "too-large",
        "the file is larger than " + std::to_string(MANIFEST_FILE_BYTES_MAX >> 20) + " MiB",
        "is it a manifest? split it into several files and name their folder");
  }
  if (auto bad = firstNotUtf8(text); bad < text.size()) {
    return refuse(lineAt(text, bad), "not-utf8", "the text is not UTF-8", "save the file as UTF-8");
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if (uint8_t(text[i]) < 0x20 && text[i] != '\n' && text[i] != '\r' && text[i] != '\t') {
      return refuse(lineAt(text, i), "not-text", "there is a control character in the text",
                    "remove it, or write it as \"\\xNN\" inside double quotes");
    }
  }
  return true;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (auto& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::vector<YamlDocument> readYaml(const std::string& fileName, std::string_view text,
                                   Problems& problems) {
  std::vector<YamlDocument> documents;
  constexpr std::string_view BYTE_ORDER_MARK = "\xef\xbb\xbf";
  if (text.substr(0, 3) == BYTE_ORDER_MARK) text.remove_prefix(3);
  if (!isReadable(fileName, text, problems)) return documents;
  auto before = problems.size();
  for (auto& chunk : cut(text)) {
    if (documents.size() == YAML_DOCUMENTS_MAX) {
      problems.push_back({fileName, chunk.line, "", "too-many-documents",
                          "more than " + std::to_string(YAML_DOCUMENTS_MAX) + " documents",
                          "split the file and name the folder of its parts"});
      break;
    }
    auto known = problems.size();
    YamlDocument document;
    bool found = parseYamlDocument(chunk.text, chunk.line, document.root, problems);
    for (auto i = known; i < problems.size(); ++i) problems[i].file = fileName;
    document.line = document.root.line > 0 ? document.root.line : chunk.line;
    document.sound = problems.size() == known;
    if (found) documents.push_back(std::move(document));
  }
  if (documents.empty() && problems.size() == before) {
    problems.push_back({fileName, 1, "", "empty-file", "the file declares nothing",
                        "write at least `kind: ...` and `name: ...`"});
  }
  return documents;
}

}  // namespace skerry
