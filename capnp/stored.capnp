@0xa9c4d7f1e3b58007;
# Rows that only the daemon that wrote them reads. Private: never sent. They outlive the version of
# the software that wrote them, so fields are only added; the tables are in shared/store/tables.h,
# the rows of documents in ledger.capnp.

using Cxx = import "/capnp/c++.capnp";
using Manifest = import "manifest.capnp";
using Authority = import "authority.capnp";
$Cxx.namespace("skerry::schema");

# Central =======================================================================================

struct StoredTenant {
  # OBJECT `tenant/NAME`
  manifest @0 :Manifest.Tenant;
  gen @1 :Data;
  # 16 bytes: the object's life.
  policy @2 :Data;
  # An encoded Signed, kind "policy": for regions that have none of their own.
  regions @3 :List(RegionPolicy);
  # Of a tenant with a quota.
  block @4 :Authority.Block;
  # Null: not blocked.
  set @5 :Text;
  # The apply set it came with last; empty: none.
  struct RegionPolicy {
    region @0 :Text;
    policy @1 :Data;
    # An encoded Signed, kind "policy", with the region's share.
  }
}

struct StoredRegion {
  # OBJECT `region/NAME`
  manifest @0 :Manifest.Region;
  gen @1 :Data;
  number @2 :UInt32;
  # The writer number of its half of the document; 0 before its first token.
  deviceKey @3 :Data;
  # SHA-256 of the public key it proves at the session door; empty before it joined.
  documentKey @4 :Data;
  # Signs its sites' orders; empty before it joined.
  address @5 :Text;
  # HOST:PORT for its sites, as it reported; empty before that.
  head @6 :Data;
  # An encoded Signed, kind "head": the newest; empty before it joined.
  set @7 :Text;
  joinedMs @8 :Int64;
  # When the machine in its place got its first certificate, by central's clock; 0: not known.
}

struct StoredSite {
  # OBJECT `site/NAME`
  manifest @0 :Manifest.Site;
  gen @1 :Data;
  record @2 :Data;
  # An encoded Signed, kind "site".
  home @3 :Data;
  # An encoded Signed, kind "home"; empty while its region has not joined.
  homeGen @4 :UInt64;
  homeKey @5 :Data;
  # The region's document key that `home` names.
  block @6 :Authority.Block;
  # Null: not blocked.
  blockedHosts @7 :List(Authority.SiteRecord.BlockedHost);
  set @8 :Text;
  labels @9 :List(Manifest.Label);
  # Given with `label`, beside those of the manifest, and before them.
}

struct StoredApplication {
  # OBJECT `application/TENANT/NAME`
  manifest @0 :Manifest.Application;
  gen @1 :Data;
  intent @2 :Data;
  # An encoded Signed, kind "intent".
  intentEra @3 :UInt64;
  intentSeq @4 :UInt64;
  revisions @5 :List(Data);
  # Encoded Signed, kind "revision", newest first: the allowed set.
  set @6 :Text;
}

struct StoredToken {
  # TOKEN `ID`
  kind @0 :Text;
  # region or site.
  name @1 :Text;
  host @2 :Text;
  number @3 :UInt32;
  secretHash @4 :Data;
  expiresMs @5 :Int64;
  usedBy @6 :Data;
  # SHA-256 of the device key that used it; empty while unused.
  revoked @7 :Bool;
  seq @8 :UInt64;
  # Of its last change, among central's statements of `era`.
  callsHome @9 :Bool;
  # An approval: ID is the identity of a host, which needs no secret.
  era @10 :UInt64;
}

struct StoredRecovery {
  # META `recovery`: what became of the last restore from a backup.
  backupMs @0 :Int64;
  restoredMs @1 :Int64;
  # Wall clock, Unix epoch: when the backup was taken, and when it was restored.
  writtenOff @2 :List(Text);
  # Regions, or sites, that an administrator does not wait for.
  heard @3 :List(Heard);
  # By era, the newest statement that a child showed: what is older, and every child should have,
  # and is not known, was deleted.
  ended @4 :List(Ended);
  # What was deleted while a child's orders were not read back: none of these lives is adopted.
  notes @5 :List(Note);
  # For people, oldest first, at most NOTES_MAX.
  awaitsParent @6 :Bool;
  # What the parent wants now has not come yet.

