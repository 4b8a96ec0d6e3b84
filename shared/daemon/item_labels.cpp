#include "shared/daemon/item_labels.h"
#include "shared/crypto/bytes.h"
#include "shared/model/plain_manifest.h"
#include "shared/model/time_text.h"
#include <algorithm>
#include <array>
#include <utility>

namespace skerry {
namespace {

using Ages = std::array<std::pair<const char*, const char*>, 3>;
constexpr Ages AGES{
    {{"offlineSince", "offline-for"}, {"since", "state-for"}, {"started", "up-for"}}};

std::string hyphenated(const std::string& name) {
  std::string written;
  for (char c : name) {
    bool isCapital = c >= 'A' && c <= 'Z';
    if (isCapital) written += '-';
    written += isCapital ? char(c + ('a' - 'A')) : c;
  }
  return written;
}

PlainValue statusOf(schema::Item::Reader item) {
  auto status = capnp::toDynamic(item).get("status").as<capnp::DynamicStruct>();
  KJ_IF_MAYBE(active, status.which()) {
    if (active->getType().isStruct()) {
      return structValue(status.get(*active).as<capnp::DynamicStruct>(), Unset::PRINT);
    }
  }
  return PlainValue::object();
}

void flatten(const PlainValue& value, const std::string& name, Labels& labels) {
  switch (value.kind) {
    case PlainValue::Kind::BOOLEAN: labels[name] = value.boolean ? "true" : "false"; return;
    case PlainValue::Kind::NUMBER: labels[name] = std::to_string(value.number); return;
    case PlainValue::Kind::TEXT:
      if (!value.text.empty()) labels[name] = value.text;
      return;
    case PlainValue::Kind::OBJECT:
      for (auto& [member, inner] : value.members) {
        flatten(inner, name + "." + hyphenated(member), labels);
      }
      return;
    case PlainValue::Kind::LIST:
    case PlainValue::Kind::NOTHING: return;
  }
}

}  // namespace

Labels labelsOf(schema::Item::Reader item, Labels siteLabels, int64_t nowMs) {
  auto status = statusOf(item);
  flatten(status, "status", siteLabels);
  for (auto& [field, age] : AGES) {
    auto* found = status.find(field);
    auto sinceMs = found == nullptr ? std::nullopt : parseTime(found->text);
    if (!sinceMs) continue;
    auto seconds = std::max<int64_t>(nowMs - *sinceMs, 0) / 1000;
    siteLabels[std::string("status.") + age] = std::to_string(seconds) + "s";
  }
  return siteLabels;
}

std::string siteOf(schema::Item::Reader item) {
  if (item.getKind() == "site") return text(item.getName());
  auto status = statusOf(item);
  auto* site = status.find("site");
  return site == nullptr ? "" : site->text;
}

}  // namespace skerry
