#include "tier_site/render.h"

namespace skerry {
namespace {

// A variable that the manifest sets itself stays as it is.
void addIdentity(Rendered& rendered, const SiteFacts& facts) {
  auto& id = rendered.id;
  for (auto& [name, value] : std::map<std::string, std::string>{
           {"SKERRY_SITE", facts.site}, {"SKERRY_HOST", facts.host}, {"SKERRY_TENANT", id.tenant},
           {"SKERRY_APP", id.app}, {"SKERRY_SERVICE", id.service}}) {
    rendered.environment.emplace(name, value);
  }
}

}  // namespace

std::map<InstanceId, Slot> render(const InForce& app, const SiteFacts& facts) {
  std::map<InstanceId, Slot> slots;
  for (auto& service : app.spec.services) {
    Slot slot;
    slot.restart = service.restart;
    slot.revision = app.revision;
    slot.priority = app.priority;
    auto paused = app.paused.find(service.name);
    if (paused != app.paused.end()) {
      slot.standing = Standing::PAUSED;
      slot.reason = paused->second;
    }
    auto& to = slot.rendered;
    to.id = {app.spec.tenant, app.spec.name, service.name, 0};
    to.kind = service.kind == ServiceKind::PROCESS ? RuntimeKind::PROCESS : RuntimeKind::CONTAINER;
    to.image = service.image;
    to.entrypoint = service.entrypoint;
    to.command = service.command;
    to.environment = service.environment;
    to.user = service.user;
    to.limits.cpuMilli = service.limits.cpuMilli;
    to.limits.memoryBytes = service.limits.memoryBytes;
    to.limits.pidsMax = service.limits.pids;
    for (auto& port : service.ports) {
      to.ports.push_back({port.address, port.host, port.container,
                          port.udp ? PublishedPort::Protocol::UDP : PublishedPort::Protocol::TCP});
    }
    addIdentity(to, facts);
    auto nonce = app.nonces.find(service.name);
    if (nonce != app.nonces.end()) to.nonce = nonce->second;
    to.digest = renderedDigest(to);
    slots.emplace(to.id, std::move(slot));
  }
  return slots;
}

}  // namespace skerry
