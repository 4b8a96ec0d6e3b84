#include "shared/model/yaml_tree.h"
#include "shared/model/model_limits.h"
#include <algorithm>
#include <istream>
#include <map>
#include <sstream>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace skerry {
namespace {

// Thrown through yaml-cpp to stop it; the problem is recorded already.
struct Stop {};

class TreeBuilder final : public YAML::EventHandler {
public:
  TreeBuilder(int firstLine, Problems& problems) : firstLine(firstLine), problems(problems) {}

  bool complete = false;
  YamlNode root;

  // The text holds one document. yaml-cpp finds more where it does not get on, even without end: it
  // takes a comma at the start for an empty document and reads it again.
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!complete) return;
    refuse(mark, "bad-yaml", "this is not YAML: something stands outside of the document",
           "check the brackets, the commas and the indentation");
    throw Stop();
  }
  void OnDocumentEnd() override { complete = true; }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, anchor, "?", YamlNode::Kind::NOTHING);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    add(mark, anchor, tag, YamlNode::Kind::SCALAR, text);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, tag, YamlNode::Kind::SEQUENCE);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, tag, YamlNode::Kind::MAPPING);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "alias", "aliases (`*name`) are not supported", "write the value out");
    add(mark, 0, "?", YamlNode::Kind::NOTHING);
  }

private:
  // A container being filled. A mapping has a key waiting between two events.
  struct Open {
    YamlNode node;
    bool hasKey = false;
    bool skipsValue = false;  // the key is none, or came before
    YamlMember member;
    std::map<std::string, int> lines;  // of the keys so far
  };

  int lineOf(const YAML::Mark& mark) const { return firstLine + std::max(mark.line, 0); }

  void refuse(const YAML::Mark& mark, const char* reason, std::string message, const char* hint) {
    problems.push_back({"", lineOf(mark), path(), reason, std::move(message), hint});
  }

  std::string path() const {
    std::string text;
    for (auto& open : stack) {
      if (open.node.kind == YamlNode::Kind::SEQUENCE) {
        text += "[" + std::to_string(open.node.items.size()) + "]";
      } else if (open.hasKey) {
        text += (text.empty() ? "" : ".") + open.member.key;
      }
    }
    return text;
  }

  void checkProperties(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag) {
    if (++nodes > YAML_NODES_MAX) {
      refuse(mark, "too-large", "more than " + std::to_string(YAML_NODES_MAX) + " values",
             "split the file");
      throw Stop();
    }
    if (anchor != 0) {
      refuse(mark, "alias", "anchors (`&name`) are not supported", "write the value out");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      refuse(mark, "bad-yaml", "tags (`!name`) are not supported", "leave the tag out");
    }
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag,
            YamlNode::Kind kind) {
    checkProperties(mark, anchor, tag);
    if (stack.size() == YAML_DEPTH_MAX) {
      refuse(mark, "too-deep", "nested deeper than " + std::to_string(YAML_DEPTH_MAX) + " levels",
             "no manifest needs that; check the indentation and the brackets");
      throw Stop();
    }
    if (wantsKey()) {
      refuse(mark, "bad-yaml", "a bracket is not closed, or a list or mapping stands for a key",
             "close the bracket, or put quotes around the key");
      throw Stop();
    }
    Open opened;
    opened.node.kind = kind;
    opened.node.line = lineOf(mark);
    stack.push_back(std::move(opened));
  }

  void close() {
    auto node = std::move(stack.back().node);
    stack.pop_back();
    place(std::move(node));
  }

  bool wantsKey() const {
    return !stack.empty() && stack.back().node.kind == YamlNode::Kind::MAPPING &&
           !stack.back().hasKey;
  }

  void add(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag,
           YamlNode::Kind kind, const std::string& text = "") {
    checkProperties(mark, anchor, tag);
    if (wantsKey()) return key(mark, kind, tag, text);
    YamlNode node;
    node.kind = kind;
    node.line = lineOf(mark);
    node.text = text;
    node.quoted = tag == "!";
    place(std::move(node));
  }

  void key(const YAML::Mark& mark, YamlNode::Kind kind, const std::string& tag,
           const std::string& text) {
    auto& open = stack.back();
    open.skipsValue = true;
    if (kind == YamlNode::Kind::NOTHING || text.empty()) {
      refuse(mark, "bad-yaml", "a key is missing before `:`", "write the key, or remove the line");
    } else if (text == "<<" && tag != "!") {
      refuse(mark, "alias", "merge keys (`<<`) are not supported", "write the keys out");
    } else {
      open.skipsValue = false;
    }
    open.member = {text, lineOf(mark), {}};
    open.hasKey = true;
    if (open.skipsValue) return;
    auto [earlier, isNew] = open.lines.emplace(text, open.member.line);
    if (isNew) return;
    refuse(mark, "duplicate-key",
           "`" + text + "` is here a second time, first in line " + std::to_string(earlier->second),
           "keep one of them");
    open.skipsValue = true;
  }

  void place(YamlNode node) {
    if (stack.empty()) {
      root = std::move(node);
      return;
    }
    auto& open = stack.back();
    if (open.node.kind == YamlNode::Kind::SEQUENCE) {
      open.node.items.push_back(std::move(node));
      return;
    }
    open.member.value = std::move(node);
    if (!open.skipsValue) open.node.members.push_back(std::move(open.member));
    open.hasKey = false;
  }

  int firstLine;
  Problems& problems;
  std::vector<Open> stack;
  size_t nodes = 0;
};