  struct Heard { era @0 :UInt64; seq @1 :UInt64; }
  struct Ended { key @0 :Text; life @1 :Data; }
  struct Note { child @0 :Text; key @1 :Text; outcome @2 :Text; }
}

# Any tier =====================================================================================

struct StoredRestored {
  # META `restored`: the backup that this database is, until the daemon has started on it.
  backupMs @0 :Int64;
  restoredMs @1 :Int64;
  # Wall clock of the machines that did it, Unix epoch.
  eraSeen @2 :UInt64;
  # The greatest era known of what the backup replaced.
}

struct StoredUser {
  # OBJECT `user/NAME`, `user/TENANT/NAME`
  gen @0 :Data;
  statement @1 :Data;
  # An encoded Signed, kind "user".
}

# Region and site ==============================================================================

struct StoredLink {
  # META `link` of the document `self`: what a child must remember of its parent to meet it again.
  authority @0 :Data;
  # An encoded Signed, kind "authority".
  home @1 :Data;
  # An encoded Signed, kind "home"; empty for a region.
  parents @2 :List(Text);
  # HOST:PORT, to dial in turn.
  name @3 :Text;
  # Its own: of the region or site.
  host @4 :Text;
  # Its own; empty for a region.
  number @5 :UInt32;
  # Under which it writes.
  parentKey @6 :Data;
  # SHA-256 of the public key that its parent proved: known by it from then on, whatever the dates
  # of the parent's certificate are and whatever our clock says.
  proxy @7 :Text;
  # `http://[USER:PASSWORD@]HOST:PORT`: the parents are dialled through it. Empty: directly.
}

# Region ========================================================================================

struct StoredPeer {
  # PEER `SHA-256 of the device key`: a host that joined a site of this region.
  site @0 :Text;
  host @1 :Text;
  number @2 :UInt32;
  joinedMs @3 :Int64;
}

# Site ==========================================================================================

struct StoredActed {
  # MARK `acted/TENANT/APP`: the assignment acted on, kept while a newer one does not hold.
  assignment @0 :Data;
  # An encoded Assignment.
  earlier @1 :List(Data);
  # Encoded Assignments of other revisions acted on before in the same life of the application,
  # newest first, at most Intent.allowedMax: what a hold may freeze and what may be fallen back to.
}

struct StoredRun {
  # RUN `INSTANCE`: the restart history of one instance; survives the controller.
  incarnation @0 :UInt64;
  # Of its last start.
  digest @1 :Data;
  # Of the rendered service that history belongs to.
  restarts @2 :UInt32;
  failures @3 :UInt32;
  # In a row; drives the back-off, reset by a healthy while.
  exitedMs @4 :Int64;
  # Wall clock; for people.
  reason @5 :Text;
  started @6 :UInt64;
  # The incarnation of the last life that began.
  ended @7 :UInt64;
  # The incarnation of the last life whose end was counted.
  livesIn @8 :Runtime;
  # Where a life was begun that may not be over: another runtime waits until that one says it is.
  bootId @9 :Text;
  # Of that life: none survives its boot.
  yielded @10 :Bool;
  # It gave its room to one of higher priority.
  enum Runtime {
    none @0;
    container @1;
    process @2;
  }
}

# Every tier ====================================================================================

struct StoredAudit {
  # META `audit` of the daemon's own document: where its audit log ends.
  seq @0 :UInt64;
  hash @1 :Data;
  # Of the last record.
  first @2 :UInt64;
  # The oldest record that was not dropped for its age.
  bad @3 :UInt64;
  # The oldest record, of those kept, that was found to be wrong; 0: none.
  restoredFromMs @4 :Int64;
  # This row came out of a backup that was taken then (wall clock, Unix epoch), and the log was not
  # opened since: its files may end elsewhere, or be on another machine. 0: it is this folder's.
}
