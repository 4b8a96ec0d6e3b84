@0xe8d1b5a7c4f20905;
# Between the client `skerry` and one tier's daemon, over its `admin.sock` or, with a person's
# certificate, at its session door. Public: this is what
# scripts and consoles are written against. Every tier offers the same interface and answers for
# its own subtree; what a tier has no authority for is refused with the way out.

using Cxx = import "/capnp/c++.capnp";
using Manifest = import "manifest.capnp";
using Logs = import "logs.capnp";
using Telemetry = import "telemetry.capnp";
using Journal = import "journal.capnp";
using People = import "people.capnp";
using Audit = import "audit.capnp";
$Cxx.namespace("skerry::schema");

interface Admin {
  # Made for one person: whoever can open the socket administers this tier as `local:UID`; at the
  # session door it is who central signed for, with the role that central gave. Obtained as the
  # bootstrap of the connection; ends with it, or when the person is removed. Each change is
  # recorded (audit.capnp). Expected refusals are `problems` in the answer, never exceptions; an
  # exception means that the daemon failed. What a role may not: "denied". What it may not even see
  # is not there: "not-found", and left out of lists and counts.

  status @0 () -> (status :TierStatus);
  # This tier at a glance.

  apply @1 (manifests :List(Manifest.Manifest), dryRun :Bool, planId :Text, set :Text, prune :Bool)
        -> (results :List(ApplyResult), problems :List(Problem), intents :List(IntentRef));
  # Declares objects; all of them or none. Idempotent: what is declared already is `unchanged`.
  # Answers when the change is durable at this tier, whatever is connected below. Central only.
  # With the id of a plan: refused ("plan-stale") unless it would do just what that plan said.
  # `set`, when not empty: what these objects are remembered to have come with. `prune`, with a set:
  # also removes what came with it and is not among them any more; never a tenant.

  plan @2 (manifests :List(Manifest.Manifest), set :Text)
       -> (results :List(ApplyResult), targets :List(PlanTarget), problems :List(Problem),
           id :Text, pruned :List(ApplyResult), quotas :List(QuotaUse));
  # What `apply` would do, site by site. Changes nothing. `id` names these manifests and all of the
  # outcome but who is online. `pruned`: what `apply` with `set` and `prune` would also remove.
  # `quotas`: of tenants that have one and that the manifests concern, as they are afterwards.

  get @3 (query :Query) -> (items :List(Item), asOfMs :Int64, problems :List(Problem));
  # Objects of one kind, sorted by tenant and name. `asOfMs`: the age of the oldest part of the
  # answer, Unix epoch.

  delete @4 (query :Query, cascade :Bool) -> (results :List(ApplyResult), problems :List(Problem));
  # Removes the declared object of that name. Central only. What still has something is refused
  # ("in-use") unless `cascade`.

  createToken @5 (request :TokenRequest) -> (token :TokenGrant, problems :List(Problem));
  # A one-time token with which a region or a site's host joins. Central only.
  revokeToken @6 (name :Text) -> (problems :List(Problem));
  # Of all unused tokens of that region or site. Idempotent.

  logs @7 (query :Logs.LogQuery, sink :Logs.LineSink)
       -> (missing :List(Text), problems :List(Problem));
  # Pushed down to the sites; `missing` names those that could not be asked. Long.

  why @8 (tenant :Text, app :Text, site :Text)
      -> (findings :List(Finding), problems :List(Problem));
  # Why an application runs at a site, or does not.

  changed @9 (since :UInt64) -> (version :UInt64);
  # Returns when something that `get` shows has changed since version `since` (0: at once), or
  # after CHANGED_WAIT_MS. Long; for watching and waiting.
  const changedWaitMs :UInt32 = 30000;

  doctor @10 () -> (findings :List(Finding), problems :List(Problem));
  # This tier looked at as a person would: its folder, disk, certificate and clock, its link, what
  # of its subtree needs attention; each with the command that helps. Changes nothing. Answers also
  # while the store is being reopened.

  usage @11 (query :Telemetry.UsageQuery)
        -> (rows :List(Telemetry.Usage), omitted :UInt32, missing :List(Text),
            problems :List(Problem));
  # What sites, applications or instances use now, the greatest first, `omitted` more left out.
  # Pushed down to the sites; `missing` names those that did not answer in USAGE_WAIT_MS.
  const usageWaitMs :UInt32 = 10000;