std::string_view lineOfText(std::string_view text, int line) {
  for (; line > 0; --line) {
    auto end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

bool isIndentedByTab(std::string_view line) {
  auto first = line.find_first_not_of(' ');
  return first != line.npos && line[first] == '\t' && line.find_first_not_of(" \t\r") != line.npos;
}

// yaml-cpp tells where it gave up, which for a tab is often the line before or after.
Problem syntaxProblem(std::string_view text, int firstLine, const YAML::Exception& error) {
  auto content = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  int last = int(std::count(content.begin(), content.end(), '\n'));
  int line = std::clamp(error.mark.line, 0, last);
  for (int near = std::max(line - 1, 0); near <= line + 1; ++near) {
    if (isIndentedByTab(lineOfText(text, near))) {
      return {"", firstLine + near, "", "bad-yaml", "the line is indented with a tab",
              "indent with spaces"};
    }
  }
  content = lineOfText(text, line);
  const char* hint = "check the indentation, the colons and the quotes";
  auto value = content.find(": ");
  auto start = value == content.npos ? content.npos : content.find_first_not_of(' ', value + 1);
  constexpr std::string_view SIGNS = "@`%*&!|>{[";
  if (start != content.npos && SIGNS.find(content[start]) != SIGNS.npos) {
    hint = "put the value in quotes";
  } else if (value != content.npos && content.find(": ", value + 2) != content.npos) {
    hint = "put a value that holds `: ` in quotes";
  }
  return {"", firstLine + line, "", "bad-yaml", "this is not YAML: " + error.msg, hint};
}

}  // namespace

bool parseYamlDocument(std::string_view text, int firstLine, YamlNode& root, Problems& problems) {
  auto known = problems.size();
  auto first = text.find_first_not_of(" \r\n");
  if (first != text.npos && text[first] == '%') {
    problems.push_back({"", firstLine, "", "bad-yaml", "directives (`%`) are not supported",
                        "remove the line"});
    return false;
  }
  TreeBuilder builder(firstLine, problems);
  try {
    // yaml-cpp takes the end of the text for a closing quote, but not the end of a document.
    std::istringstream stream(std::string(text) + "\n...\n");
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {}
  } catch (const Stop&) {
    return false;
  } catch (const YAML::Exception& error) {
    problems.push_back(syntaxProblem(text, firstLine, error));
    return false;
  } catch (const std::exception& error) {
    problems.push_back({"", firstLine, "", "bad-yaml",
                        std::string("this is not YAML: ") + error.what(), "check the document"});
    return false;
  }
  root = std::move(builder.root);
  return problems.size() > known ||
         (builder.complete && root.kind != YamlNode::Kind::NOTHING);
}

}  // namespace skerry
