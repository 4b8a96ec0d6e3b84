#include "shared/model/plain_manifest.h"
#include "shared/crypto/bytes.h"
#include "shared/model/dollars.h"
#include "shared/model/field_rules.h"
#include "shared/model/tidy_copy.h"
#include <kj/debug.h>

namespace skerry {
namespace {

using Type = capnp::schema::Type;

class Printer {
public:
  explicit Printer(Unset unset) : unset(unset) {}

  // The members of a struct but for the one named `key`.
  PlainValue object(capnp::DynamicStruct::Reader from, const std::string& key) {
    auto printed = PlainValue::object();
    for (auto field : from.getSchema().getNonUnionFields()) add(from, field, key, printed);
    KJ_IF_MAYBE(active, from.which()) add(from, *active, key, printed);
    return printed;
  }

private:
  void add(capnp::DynamicStruct::Reader from, capnp::StructSchema::Field field,
           const std::string& key, PlainValue& printed) {
    auto rules = rulesOf(field);
    if (rules.name == key || field.getType().isVoid()) return;
    auto value = from.get(field);
    if (unset == Unset::OMIT && isUnsetValue(value)) return;
    printed.set(rules.name, print(value, rules));
  }

  static bool isUnsetValue(capnp::DynamicValue::Reader value) {
    switch (value.getType()) {
      case capnp::DynamicValue::BOOL: return !value.as<bool>();
      case capnp::DynamicValue::INT:
      case capnp::DynamicValue::UINT: return value.as<int64_t>() == 0;
      case capnp::DynamicValue::TEXT: return value.as<capnp::Text>().size() == 0;
      case capnp::DynamicValue::LIST: return value.as<capnp::DynamicList>().size() == 0;
      case capnp::DynamicValue::STRUCT: return isUnset(value.as<capnp::DynamicStruct>());
      case capnp::DynamicValue::ENUM: return value.as<capnp::DynamicEnum>().getRaw() == 0;
      default: return false;
    }
  }

  PlainValue print(capnp::DynamicValue::Reader value, const FieldRules& rules) {
    switch (value.getType()) {
      case capnp::DynamicValue::BOOL: return PlainValue::of(value.as<bool>());
      case capnp::DynamicValue::INT:
      case capnp::DynamicValue::UINT: return PlainValue::of(value.as<int64_t>());
      case capnp::DynamicValue::TEXT: return PlainValue::of(text(value.as<capnp::Text>()));
      case capnp::DynamicValue::STRUCT: return object(value.as<capnp::DynamicStruct>(), "");
      case capnp::DynamicValue::LIST: return list(value.as<capnp::DynamicList>(), rules);
      case capnp::DynamicValue::ENUM: return PlainValue::of(word(value.as<capnp::DynamicEnum>()));
      default: KJ_FAIL_ASSERT("a field has a type without a JSON form", rules.name.c_str());
    }
  }

  // Empty for the first, which is `unspecified`, and for what a newer daemon may know.
  static std::string word(capnp::DynamicEnum value) {
    KJ_IF_MAYBE(enumerant, value.getEnumerant()) {
      return value.getRaw() == 0 ? "" : text(enumerant->getProto().getName());
    }
    return "";
  }

  PlainValue list(capnp::DynamicList::Reader from, const FieldRules& rules) {
    if (!rules.keyedBy.empty()) return keyed(from, rules.keyedBy);
    auto printed = PlainValue::list();
    for (auto item : from) printed.items.push_back(print(item, rules));
    return printed;
  }

  PlainValue keyed(capnp::DynamicList::Reader from, const std::string& keyedBy) {
    auto printed = PlainValue::object();
    for (auto item : from) {
      auto element = item.as<capnp::DynamicStruct>();
      auto key = text(element.get(keyedBy.c_str()).as<capnp::Text>());
      auto other = onlyOther(element.getSchema(), keyedBy);
      printed.set(key,
                  other ? print(element.get(*other), rulesOf(*other)) : object(element, keyedBy));
    }
    return printed;
  }

  Unset unset;
};

void escapeDollars(PlainValue& value) {
  value.text = writeDollars(value.text);
  for (auto& item : value.items) escapeDollars(item);
  for (auto& member : value.members) escapeDollars(member.second);
}

}  // namespace

PlainValue structValue(capnp::DynamicStruct::Reader from, Unset unset) {
  return Printer(unset).object(from, "");
}

PlainValue manifestValue(capnp::DynamicStruct::Reader manifest) {
  auto document = PlainValue::object();
  KJ_IF_MAYBE(active, manifest.which()) {
    if (!active->getType().isStruct()) return PlainValue();
    document.set("kind", PlainValue::of(kindOfField(rulesOf(*active).name)));
    auto object = manifest.get(*active).as<capnp::DynamicStruct>();
    for (auto& [name, value] : structValue(object, Unset::OMIT).members) document.set(name, value);
  }
  return document;
}

std::string manifestYaml(capnp::DynamicStruct::Reader manifest) {
  auto document = manifestValue(manifest);
  escapeDollars(document);
  return blockYaml(document);
}

}  // namespace skerry
