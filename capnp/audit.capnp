@0xb84d1f60e92c7a0e;
# The audit log of one tier: every change that somebody asked for through Admin (admin.capnp), and
# every refusal, as a chain of records in which each holds the hash of the one before. On disk each
# is a line of `audit/FIRST.log` in the data folder: the hash of its JSON, a space, its JSON.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

struct AuditRecord {
  seq @0 :UInt64;
  # From 1, without gaps.
  prev @1 :Text;
  # The hash of the record before, 64 hexadecimal digits; zeros for the first.
  time @2 :Text;
  # RFC 3339, by this machine's clock; only `seq` orders records.
  who @3 :Text;
  # `local:0`, `user:kari`, `user:acme/kari`; empty: the daemon itself.
  role @4 :Text;
  from @5 :Text;
  # `admin.sock`, or the address of the other end.
  action @6 :Text;
  # The method of Admin; of the daemon itself: `segment`.
  kind @7 :Text;
  tenant @8 :Text;
  name @9 :Text;
  # What it was about. Empty: nothing in particular.
  outcome @10 :Text;
  # asked (written before anything is done), created, changed, deleted, done, refused, denied,
  # failed.
  before @11 :Text;
  after @12 :Text;
  # First digits of the SHA-256 of the object, where it was and where it is.
  text @13 :Text;
  # For a person: why it was refused, what else there is to say.
  of @14 :UInt64;
  # Of an outcome: the `seq` of the record that said it was asked.
}

struct AuditQuery {
  sinceMs @0 :Int64;
  # Only records this long ago or newer, in milliseconds; 0: no bound.
  user @1 :Text;
  kind @2 :Text;
  name @3 :Text;
  tenant @4 :Text;
  # Empty: no bound. `user` is with or without its `user:`.
  verify @5 :Bool;
  # Also go through the whole chain.
  beforeSeq @6 :UInt64;
  # Only older ones, for those that an answer left out; 0: no bound.
}

struct AuditVerdict {
  whole @0 :Bool;
  # Nothing is missing and nothing was changed, from `first` to `last`.
  first @1 :UInt64;
  last @2 :UInt64;
  # Records that were looked at.
  bad @3 :UInt64;
  # The first record that is not what it was; 0: none.
  text @4 :Text;
  # What that means.
}

const auditRecordsMax :UInt32 = 1000;
# In one answer: the newest.
