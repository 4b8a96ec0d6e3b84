@0xd3a0c1f5b2e74801;
# What people declare: the objects of a manifest file, as a client sends them to central and as
# central stores them. Written by app teams and global admins in YAML; the field names are those of
# the Cap'n Proto structs unless `Json.name` says otherwise. Sites never see these objects as such:
# they get what central signed of them (authority.capnp).
#
# The keys of a service are the Compose specification's, with the Compose meaning; what Compose has
# no word for stands in `x-skerry`. A key that is not here is an error that names it.

using Cxx = import "/capnp/c++.capnp";
using Json = import "/capnp/compat/json.capnp";
$Cxx.namespace("skerry::schema");

annotation keyed @0xb7c1d8e2f3a45602 (field) :Text;
# In YAML and JSON this list is a mapping from the named member to the rest of the struct; a struct
# of two members is a mapping from the one to the other.

annotation listOrText @0xe4c1d8e2f3a45603 (field) :Void;
# In YAML this list may also be written as one string, which is split into words as a shell would.

annotation mapOrList @0xc5c1d8e2f3a45604 (field) :Void;
# In YAML this keyed list may also be a sequence of "KEY=VALUE" strings.

annotation required @0xa6c1d8e2f3a45605 (field) :Void;
# Without it the object is refused.

annotation later @0xf7c1d8e2f3a45606 (struct) :Text;
# Space-separated keys that Compose or a later Skerry knows: refused as "not supported yet", not as
# unknown. `KEY.INNER`: the form of KEY that is a mapping with INNER. Of a union: kinds.

struct Manifest $later("siteGroup job policy alertRule secret user role gitSource settings") {
  # One document of a YAML file.
  union {
    unspecified @0 :Void;
    tenant @1 :Tenant;
    region @2 :Region;
    site @3 :Site;
    application @4 :Application;
    # The `kind` of a document names the member.
  }
}

struct Label {
  # What selectors tell sites by.
  name @0 :Text;
  # 1 to 63 of letters, digits, `-`, `_`, `.`, `/`; begins with a letter or digit.
  value @1 :Text;
  # At most 253 bytes. Numbers, sizes and versions are told by their form when compared.
}

struct Tenant {
  # An organisation whose applications are kept apart from those of others.
  name @0 :Text $required;
  quota @1 :Quota;
  # What its applications may use at all sites together. Absent: no bounds.
}

struct Quota {
  # Each service counts once per site that its application matches, with the limits it declares:
  # under a quota of `cpus` or `memory` every service has to declare that limit.
  instances @0 :Int32 = -1;
  # Absent: no bound.
  cpus @1 :Text;
  # CPUs, as "8" or "500m". Empty: no bound.
  memory @2 :Text;
  # Bytes, as "4Gi". Empty: no bound.
  disk @3 :Text;
  # Bytes of declared volumes. Empty: no bound.
}

struct Region {
  # The middle tier: schedules the sites near it.
  name @0 :Text $required;
}

struct Site {
  # A place with one to sixteen hosts.
  name @0 :Text $required;
  region @1 :Text $required;
  # Of the region that schedules it.
  labels @2 :List(Label) $keyed("name");
  timezone @3 :Text;
  # IANA name. Empty: UTC.
}

struct Application $later("volumes configs secrets networks rollout jobs version include extends") {
  # Services deployed, upgraded and rolled back as one unit.
  name @0 :Text $required;
  tenant @1 :Text $required;
  # Whose it is.
  priority @2 :Int32;
  # When a site has less room than work the highest run. 0 to 100; 0 when unsaid.
  services @3 :List(Service) $keyed("name") $required;
  # At least one.
  placement @4 :Placement;
  # Absent: every site.
}

struct Placement $later("hosts mode.count mode.per") {
  sites @0 :Text;
  # A label expression over the sites' labels. Empty: every site of every region.
  mode @1 :Text;
  # `everywhere`, the only one now, and what an empty text means.
}

struct Service
    $later("healthcheck volumes secrets configs networks depends_on build cap_add cap_drop")
    $later("devices privileged logging labels working_dir hostname extra_hosts dns tmpfs ulimits")
    $later("sysctls stop_grace_period stop_signal init read_only env_file expose links")
    $later("network_mode pid ipc security_opt shm_size profiles container_name pull_policy")
    $later("platform scale annotations attach blkio_config cgroup cgroup_parent cpu_count")
    $later("cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset")
    $later("credential_spec develop device_cgroup_rules dns_opt dns_search domainname extends")
    $later("external_links gpus group_add isolation label_file mac_address mem_limit")
    $later("mem_reservation mem_swappiness memswap_limit models oom_kill_disable oom_score_adj")
    $later("pids_limit post_start pre_stop provider runtime stdin_open storage_opt tty")
    $later("use_api_socket userns_mode uts volumes_from ports.target ports.published")
    $later("ports.protocol ports.mode ports.host_ip ports.name ports.app_protocol") {
  name @0 :Text;
  image @1 :Text;
  # Of a container. Refused for a process.
  command @2 :List(Text) $listOrText;
  # Of a container: replaces the image's command. Of a process: the program, with its whole path,
  # and its arguments.
  entrypoint @3 :List(Text) $listOrText;
  # Of a container: replaces the image's entry point.
  environment @4 :List(Variable) $keyed("name") $mapOrList;
  # Nothing is taken from the environment of a client or a host.
  user @5 :Text;
  # A name or number, or `USER:GROUP`. Empty: the image's user; for a process `nobody`.
  ports @6 :List(Text);
  # `[ADDRESS:]HOST:CONTAINER[/udp]`. For a process: the ports it listens on, for conflicts only.
  restart @7 :Text;
  # `always` (also when empty), `unless-stopped`, `on-failure`, `on-failure:N`, `no`.
  deploy @8 :Deploy;
  # Absent: no limits.
  skerry @9 :ServiceExtension $Json.name("x-skerry");
  # What Compose has no word for. Absent: all defaults.
}

struct Variable {
  name @0 :Text;
  value @1 :Text;
}

struct Deploy
    $later("replicas update_config rollback_config placement restart_policy mode labels")
    $later("endpoint_mode") {
  resources @0 :Resources;
}
struct Resources $later("reservations") {
  # What it may use of its host.
  limits @0 :ResourceLimits;
}
struct ResourceLimits $later("devices") {
  # What it can never use more of: held by the kernel, in control groups.
  cpus @0 :Text;
  # CPUs, as "0.5" or "500m". Empty: no limit.
  memory @1 :Text;
  # Bytes, as "128M", "64Mi". Empty: no limit.
  pids @2 :UInt32;
  # Processes and threads. 0: no limit.
}

struct ServiceExtension $later("class module placement priority") {
  kind @0 :Text;
  # `container` (also when empty) or `process`.
}
