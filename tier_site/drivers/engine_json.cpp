#include "tier_site/drivers/engine_json.h"
#include "capnp/engine.capnp.h"
#include "tier_site/drivers/driver_limits.h"
#include <capnp/compat/json.h>
#include <capnp/message.h>
#include <kj/debug.h>

namespace skerry {

namespace {

using Text = std::string;

capnp::JsonCodec& codec() {
  static thread_local kj::Own<capnp::JsonCodec> instance = [] {
    auto made = kj::heap<capnp::JsonCodec>();
    made->setHasMode(capnp::HasMode::NON_DEFAULT);  // else every unset number is sent as 0
    made->handleByAnnotation<engine::CreateContainer>();
    made->handleByAnnotation<engine::Inspected>();
    made->handleByAnnotation<engine::Listed>();
    made->handleByAnnotation<engine::Event>();
    made->handleByAnnotation<engine::Info>();
    made->handleByAnnotation<engine::Failure>();
    made->handleByAnnotation<engine::Version>();
    return made;
  }();
  return *instance;
}

// `read` gets the decoded struct, which lives for the call only.
template <typename Struct, typename Read>
auto decode(const Text& json, Read&& read) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<Struct>();
  auto problem = kj::runCatchingExceptions([&]() {
    codec().decode(kj::arrayPtr(json.data(), json.size()), root);
  });
  KJ_IF_MAYBE(e, problem) {
    kj::throwFatalException(KJ_EXCEPTION(
        FAILED, "the container engine's answer is not what its API promises", e->getDescription(),
        json.substr(0, ENGINE_MESSAGE_BYTES_MAX).c_str()));
  }
  return read(root.asReader());
}

Text str(capnp::Text::Reader text) { return Text(text.begin(), text.size()); }
kj::StringPtr ptr(const Text& text) { return kj::StringPtr(text.c_str(), text.size()); }

void setMap(capnp::JsonValue::Builder out, const std::map<Text, Text>& map) {
  auto fields = out.initObject(map.size());
  uint i = 0;
  for (auto& [key, value] : map) {
    fields[i].setName(ptr(key));
    fields[i++].initValue().setString(ptr(value));
  }
}

std::map<Text, Text> getMap(capnp::JsonValue::Reader in) {
  std::map<Text, Text> map;
  if (!in.isObject()) return map;  // engines send null for an empty one
  for (auto field : in.getObject())
    if (field.getValue().isString()) map[str(field.getName())] = str(field.getValue().getString());
  return map;
}

template <typename List>
void setList(List list, const std::vector<Text>& from) {
  for (uint i = 0; i < from.size(); ++i) list.set(i, ptr(from[i]));
}

Text portKey(const PublishedPort& port) {
  return std::to_string(port.inside) +
         (port.protocol == PublishedPort::Protocol::UDP ? "/udp" : "/tcp");
}

// Several ports of the host may lead to one of the container.
void setPorts(engine::CreateContainer::Builder create, const std::vector<PublishedPort>& ports) {
  std::map<Text, std::vector<const PublishedPort*>> byInside;
  for (auto& port : ports) byInside[portKey(port)].push_back(&port);
  auto exposed = create.initExposedPorts().initObject(byInside.size());
  auto bindings = create.getHostConfig().initPortBindings().initObject(byInside.size());
  uint i = 0;
  for (auto& [key, published] : byInside) {
    exposed[i].setName(ptr(key));
    exposed[i].initValue().initObject(0);
    bindings[i].setName(ptr(key));
    auto list = bindings[i++].initValue().initArray(published.size());
    for (uint j = 0; j < published.size(); ++j)
      setMap(list[j], {{"HostIp", published[j]->address},
                       {"HostPort", std::to_string(published[j]->host)}});
  }
}

void setLimits(engine::HostConfig::Builder host, const EngineDriverConfig& config,
               const ResourceLimits& limits) {
  host.setMemory(double(limits.memoryBytes));
  host.setMemorySwap(double(limits.memoryBytes));
  host.setNanoCpus(double(limits.cpuMilli) * 1e6);
  host.setPidsLimit(double(limits.pidsMax));
  auto ulimits = host.initUlimits(2);
  auto set = [&](uint i, kj::StringPtr name, uint64_t value) {
    ulimits[i].setName(name);
    ulimits[i].setSoft(double(value));
    ulimits[i].setHard(double(value));
  };
  set(0, "nofile", config.nofile);
  set(1, "nproc", config.nproc);
}

}  // namespace

