@0xd0c9a4f1e6b7a853;
# The container engine of a host, as much of its API as a driver needs: the objects of the Docker
# Engine API (1.40), read and written by Cap'n Proto's JSON codec. Only the site daemon and the
# engine on its own host speak it, over the engine's unix socket; it never crosses a tier.
#
# Point of view: the daemon's. It writes CreateContainer and reads the rest. What is not listed here
# is skipped on reading; fields left at their defaults are not written.
#
# Why these types: the codec writes 64-bit integers as JSON strings, which engines refuse, so sizes
# are Float64, exact to 2^53. Objects with free keys (labels, ports) are Json.Value, which the codec
# passes through.

using Cxx = import "/capnp/c++.capnp";
using Json = import "/capnp/compat/json.capnp";
$Cxx.namespace("skerry::engine");

struct Ulimit {
  name @0 :Text $Json.name("Name");
  # "nofile", "nproc".
  soft @1 :Float64 $Json.name("Soft");
  hard @2 :Float64 $Json.name("Hard");
}

struct HostConfig {
  cgroupParent @0 :Text $Json.name("CgroupParent");
  # Path below the root of every control group tree. Empty: the engine's choice.
  memory @1 :Float64 $Json.name("Memory");
  # Bytes. Zero: no limit, as in all that follow.
  memorySwap @2 :Float64 $Json.name("MemorySwap");
  # Bytes of memory and swap together; equal to `memory` it means no swap.
  nanoCpus @3 :Float64 $Json.name("NanoCpus");
  # Billionths of a CPU.
  pidsLimit @4 :Float64 $Json.name("PidsLimit");
  ulimits @5 :List(Ulimit) $Json.name("Ulimits");
  networkMode @6 :Text $Json.name("NetworkMode");
  # "bridge", "none", "host".
  portBindings @7 :Json.Value $Json.name("PortBindings");
  # {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}
}

struct CreateContainer {
  # Body of POST /containers/create.
  image @0 :Text $Json.name("Image");
  entrypoint @1 :List(Text) $Json.name("Entrypoint");
  # Null: the image's own.
  cmd @2 :List(Text) $Json.name("Cmd");
  # Null: the image's own.
  env @3 :List(Text) $Json.name("Env");
  # "NAME=VALUE", on top of the image's.
  user @4 :Text $Json.name("User");
  workingDir @5 :Text $Json.name("WorkingDir");
  labels @6 :Json.Value $Json.name("Labels");
  # {"skerry.site": "..."}
  exposedPorts @7 :Json.Value $Json.name("ExposedPorts");
  # {"80/tcp": {}}
  hostConfig @8 :HostConfig $Json.name("HostConfig");
}

struct State {
  status @0 :Text $Json.name("Status");
  # "created" (Podman also "configured", "initialized"), "running", "paused", "restarting",
  # "removing", "exited" (Podman also "stopped"), "dead".
  running @1 :Bool $Json.name("Running");
  oomKilled @2 :Bool $Json.name("OOMKilled");
  pid @3 :Int32 $Json.name("Pid");
  # Of the container's first process, as the host numbers it. Zero when it does not run.
  exitCode @4 :Int32 $Json.name("ExitCode");
  # 128 + N when signal N ended it.
  error @5 :Text $Json.name("Error");
  # Why the engine could not start it.
}

struct Inspected {
  # Answer to GET /containers/NAME/json.
  id @0 :Text $Json.name("Id");
  name @1 :Text $Json.name("Name");
  # With a slash before it.
  state @2 :State $Json.name("State");
  config @3 :Config $Json.name("Config");
  struct Config {
    labels @0 :Json.Value $Json.name("Labels");
  }
}

struct Listed {
  # Answer to GET /containers/json, wrapped by the reader: the codec wants an object at the top.
  items @0 :List(Item);
  struct Item {
    id @0 :Text $Json.name("Id");
    labels @1 :Json.Value $Json.name("Labels");
  }
}

struct Event {
  # One line of GET /events.
  action @0 :Text $Json.name("Action");
  # "die", "start", "oom", ...; Podman's differ.
  actor @1 :Actor $Json.name("Actor");
  struct Actor {
    id @0 :Text $Json.name("ID");
    attributes @1 :Json.Value $Json.name("Attributes");
    # The labels of the container, among others.
  }
}

struct Info {
  # Answer to GET /info.
  cgroupDriver @0 :Text $Json.name("CgroupDriver");
  # "cgroupfs", "systemd", "none".
  defaultRuntime @1 :Text $Json.name("DefaultRuntime");
  # "runc", "crun".
}

struct Version {
  # Answer to GET /version.
  version @0 :Text $Json.name("Version");
  apiVersion @1 :Text $Json.name("ApiVersion");
  # "1.41".
  components @2 :List(Component) $Json.name("Components");
  # The engine itself first.
  struct Component {
    name @0 :Text $Json.name("Name");
    # "Podman Engine", "Engine" (Docker's).
  }
}

struct Failure {
  # Body of an answer of 400 and above.
  message @0 :Text;
}
