// A tree of plain values: what JSON and YAML have in common. Objects keep the order of their
// members; what needs equal bytes sorts them first.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace skerry {

struct PlainValue {
  enum class Kind { NOTHING, BOOLEAN, NUMBER, TEXT, LIST, OBJECT };
  using Member = std::pair<std::string, PlainValue>;

  Kind kind = Kind::NOTHING;
  bool boolean = false;
  int64_t number = 0;
  std::string text;
  std::vector<PlainValue> items;
  std::vector<Member> members;
  bool operator==(const PlainValue&) const = default;

  static PlainValue of(bool boolean);
  static PlainValue of(int64_t number);
  static PlainValue of(std::string text);
  static PlainValue of(const char* text) { return of(std::string(text)); }
  static PlainValue list(std::vector<PlainValue> items = {});
  static PlainValue object(std::vector<Member> members = {});

  // Of an object; null when it has no such member. Borrowed: until the object changes.
  const PlainValue* find(const std::string& name) const;
  PlainValue* find(const std::string& name);
  // Adds a member to an object, or replaces the one of that name.
  PlainValue& set(std::string name, PlainValue value);
  void erase(const std::string& name);
  bool empty() const;  // nothing, or a list or an object without content
};

// The same value with the members of every object sorted by name.
PlainValue sorted(PlainValue value);

// RFC 8259, UTF-8; bytes that are not are replaced.
std::string compactJson(const PlainValue& value);
std::string prettyJson(const PlainValue& value);
// YAML 1.2 in block style, ends with a newline. Whatever another reader might take for something
// else than text is quoted.
std::string blockYaml(const PlainValue& value);

}  // namespace skerry
