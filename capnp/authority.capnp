@0xd1e4a7b2c9f03502;
# What central signs, as it is stored and sent at every tier. A region relays these bytes; it can
# withhold them, it cannot make or change them. A site acts on nothing that is not under a valid
# signature here, or older than the newest it has acted on.

using Cxx = import "/capnp/c++.capnp";
using Manifest = import "manifest.capnp";
$Cxx.namespace("skerry::schema");

struct Signed {
  # An envelope. Signed are the bytes `skerry/KIND/1` and a zero byte, then `statement` as stored.
  statement @0 :Data;
  # An encoded Statement.
  signature @1 :Data;
  # Ed25519, 64 bytes, by the authority key (by the root key for `kind` "authority").
  body @2 :Data;
  # The encoded struct that `kind` names, hashed in the statement. Empty when it travels as a blob
  # under that hash.
}

struct Statement {
  kind @0 :Text;
  # "authority", "policy", "site", "home", "intent", "revision", "head", "user".
  id @1 :Text;
  # Which object: with `kind` it names the high-water mark that `era` and `seq` are compared with.
  tenant @2 :Text;
  # Empty for what belongs to no tenant.
  era @3 :UInt64;
  # Of the authority: grows with each restore of central.
  seq @4 :UInt64;
  # Grows with each statement of this era. A receiver refuses (era, seq) below what it has acted on.
  notBeforeMs @5 :Int64;
  # Milliseconds since the Unix epoch, by central's clock; for people. Nothing waits for it.
  bodyHash @6 :Data;
  # SHA-256 of the body.
}

struct Authority {
  # Kind "authority": the keys of central, signed by the root key whose hash is in every token.
  authorityKey @0 :Data;
  # Ed25519, 32 bytes: signs everything else here.
  documentKey @1 :Data;
  # Ed25519, 32 bytes: signs the orders of the central-region documents.
}

struct Policy {
  # Kind "policy", id TENANT: what the tenant may do, and where.
  tenant @0 :Text;
  share @1 :Amounts;
  # What the region that gets this may assign to its sites for the tenant, all of them together: its
  # part of the tenant's quota. The shares of all regions are never more than the quota. Null: the
  # tenant has no quota.
  block @2 :Block;
  # Null: not blocked. Otherwise a site stops what it runs for the tenant, and starts nothing, until
  # it has a newer policy that says nothing of it.
  quota @3 :Manifest.Quota;
  # What the tenant may use in all regions together: for a central that was restored from a backup
  # and reads it back. Nobody else looks at it.
}

struct Amounts {
  # Of what can be bounded. As an upper bound: below zero means no bound.
  instances @0 :Int64;
  cpuMilli @1 :Int64;
  # Thousandths of a CPU.
  memoryBytes @2 :Int64;
  diskBytes @3 :Int64;
}

struct Block {
  # Central's word that something must not run. In force at a site as soon as it has it, and from
  # then on until a newer statement of the same kind and id comes without it, whoever is away.
  reason @0 :Text;
  # For a person; may be empty.
  sinceMs @1 :Int64;
  # Milliseconds since the Unix epoch, by central's clock; for people.
}

struct SiteRecord {
  # Kind "site", id SITE: the labels that selectors are judged by. A site's own opinion of its
  # labels counts for placing on hosts only.
  name @0 :Text;
  region @1 :Text;
  labels @2 :List(Pair);
  timezone @3 :Text;
  block @4 :Block;
  # Null: not blocked. Otherwise every instance stops; the link stays, to hear when it is over.
  blockedHosts @5 :List(BlockedHost);
  # Their keys open nothing at the region.
  struct Pair { name @0 :Text; value @1 :Text; }
  struct BlockedHost { name @0 :Text; block @1 :Block; }
}

struct Home {
  # Kind "home", id SITE: which region commands the site, and the key its orders are signed with.
  site @0 :Text;
  region @1 :Text;
  documentKey @2 :Data;
  # The region's, Ed25519, 32 bytes.
  homeGen @3 :UInt64;
  # Grows with each move; a site refuses a lower one. Begins at 1.
}