  approveHost @12 (id :Text, site :Text, name :Text) -> (problems :List(Problem));
  # Lets a host in that has no token, by its identity, also before it first called: at its next call
  # it becomes the host `name` of the site (empty: the host says). Idempotent. A region may do so
  # for a host that waits there while it holds an unused token of the site, which is used up.

  events @13 (query :Journal.EventQuery, sink :Journal.EventSink) -> (problems :List(Problem));
  # What happened in this tier's subtree, as its regions know it. A region that does not answer in
  # EVENTS_WAIT_MS is missing. With `follow` long.
  const eventsWaitMs :UInt32 = 5000;

  whoami @14 () -> (person :People.Person, problems :List(Problem));
  # Who asks. The first call of a remote client: "unknown-user" for a certificate of this fleet
  # whose key belongs to nobody, or not any more.

  addUser @15 (user :People.UserSpec) -> (grant :People.UserGrant, problems :List(Problem));
  # Lets somebody in, or gives somebody another key. Central only; nobody gives more than he has.
  # Answers when it is durable here; tiers that are away learn it when they are back.

  removeUser @16 (name :Text, tenant :Text) -> (problems :List(Problem));
  # The person's sessions end, here at once, elsewhere as soon as the orders arrive. Central only.

  audit @17 (query :Audit.AuditQuery)
        -> (records :List(Audit.AuditRecord), omitted :Bool, verdict :Audit.AuditVerdict,
            problems :List(Problem));
  # What was done at this tier, oldest first; of more than AUDIT_RECORDS_MAX the newest, and
  # `omitted`.

  block @18 (kind :Text, name :Text, blocked :Bool, reason :Text)
        -> (results :List(ApplyResult), problems :List(Problem));
  # A tenant, site or host (`SITE/HOST`): what it runs stops at each site as soon as the site hears,
  # and stays stopped until the same is called with `blocked` false; a host's key opens nothing.
  # Idempotent. Answers when it is durable here. Central only.

  label @19 (kind :Text, name :Text, set :List(Manifest.Label), remove :List(Text))
        -> (results :List(ApplyResult), problems :List(Problem));
  # Labels of a site beside those of its manifest, and before them; applying the manifest leaves
  # them. Idempotent. Central only.

  backup @20 (sink :BackupSink);
  # This daemon's identity and database at one moment, as the bytes of a backup file. With them go
  # its private keys: offered to who opens the socket, not to who comes from elsewhere. Long.

  restoreStatus @21 () -> (view :RestoreView);
  # What became of the last restore from a backup.

  restoreConfirm @22 (without :Text) -> (problems :List(Problem));
  # Does not wait for this child any longer. Idempotent. What it holds is read when it comes.
}

interface BackupSink {
  # The asker's; who drops the `backup` call ends it.
  write @0 (data :Data) -> stream;
  # Appends.
  done @1 ();
  # All was written.
}

struct RestoreView {
  restored @0 :Text;
  # RFC 3339. Empty: this daemon was never restored.
  backup @1 :Text;
  # RFC 3339: when that backup was taken.
  children @2 :List(Child);
  findings @3 :List(Finding);
  # What was found at the children and differs from the backup, oldest first.
  isReady @4 :Bool;
  # Nothing is waited for: what is declared goes down.

  struct Child {
    name @0 :Text;
    # Of a region; of a site.
    state @1 :Text;
    # awaited, read, written-off.
    online @2 :Bool;
  }
  struct Finding {
    child @0 :Text;
    key @1 :Text;
    # Of its orders: `app/TENANT/NAME`, `site/NAME`.
    outcome @2 :Text;
    # adopted: made since the backup, and kept. deleted: deleted since, and so it stays. inherited:
    # kept as it is, though not known here. conflict: changed on both sides, ours holds.
  }
}

struct QuotaUse {
  # One bounded resource of one tenant.
  tenant @0 :Text;
  resource @1 :Text;
  # instances, cpus, memory, disk.
  used @2 :Text;
  # As in a manifest: `3`, `500m`, `64Mi`.
  after @3 :Text;
  # Of `plan`: used afterwards. Empty elsewhere.
  quota @4 :Text;
}

