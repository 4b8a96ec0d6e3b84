// Copies a struct of manifest.capnp so that equal meanings get equal bytes: keyed lists are sorted
// by their key, and blocks in which nothing is set are left out.
#pragma once
#include <capnp/dynamic.h>

namespace skerry {

// Nothing in it differs from what it is when it is not there.
bool isUnset(capnp::DynamicStruct::Reader from);
void tidyCopy(capnp::DynamicStruct::Reader from, capnp::DynamicStruct::Builder into);

}  // namespace skerry
