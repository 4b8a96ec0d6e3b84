// Calls of Admin whatever their method, later ones included: as messages with a schema.
#pragma once
#include "capnp/admin.capnp.h"
#include "shared/daemon/problems.h"
#include <capnp/dynamic.h>

namespace skerry {

using AnyContext = capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer>;
using AnyRequest = capnp::Request<capnp::AnyPointer, capnp::AnyPointer>;
using AdminMethod = capnp::InterfaceSchema::Method;

// Null: Admin, as we know it, has no such method.
kj::Maybe<AdminMethod> adminMethod(uint64_t interfaceId, uint16_t methodId);
inline std::string_view nameOf(const AdminMethod& method) {
  return method.getProto().getName().cStr();
}
capnp::DynamicStruct::Reader paramsOf(const AdminMethod& method, AnyContext& context);
// The same call, of somebody else.
AnyRequest passOn(schema::Admin::Client next, const AdminMethod& method, AnyContext& context);
// An answer with this problem; an exception where the method has no room for one.
kj::Promise<void> refuseAny(const AdminMethod& method, AnyContext context, const Refusal& refusal);

}  // namespace skerry