struct Query {
  kind @0 :Text;
  # Singular: tenant, region, site, host, application, instance, token, pending,
  # user, role.
  name @1 :Text;
  # Empty: all.
  tenant @2 :Text;
  # Empty: all tenants.
  selector @3 :Text;
  # A label expression over the labels of the site that the object is or belongs to, and over the
  # fields of its status, `status.offline-for > 1d` (shared/daemon/item_labels.h). Empty: all.
  region @4 :Text;
  site @5 :Text;
  host @6 :Text;
  app @7 :Text;
  # Narrow any list; empty: no bound.
}

struct Problem {
  # Why something was refused, for a person, and a word for scripts.
  code @0 :UInt8;
  # The exit code the client ends with: 2 invalid, 3 not found, 4 denied, 5 unreachable, 6 conflict.
  reason @1 :Text;
  # A stable word: `not-found`, `name-ambiguous`, `in-use`, `not-here`, `no-region-address`.
  message @2 :Text;
  manifest @3 :Int32 = -1;
  # Index into the request's manifests; -1: none in particular.
  path @4 :Text;
  # Inside that manifest: `services.web.ports[0]`.
  hint @5 :Text;
  # What to do about it.
  next @6 :Text;
  # A command to paste, when there is one.
}

struct ApplyResult {
  kind @0 :Text;
  # Singular.
  tenant @1 :Text;
  # Empty for what belongs to no tenant.
  name @2 :Text;
  outcome @3 :Text;
  # created, changed, unchanged, deleted.
  warning @4 :Text;
  # Empty, or what the user should know: `matches no site`.
  before @5 :Text;
  after @6 :Text;
  # First digits of the SHA-256 of the object, as it was and as it is; empty where there is none.
}

struct IntentRef {
  # What to wait for: sites that report this intent or a later one of the application.
  tenant @0 :Text;
  app @1 :Text;
  era @2 :UInt64;
  seq @3 :UInt64;
  # As in the intent's Statement (authority.capnp); a greater (era, seq) is a later intent.
}

struct PlanTarget {
  tenant @0 :Text;
  app @1 :Text;
  site @2 :Text;
  region @3 :Text;
  action @4 :Text;
  # start, change, keep, stop, cannot, blocked.
  reason @5 :Text;
  # For `cannot` and `blocked`: why. Empty otherwise.
  online @6 :Bool;
  # False: it follows when it is back.
}

struct Finding {
  good @0 :Bool;
  text @1 :Text;
  next @2 :Text;
  # The command that mends it, when there is one; of `doctor`, always for a warning or a problem.
  check @3 :Text;
  # Of `doctor`: a stable camelCase word for what was looked at, `disk`, `link`. Empty elsewhere.
  verdict @4 :Verdict;
  # Of `doctor`; unspecified elsewhere.
  enum Verdict {
    unspecified @0;
    ok @1;
    warning @2;
    # It works, and may not when it matters.
    problem @3;
    # It does not work.
  }
}

struct TokenRequest {
  kind @0 :Text;
  # region or site.
  name @1 :Text;
  host @2 :Text;
  # Of the site; empty: the joiner says.
  ttlMs @3 :Int64;
  # 0: 24 hours. At most TOKEN_LIFE_MS_MAX; below zero is refused.
}

struct TokenGrant {
  token @0 :Text;
  command @1 :Text;
  # The exact join command to paste.
  expires @2 :Text;
  # RFC 3339.
}

struct TierStatus {
  tier @0 :Text;
  # central, region, site.
  name @1 :Text;
  version @2 :Text;
  uplink @3 :LinkView;
  # Absent at central.
  regions @4 :Counts;
  # Of the subtree; zero where a tier has none.
  sites @5 :Counts;
  # Of the subtree.
  applications @6 :UInt32;
  # Declared, or at a site: assigned to it.
  instances @7 :List(StateCount) $Manifest.keyed("state");
  # As last reported; states without instances are left out.
  findings @8 :List(Finding);
  # What a person should know. Empty: all is well.
  asOfMs @9 :Int64;
  # Unix epoch: the age of the oldest part.
  authorityAsOf @10 :Text;
  # At a region or site, RFC 3339: the time, by central's clock, of the newest word of central that
  # came this far. Empty: none so far.
  lastHour @11 :List(EventCount) $Manifest.keyed("kind");
  # At central or a region: what happened below within the last hour, as its regions heard of it.

  struct EventCount { kind @0 :Text; count @1 :UInt32; }
  struct Counts { online @0 :UInt32; offline @1 :UInt32; pending @2 :UInt32; }
  # `pending`: declared, never heard of.
  struct StateCount { state @0 :Text; count @1 :UInt32; }
}

