#include "shared/daemon/any_call.h"

namespace skerry {

kj::Maybe<AdminMethod> adminMethod(uint64_t interfaceId, uint16_t methodId) {
  auto methods = capnp::Schema::from<schema::Admin>().getMethods();
  if (interfaceId != capnp::typeId<schema::Admin>() || methodId >= methods.size()) return nullptr;
  return methods[methodId];
}

capnp::DynamicStruct::Reader paramsOf(const AdminMethod& method, AnyContext& context) {
  return context.getParams().getAs<capnp::DynamicStruct>(method.getParamType());
}

AnyRequest passOn(schema::Admin::Client next, const AdminMethod& method, AnyContext& context) {
  auto params = context.getParams();
  auto request = next.typelessRequest(capnp::typeId<schema::Admin>(), method.getOrdinal(),
                                      params.targetSize());
  request.set(params);
  return request;
}

kj::Promise<void> refuseAny(const AdminMethod& method, AnyContext context,
                            const Refusal& refusal) {
  auto results = context.getResults().initAs<capnp::DynamicStruct>(method.getResultType());
  KJ_IF_MAYBE(field, method.getResultType().findFieldByName("problems")) {
    auto problems = results.init(*field, 1).as<capnp::DynamicList>();
    writeProblem(refusal, problems[0].as<schema::Problem>());
    return kj::READY_NOW;
  }
  return KJ_EXCEPTION(FAILED, "refused", refusal.reason.c_str(), refusal.message.c_str());
}

}  // namespace skerry
