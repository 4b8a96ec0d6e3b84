#include "shared/model/plain_value.h"
#include <algorithm>

namespace skerry {

PlainValue PlainValue::of(bool boolean) {
  PlainValue value;
  value.kind = Kind::BOOLEAN;
  value.boolean = boolean;
  return value;
}
PlainValue PlainValue::of(int64_t number) {
  PlainValue value;
  value.kind = Kind::NUMBER;
  value.number = number;
  return value;
}
PlainValue PlainValue::of(std::string text) {
  PlainValue value;
  value.kind = Kind::TEXT;
  value.text = std::move(text);
  return value;
}
PlainValue PlainValue::list(std::vector<PlainValue> items) {
  PlainValue value;
  value.kind = Kind::LIST;
  value.items = std::move(items);
  return value;
}
PlainValue PlainValue::object(std::vector<Member> members) {
  PlainValue value;
  value.kind = Kind::OBJECT;
  value.members = std::move(members);
  return value;
}

const PlainValue* PlainValue::find(const std::string& name) const {
  for (auto& member : members) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}
PlainValue* PlainValue::find(const std::string& name) {
  return const_cast<PlainValue*>(std::as_const(*this).find(name));
}

PlainValue& PlainValue::set(std::string name, PlainValue value) {
  if (auto* existing = find(name)) return *existing = std::move(value);
  return members.emplace_back(std::move(name), std::move(value)).second;
}

void PlainValue::erase(const std::string& name) {
  std::erase_if(members, [&](const Member& member) { return member.first == name; });
}

bool PlainValue::empty() const {
  switch (kind) {
    case Kind::NOTHING: return true;
    case Kind::LIST: return items.empty();
    case Kind::OBJECT: return members.empty();
    default: return false;
  }
}

PlainValue sorted(PlainValue value) {
  for (auto& item : value.items) item = sorted(std::move(item));
  for (auto& member : value.members) member.second = sorted(std::move(member.second));
  std::sort(value.members.begin(), value.members.end(),
            [](auto& a, auto& b) { return a.first < b.first; });
  return value;
}

}  // namespace skerry