struct LinkView {
  parent @0 :Text;
  # Its name, or its address before the first contact.
  online @1 :Bool;
  since @2 :Text;
  # RFC 3339: since when it is on- or offline.
  lastError @3 :Text;
}

struct Item {
  kind @0 :Text;
  name @1 :Text;
  tenant @2 :Text;
  spec @3 :Manifest.Manifest;
  # Unspecified for what nobody declares: hosts, instances, tokens.
  status :union {
    none @4 :Void;
    # Of what is only declared.
    region @5 :RegionView;
    site @6 :SiteView;
    host @7 :HostView;
    application @8 :ApplicationView;
    instance @9 :InstanceView;
    token @10 :TokenView;
    pending @11 :PendingView;
    user @12 :People.UserView;
    role @13 :People.RoleView;
    tenant @14 :TenantView;
  }
  set @15 :Text;
  # The apply set that it came with last; empty: none.
}

struct TenantView {
  applications @0 :UInt32;
  quotas @1 :List(QuotaUse);
  # Of bounded resources.
  blocked @2 :Text;
  # Empty, or since when and why.
}

struct PendingView {
  # A host that called home and is not let in yet; its name is its identity.
  region @0 :Text;
  address @1 :Text;
  # Whence its last call came.
  host @2 :Text;
  # The name it gives itself; may be empty.
  since @3 :Text;
  # RFC 3339: its first call.
  version @4 :Text;
  state @5 :Text;
  # waiting; approved: it has not called since.
}

struct RegionView {
  online @0 :Bool;
  offlineSince @1 :Text;
  # RFC 3339; empty while online or never heard of.
  joined @2 :Bool;
  # False: declared, and nobody has used its token yet.
  address @3 :Text;
  # Where its sites dial; empty until it has reported one.
  sites @4 :UInt32;
  version @5 :Text;
  home @6 :Text;
  # At central: HOST:PORT#PIN for the home file of a host without a token; empty like `address`.
}

struct SiteView {
  online @0 :Bool;
  offlineSince @1 :Text;
  # RFC 3339; empty while online or never heard of.
  joined @2 :Bool;
  # False: declared, and no host has joined yet.
  region @3 :Text;
  hosts @4 :UInt32;
  instances @5 :UInt32;
  running @6 :UInt32;
  # Of the instances, as last reported.
  version @7 :Text;
  authorityAsOf @8 :Text;
  # RFC 3339: the time of the newest word of central that the site has. Empty: none so far.
  blocked @9 :Text;
  # Empty, or since when and why.
}

struct HostView {
  site @0 :Text;
  number @1 :UInt32;
  online @2 :Bool;
  version @3 :Text;
  started @4 :Text;
  # RFC 3339: the controller. Empty until it has reported.
  findings @5 :List(Text);
  blocked @6 :Text;
  # Empty, or since when and why.
}

struct ApplicationView {
  revision @0 :Text;
  # First 12 hexadecimal digits.
  sites @1 :UInt32;
  # That it is meant for.
  counts @2 :List(TierStatus.StateCount) $Manifest.keyed("state");
  # Instances by state.
  era @3 :Text;
  seq @4 :Text;
  # Of the newest intent.
  targets @5 :List(Target);
  struct Target {
    site @0 :Text;
    online @1 :Bool;
    verdict @2 :Text;
    # accepted, waiting, refused; blocked: its region has no quota for it, or the tenant or the
    # site is blocked. Empty before the site has spoken.
    reason @3 :Text;
    current @4 :Bool;
    # The site acts on the newest intent.
    healthy @5 :Bool;
    # And every instance of it runs.
  }
  endedLastHour @6 :UInt32;
  # At central or a region: lives of its instances that ended within the last hour.
}

struct InstanceView {
  site @0 :Text;
  host @1 :Text;
  app @2 :Text;
  service @3 :Text;
  state @4 :Text;
  # pending starting running unhealthy backoff crash-loop stopped failed unknown
  pid @5 :Int32;
  # The service's own; 0: none.
  container @6 :Text;
  # The engine's id; empty for a process.
  restarts @7 :UInt32;
  since @8 :Text;
  # RFC 3339: in this state.
  reason @9 :Text;
  revision @10 :Text;
}

struct TokenView {
  target @0 :Text;
  # `region/NAME` or `site/NAME`.
  state @1 :Text;
  # unused, used, expired, revoked.
  expires @2 :Text;
}