struct Intent {
  # Kind "intent", id TENANT/APP: what central wants of one application. The region chooses among
  # `allowed` and among the sites that match; it cannot choose anything else.
  tenant @0 :Text;
  app @1 :Text;
  gen @2 :Data;
  # 16 bytes: the application's life. After delete and re-create nothing of the old life applies.
  revision @3 :Data;
  # SHA-256 of the revision's body: the one to run.
  allowed @4 :List(Data);
  # The revisions a site may run, newest first, `revision` among them; at most ALLOWED_MAX.
  selector @5 :Text;
  # A label expression; empty matches every site.
  priority @6 :Int32;
  demand @7 :Amounts;
  # What `revision` uses of the tenant's quota at each site that matches.
  const allowedMax :UInt8 = 5;
}

struct Revision {
  # Kind "revision", id TENANT/APP: an immutable specification. Its SHA-256 is its name.
  tenant @0 :Text;
  app @1 :Text;
  application @2 :Data;
  # An encoded Application (manifest.capnp) without `placement` and `priority`: those are the
  # intent's.
}

struct Head {
  # Kind "head", id REGION: central's word, every hour, that this is what holds for the region. It
  # starts and stops nothing; it shows how old what the region and its sites know of central is,
  # and so a region that withholds. Each replaces the one before.
  timeMs @0 :Int64;
  # When, by central's clock: milliseconds since the Unix epoch.
  root @1 :Data;
  # SHA-256 over the statements in force for the region (site records, homes, policies, intents and
  # their allowed revisions, users), sorted by kind, id, era and sequence: of each its kind and its
  # id, each ended by a zero byte, its era and sequence as 8 bytes, big-endian, and its `bodyHash`.
  versionEra @2 :UInt64;
  version @3 :UInt64;
  # The version of the region's orders that came with it (era, n of its VersionId). Later versions
  # may hold other statements: what the root says of those is nothing.
}

struct User {
  # Kind "user", id NAME or TENANT/NAME: a person, as every tier knows the person, by the key. Who
  # is in no statement that a tier holds is nobody there.
  name @0 :Text;
  role @1 :Text;
  tenant @2 :Text;
  region @3 :Text;
  site @4 :Text;
  # The scope: the one of these that the role has.
  key @5 :Data;
  # SHA-256 of the public key, as in a certificate.
}

# What the orders of a document hold ===========================================================
# Keys of a central-region document: `policy/TENANT`, `site/SITE`, `app/TENANT/APP`, `token/ID`,
# `user/NAME`, `user/TENANT/NAME`, `head`. Keys of a region-site document: `home`, `site`,
# `policy/TENANT`, `app/TENANT/APP`, `user/…`, `head`. `policy/…`, `user/…`, `head`, and `home` and
# `site` of a site document hold a Signed; the others the structs below. A region passes `user/…` of
# those whose scope touches the site, and `head`, on as they came.

struct SiteOrder {
  # `site/SITE`, central to region.
  record @0 :Signed;
  home @1 :Signed;
}

struct AppOrder {
  # `app/TENANT/APP`, central to region.
  intent @0 :Signed;
  revisions @1 :List(Signed);
  # Of the allowed set, bodies as blobs.
}

struct TokenOrder {
  # `token/ID`, central to region: a one-time token the region shall honour.
  site @0 :Text;
  host @1 :Text;
  # Empty: the joiner says.
  hostNumber @2 :UInt32;
  # The number this host writes under; allotted by central, never reused.
  secretHash @3 :Data;
  # SHA-256 of the token's secret.
  expiresMs @4 :Int64;
  # Milliseconds since the Unix epoch.
  callsHome @5 :Bool;
  # An approval: ID is the identity of a host (shared/pki/host_id.h), and whoever proves that key
  # comes with no secret; `secretHash` is empty.
}

struct Assignment {
  # `app/TENANT/APP`, region to site: run this.
  intent @0 :Signed;
  revision @1 :Signed;
  # The chosen one of the intent's allowed set, body as a blob.
}