Text encodeCreate(const EngineDriverConfig& config, const Rendered& r, uint64_t incarnation,
                  TenantGroups groups, const Text& finding) {
  capnp::MallocMessageBuilder message;
  auto create = message.initRoot<engine::CreateContainer>();
  create.setImage(ptr(r.image));
  if (!r.entrypoint.empty()) setList(create.initEntrypoint(r.entrypoint.size()), r.entrypoint);
  if (!r.command.empty()) setList(create.initCmd(r.command.size()), r.command);
  std::vector<Text> environment;
  for (auto& [name, value] : r.environment) environment.push_back(name + "=" + value);
  setList(create.initEnv(environment.size()), environment);
  create.setUser(ptr(r.user));
  create.setWorkingDir(ptr(r.workDir));
  setMap(create.initLabels(), containerLabels(config, r, incarnation, finding));
  auto host = create.initHostConfig();
  if (groups == TenantGroups::YES && !config.cgroupPrefix.empty())
    host.setCgroupParent(ptr("/" + config.cgroupPrefix + "/" + r.id.tenant));
  setLimits(host, config, r.limits);
  // A service without published ports still calls out (its database, its broker), so it gets the
  // engine's bridge too; on Podman 4.3 a start then takes two to three times as long as without.
  host.setNetworkMode(r.network == NetworkMode::NONE   ? "none"
                      : r.network == NetworkMode::HOST ? "host"
                                                       : "bridge");
  if (!r.ports.empty() && r.network == NetworkMode::PRIVATE) setPorts(create, r.ports);
  auto json = codec().encode(create.asReader());
  return Text(json.begin(), json.size());
}

Container decodeInspected(const Text& body) {
  return decode<engine::Inspected>(body, [](engine::Inspected::Reader in) {
    Container c;
    c.id = str(in.getId());
    c.name = str(in.getName());
    if (!c.name.empty() && c.name[0] == '/') c.name.erase(0, 1);
    auto state = in.getState();
    c.status = str(state.getStatus());
    c.running = state.getRunning();
    c.oomKilled = state.getOomKilled();
    c.pid = state.getPid();
    c.exitCode = state.getExitCode();
    c.error = str(state.getError()).substr(0, ENGINE_MESSAGE_BYTES_MAX);
    c.labels = getMap(in.getConfig().getLabels());
    KJ_REQUIRE(!c.id.empty() && !c.status.empty(),
               "the container engine's answer tells of no container");
    return c;
  });
}

std::vector<Text> decodeListed(const Text& body) {
  return decode<engine::Listed>("{\"items\":" + body + "}", [](engine::Listed::Reader in) {
    std::vector<Text> ids;
    for (auto item : in.getItems()) ids.push_back(str(item.getId()));
    return ids;
  });
}

Text decodeEvent(const Text& line) {
  return decode<engine::Event>(line, [](engine::Event::Reader in) {
    auto attributes = getMap(in.getActor().getAttributes());
    return attributes["skerry.instance"];
  });
}

Text decodeCgroupDriver(const Text& body) {
  return decode<engine::Info>(body,
                              [](engine::Info::Reader in) { return str(in.getCgroupDriver()); });
}

Text decodeRuntime(const Text& body) {
  return decode<engine::Info>(body,
                              [](engine::Info::Reader in) { return str(in.getDefaultRuntime()); });
}

EngineVersion decodeVersion(const Text& body) {
  return decode<engine::Version>(body, [](engine::Version::Reader in) {
    auto components = in.getComponents();
    return EngineVersion{components.size() > 0 ? str(components[0].getName()) : Text(),
                         str(in.getVersion()), str(in.getApiVersion())};
  });
}

Text decodeFailure(const Text& body) {
  Text message;
  auto problem = kj::runCatchingExceptions([&]() {
    message = decode<engine::Failure>(body, [](engine::Failure::Reader in) {
      return str(in.getMessage());
    });
  });
  if (problem != nullptr || message.empty()) message = body;
  for (char& c : message)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return message.substr(0, ENGINE_MESSAGE_BYTES_MAX);
}

}  // namespace skerry
