#include "tier_site/drivers/containers.h"
#include "tier_site/drivers/engine_json.h"
#include "tier_site/drivers/refuse.h"
#include <kj/debug.h>

namespace skerry {

using Reply = EngineClient::Reply;

kj::Promise<Reply> Containers::ask(Method method, kj::String path, uint32_t timeoutMs) {
  return client.call(method, kj::mv(path), timeoutMs);
}

kj::Promise<Containers::Found> Containers::inspect(std::string nameOrId) {
  return ask(Method::GET, kj::str("/containers/", encodePath(nameOrId), "/json"))
      .then([](Reply reply) -> Found {
        if (reply.status == 404) return {};
        if (!reply.isOk())
          kj::throwFatalException(KJ_EXCEPTION(
              FAILED, kj::str("the container engine cannot inspect a container: ",
                              decodeFailure(reply.body).c_str())));
        return decodeInspected(reply.body);
      });
}

kj::Promise<Containers::Found> Containers::inspectOurs(const InstanceId& id) {
  return inspect(containerName(config, id)).then([this, id](Found found) {
    if (found && ownerOf(config, *found) != id)
      refuse(id, "container '" + containerName(config, id) +
                     "' exists but was not made for it: remove or rename that one");
    return found;
  });
}

kj::Promise<std::vector<Container>> Containers::all() { return allTask(); }

Task<std::vector<Container>> Containers::allTask() {
  auto filter = labelFilter("skerry.site=" + config.site);
  auto asking = ask(Method::GET, kj::str("/containers/json?all=true&filters=", filter));
  auto reply = co_await asking;
  if (!reply.isOk())
    kj::throwFatalException(KJ_EXCEPTION(FAILED, kj::str("the container engine cannot list: ",
                                                         decodeFailure(reply.body).c_str())));
  auto ids = decodeListed(reply.body);
  std::vector<Container> found;
  for (auto& id : ids) {
    auto inspecting = inspect(id);
    auto container = co_await inspecting;
    if (container && ownerOf(config, *container)) found.push_back(kj::mv(*container));
  }
  co_return kj::mv(found);
}

kj::Promise<void> Containers::create(Rendered rendered, uint64_t incarnation,
                                     std::string finding) {
  return createTask(kj::mv(rendered), incarnation, kj::mv(finding));
}

// The name is the key, the labels say whether it is the one wanted.
Task<void> Containers::createTask(Rendered r, uint64_t incarnation, std::string finding) {
  auto checking = requireImage(r);
  co_await checking;
  auto asking = tenantGroups();
  bool groups = co_await asking;
  auto path = kj::str("/containers/create?name=", encodePath(containerName(config, r.id)));
  auto body = encodeCreate(config, r, incarnation, groups ? TenantGroups::YES : TenantGroups::NO,
                           finding);
  auto creating = client.call(Method::POST, kj::mv(path), ENGINE_START_MS, kj::mv(body));
  auto reply = co_await creating;
  if (reply.isOk()) co_return;
  auto looking = inspectOurs(r.id);
  auto found = co_await looking;
  if (!found) refuse(r.id, explainEngineError(decodeFailure(reply.body), r));
  auto seen = observedFrom(r.id, *found);
  if (seen.digest != r.digest || seen.incarnation != incarnation)
    refuse(r.id, "another container was made for it meanwhile: " + decodeFailure(reply.body));
}

Task<void> Containers::requireImage(Rendered r) {
  auto asking = ask(Method::GET, kj::str("/images/", encodePath(r.image), "/json"));
  auto reply = co_await asking;
  if (reply.isOk()) co_return;
  if (reply.status == 404)
    refuse(r.id, "image '" + r.image + "' is not on this host; load it with `podman load -i FILE` "
                 "or `docker load -i FILE`");
  refuse(r.id, "image '" + r.image + "' cannot be inspected: " + decodeFailure(reply.body));
}

// Where systemd makes the groups, a parent would have to be one of its slices.
Task<bool> Containers::tenantGroups() {
  if (!groupsOfOurOwn) {
    auto asking = ask(Method::GET, kj::str("/info"));
    auto reply = co_await asking;
    groupsOfOurOwn = reply.isOk() && decodeCgroupDriver(reply.body) == "cgroupfs";
  }
  co_return *groupsOfOurOwn;
}

kj::Promise<Reply> Containers::start(const std::string& container) {
  return ask(Method::POST, kj::str("/containers/", encodePath(container), "/start"),
             ENGINE_START_MS);
}

// Engines count in seconds.
kj::Promise<Reply> Containers::stop(const std::string& container, uint32_t graceMs) {
  uint32_t graceS = graceMs / 1000 + (graceMs % 1000 > 0);
  return ask(Method::POST, kj::str("/containers/", encodePath(container), "/stop?t=", graceS),
             kj::min(graceMs, UINT32_MAX - ENGINE_STOP_MARGIN_MS) + ENGINE_STOP_MARGIN_MS);
}

kj::Promise<void> Containers::discard(InstanceId id, std::string container) {
  return discardTask(kj::mv(id), kj::mv(container));
}

// Killed first: a forced removal by Podman waits 10 s for a process that ignores SIGTERM.
Task<void> Containers::discardTask(InstanceId id, std::string container) {
  auto path = kj::str("/containers/", encodePath(container));
  auto killing = ask(Method::POST, kj::str(path, "/kill"));
  co_await killing;
  auto deleting = ask(Method::DELETE, kj::str(path, "?force=true&v=true"), ENGINE_STOP_MARGIN_MS);
  auto reply = co_await deleting;
  auto looking = inspect(container);
  auto left = co_await looking;
  if (left) refuse(id, "the container engine cannot remove it: " + decodeFailure(reply.body));
}

}  // namespace skerry
