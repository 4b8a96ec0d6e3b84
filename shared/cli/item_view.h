// Objects as the client shows them: the documented JSON, manifests that can be applied again, and
// tables. Heavy: include from .cpp files only.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/cli/cli.h"
#include "shared/model/plain_value.h"

namespace skerry {

// A copy of an answer that outlives it.
struct Items {
  std::string kind;  // singular
  std::vector<PlainValue> values;  // `{kind, name, tenant, spec, status}`
  std::vector<std::string> yaml;   // one document each; declared objects as manifests
  int64_t asOfMs = 0;
};
Items copyItems(const std::string& kind, schema::Admin::GetResults::Reader results);

// `kind/NAME` of one value.
std::string nameOf(const Items& items, const PlainValue& value);

// `{"items": [...], "asOf"}`.
PlainValue listValue(const Items& items);

// In the form that the options ask for, ready for standard output.
std::string printItems(const Cli& cli, const Items& items, int64_t nowMs);

// By a field: `name`, or one of the status or the spec, with dots for parts. False when none of
// the items has it.
bool sortItems(Items& items, const std::string& field);

// A field of the status (`site`, `online` ...); empty or false where there is none.
std::string statusText(const PlainValue& item, const std::string& field);
bool statusFlag(const PlainValue& item, const std::string& field);
int64_t statusNumber(const PlainValue& item, const std::string& field);

}  // namespace skerry
