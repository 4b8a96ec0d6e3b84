#include "shared/model/tidy_copy.h"
#include "shared/crypto/bytes.h"
#include "shared/model/field_rules.h"
#include <algorithm>

namespace skerry {
namespace {

using Type = capnp::schema::Type;

bool isUnsetField(capnp::DynamicStruct::Reader from, capnp::StructSchema::Field field) {
  switch (field.getType().which()) {
    case Type::TEXT: return from.get(field).as<capnp::Text>().size() == 0;
    case Type::LIST: return from.get(field).as<capnp::DynamicList>().size() == 0;
    case Type::STRUCT: return isUnset(from.get(field).as<capnp::DynamicStruct>());
    default: return !from.has(field, capnp::HasMode::NON_DEFAULT);
  }
}

void copyStructs(capnp::DynamicList::Reader from, const std::string& keyedBy,
                 capnp::DynamicList::Builder into) {
  std::vector<capnp::DynamicStruct::Reader> elements;
  for (auto element : from) elements.push_back(element.as<capnp::DynamicStruct>());
  if (!keyedBy.empty()) {
    auto keyOf = [&](capnp::DynamicStruct::Reader element) {
      return text(element.get(keyedBy.c_str()).as<capnp::Text>());
    };
    std::stable_sort(elements.begin(), elements.end(),
                     [&](auto a, auto b) { return keyOf(a) < keyOf(b); });
  }
  for (size_t i = 0; i < elements.size(); ++i) {
    tidyCopy(elements[i], into[i].as<capnp::DynamicStruct>());
  }
}

void copyField(capnp::DynamicStruct::Reader from, capnp::StructSchema::Field field,
               capnp::DynamicStruct::Builder into) {
  auto type = field.getType();
  if (type.which() == Type::STRUCT) {
    return tidyCopy(from.get(field).as<capnp::DynamicStruct>(),
                    into.init(field).as<capnp::DynamicStruct>());
  }
  bool ofStructs = type.which() == Type::LIST &&
                   type.asList().getElementType().which() == Type::STRUCT;
  if (!ofStructs) return into.set(field, from.get(field));
  auto list = from.get(field).as<capnp::DynamicList>();
  copyStructs(list, rulesOf(field).keyedBy,
              into.init(field, list.size()).as<capnp::DynamicList>());
}

}  // namespace

bool isUnset(capnp::DynamicStruct::Reader from) {
  for (auto field : from.getSchema().getNonUnionFields()) {
    if (!isUnsetField(from, field)) return false;
  }
  KJ_IF_MAYBE(active, from.which()) {
    return active->getProto().getDiscriminantValue() == 0 && isUnsetField(from, *active);
  }
  return true;
}

void tidyCopy(capnp::DynamicStruct::Reader from, capnp::DynamicStruct::Builder into) {
  for (auto field : from.getSchema().getNonUnionFields()) {
    if (!isUnsetField(from, field)) copyField(from, field, into);
  }
  KJ_IF_MAYBE(active, from.which()) copyField(from, *active, into);
}

}  // namespace skerry
