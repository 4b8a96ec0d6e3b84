#include "tier_central/redeclared.h"
#include "shared/model/encoded.h"

namespace skerry {

Bytes manifestOfTenant(const std::string& name, schema::Policy::Reader policy) {
  capnp::MallocMessageBuilder message;
  auto tenant = message.initRoot<schema::Tenant>();
  tenant.setName(name);
  if (policy.hasQuota()) tenant.setQuota(policy.getQuota());
  return encode<schema::Tenant>(tenant);
}

Bytes manifestOfSite(schema::SiteRecord::Reader record, const SiteObject& known) {
  capnp::MallocMessageBuilder message;
  auto site = message.initRoot<schema::Site>();
  site.setName(record.getName());
  site.setRegion(record.getRegion());
  if (record.getTimezone().size() > 0) site.setTimezone(record.getTimezone());
  std::map<std::string, std::string> declared;
  if (!known.manifest.empty()) {
    Decoded<schema::Site> before(known.manifest);
    for (auto label : before.get().getLabels()) {
      auto name = text(label.getName());
      if (known.operatorLabels.contains(name)) declared[name] = text(label.getValue());
    }
  }
  for (auto label : record.getLabels()) {
    auto name = text(label.getName());
    if (!known.operatorLabels.contains(name)) declared[name] = text(label.getValue());
  }
  if (declared.empty()) return encode<schema::Site>(site);
  auto labels = site.initLabels(declared.size());
  kj::uint i = 0;
  for (auto& [name, value] : declared) {
    labels[i].setName(name);
    labels[i++].setValue(value);
  }
  return encode<schema::Site>(site);
}

Bytes manifestOfApplication(BytesView revisionBody, schema::Intent::Reader intent) {
  Decoded<schema::Revision> revision(revisionBody);
  Decoded<schema::Application> specification(revision.get().getApplication());
  capnp::MallocMessageBuilder message;
  message.setRoot(specification.get());
  auto application = message.getRoot<schema::Application>();
  application.setPriority(intent.getPriority());
  if (intent.getSelector().size() > 0) {
    application.initPlacement().setSites(intent.getSelector());
  }
  return encode<schema::Application>(application);
}

}  // namespace skerry
