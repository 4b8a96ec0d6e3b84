@0xf5a2c6e8b0d13704;
# What runs, as reported by who runs it: registers with one writer each, ordered by (epoch, seq).
# A site's own report is the truth about the site; the tiers above keep the newest they heard, with
# its age, and never turn silence into failure.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

struct RegisterBatch {
  epoch @0 :UInt64;
  # Of the producer: grows each time its registers start anew. A lower one is ignored.
  whole @1 :Bool;
  # These are all: what is not among them is gone.
  registers @2 :List(Register);
  digest @3 :Data;
  # SHA-256 of the producer's registers after this batch.
}

struct Register {
  key @0 :Text;
  # At a site: `host`, `app/TENANT/APP`, `instance/TENANT/APP/SERVICE/ORDINAL`. A region puts
  # `SITE/` before its sites' keys and adds `SITE/link`, `SITE/token/ID` with the name of the host
  # that joined with that token, and `/pending/ID` of a host that called home. Of all its sites
  # together it has `.rollup/TENANT/APP`, and `.rollup/` for what belongs to no application.
  seq @1 :UInt64;
  # Grows with every change of any register of this producer.
  value @2 :Data;
  # The encoded struct; empty: the register is gone.
}

struct LinkStatus {
  # `SITE/link`, by the region.
  online @0 :Bool;
  sinceMs @1 :Int64;
  # When it went on- or offline, by the region's clock; 0: never heard of.
}

struct PendingStatus {
  # `/pending/ID`, by the region: a host that has no token calls, and nobody approved it yet.
  address @0 :Text;
  # Whence its last call came; empty: not known.
  host @1 :Text;
  # The name it gives itself.
  version @2 :Text;
  sinceMs @3 :Int64;
  # Its first call, by the region's clock.
}

struct HostStatus {
  # `host`.
  name @0 :Text;
  number @1 :UInt32;
  version @2 :Text;
  bootId @3 :Text;
  startedMs @4 :Int64;
  # When the controller started, by the host's clock.
  findings @5 :List(Text);
  # What a person should know: `engine absent`, `clock 9 years behind the region's`.
  headEra @6 :UInt64;
  headSeq @7 :UInt64;
  headTimeMs @8 :Int64;
  # Of the newest head of central (authority.capnp) that this host has: its sequence, and its time
  # by central's clock. Zeros: none so far.
}

struct AppStatus {
  # `app/TENANT/APP`: what the site thinks of its orders for one application.
  era @0 :UInt64;
  seq @1 :UInt64;
  # Of the intent acted on.
  revision @2 :Data;
  verdict @3 :Verdict;
  reason @4 :Text;
  # What is missing or wrong, for a person. Empty when accepted.
  enum Verdict {
    unspecified @0;
    accepted @1;
    waiting @2;
    # Something is missing that will come: a blob, a policy.
    refused @3;
    # A check failed: nothing was started, nothing stopped.
    blocked @4;
    # The orders hold, and central blocked the tenant or the site; or, said by its region, which
    # gave the site no orders: there is no quota left for it.
  }
}

struct InstanceStatus {
  # `instance/…`.
  tenant @0 :Text;
  app @1 :Text;
  service @2 :Text;
  ordinal @3 :UInt16;
  host @4 :Text;
  state @5 :State;
  pid @6 :Int32;
  # The service's own; 0: none.
  container @7 :Text;
  # The engine's id; empty for a process.
  restarts @8 :UInt32;
  # Since the instance was made.
  sinceMs @9 :Int64;
  # When it entered `state`, by the host's clock.
  reason @10 :Text;
  # Why it is not running, or why it last ended.
  revision @11 :Data;
  digest @12 :Data;
  # Of the rendered service that runs.
  enum State {
    unknown @0;
    pending @1;
    starting @2;
    running @3;
    unhealthy @4;
    backoff @5;
    crashLoop @6;
    stopped @7;
    failed @8;
  }
}

struct AppRollup {
  # `.rollup/TENANT/APP`, by a region: what its sites together say of one application. Roll-ups of
  # several regions are added up; they grow with applications, not with sites.
  sites @0 :UInt32;
  # That reported it.
  states @1 :List(Count);
  # Instances, by the words of `get instances`.
  lastHour @2 :List(Count);
  # Events that the region heard of and that happened within the last hour, by kind.
  struct Count { name @0 :Text; count @1 :UInt32; }
}
