// Cap'n Proto structs as plain values, by the schema's names and annotations: the way back from
// manifest.capnp to what people wrote, and the JSON of everything the client prints.
#pragma once
#include "shared/model/plain_value.h"
#include <capnp/dynamic.h>

namespace skerry {

enum class Unset { OMIT, PRINT };

// Fields in the order of the schema, named as in YAML; keyed lists are objects. OMIT leaves out
// what has its default value, PRINT gives `0`, `""`, `false`, `[]`.
PlainValue structValue(capnp::DynamicStruct::Reader from, Unset unset);

// A declared object as a document: `kind`, `name`, `tenant`, then the fields. `manifest` is a
// schema::Manifest. Nothing when it is unspecified.
PlainValue manifestValue(capnp::DynamicStruct::Reader manifest);

// As YAML that can be applied again: `$` written as the interpolation rules demand.
std::string manifestYaml(capnp::DynamicStruct::Reader manifest);

}  // namespace skerry
