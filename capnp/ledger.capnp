@0xfececf3163d602d2;
# What two replicas of one document say to each other, and what a replica stores.
#
# A document belongs to one link (central-region or region-site) and has two halves. *Orders* are
# written by the parent tier alone, as signed versions; *local* is written by the child tier alone,
# by all hosts of a site at once. Replicas are the parent, and every host of the child. A person or
# an application never sees these structures; `admin.capnp` shows what follows from them.
#
# Entries travel and are stored as `Data`: the bytes their author encoded, as one message each.
# They are hashed, stored and forwarded as received and never encoded again, so that a field added
# by a newer version passes through an older replica bit by bit.
#
# Nothing here may be trusted because of who sent it, except that the hosts of one site trust each
# other for the local half. Versions carry the parent's signature; a replica holds a version only
# when the root it computes over its own entries is the root that was signed.
#
# All numbers called `...Ms` are milliseconds. Hashes are SHA-256, 32 bytes, unless said otherwise.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

struct VersionId {
  # Orders versions are totally ordered by these three, read left to right. All zero: none.

  homeGen @0 :UInt64;
  # Which parent: grows whenever the site gets another home. A replica refuses a lower one.

  era @1 :UInt64;
  # Which life of that parent's database: grows with each restore from a backup.

  n @2 :UInt64;
  # Which edit. Starts at 1.
}

struct Version {
  # The body of a SignedVersion: what the parent signs.

  document @0 :Text;
  # The document's name, so that a version of one document is none of another.

  id @1 :VersionId;
  # Greater than every version this parent signed before.

  timeMs @2 :Int64;
  # The parent's wall clock when it signed. Shown to people; decides nothing.

  root @3 :Data;
  # SHA-256 over the bucket hashes in order.
}

struct SignedVersion {
  body @0 :Data;
  # An encoded Version, as the parent encoded it.

  signature @1 :Data;
  # Ed25519 by the parent's document key over `skerry/orders/1\0` followed by `body`.
}

struct StoredVersion {
  # A replica's row for the version it holds.

  signed @0 :SignedVersion;

  key @1 :Data;
  # The document key (32 bytes) that verified it. The home may have moved since.
}

struct Origin {
  # Where a value was decided. Set by that authority, copied unchanged through every projection.

  authority @0 :UInt32;
  # 0 is central; else the writer number of a region or a host.

  gen @1 :Data;
  # The life (16 bytes) of the object the value belongs to.

  era @2 :UInt64;
  # The authority's era; for a value from a local half the incarnation of its dot.

  fieldSeq @3 :UInt64;
  # Counts the changes of the value at the authority within its era; from a local half the `n` of
  # its dot. Sequences of different eras or authorities do not compare.
}

struct OrderEntry {
  # The value of one key of the orders half.

  gen @0 :Data;
  # 16 bytes, made once when the object is created. A deleted and re-created object has another.

  origin @1 :Origin;

  value @2 :Data;
  # What the key means is the business of the tiers. At most 64 KiB; larger content is a blob.

  blobs @3 :List(Data);
  # SHA-256 of each blob that `value` refers to. They may travel with a delta.
}

struct KeyedEntry {
  key @0 :Data;
  # 1 to 512 bytes.

  entry @1 :Data;
  # An encoded OrderEntry.
}

struct Blob {
  hash @0 :Data;
  content @1 :Data;
  # At most 64 KiB. The receiver drops it when its hash is another.
}

struct OrdersMessage {
  # From a replica to one that holds less: parent to child, or between hosts of a site. Any message
  # may be lost, repeated or late without harm; what is lost is made good after the next hello.

  union {
    unspecified @0 :Void;

    delta :group {
      # What changed between a version the receiver is known to hold and `version`.
      signed @1 :SignedVersion;
      # Where the delta leads to.
      since @2 :VersionId;
      # Where it starts.
      sinceRoot @3 :Data;
      # The root of `since`: two contents may have had one number. Empty: no version was held.
      puts @4 :List(KeyedEntry);
      # Keys that are new or have another entry.
      erases @5 :List(Data);
      # Keys that are no longer there.
      blobs @6 :List(Blob);
      # Newly referred to, as far as they fit into the message.
    }

    list :group {
      # All bucket hashes of `version`, for a receiver whose version is unknown or too old.
      signed @7 :SignedVersion;
      # Its root is SHA-256 over `buckets`.
      buckets @8 :Data;
      # 32 bytes each: 256 of them in a site document, 4,096 in a region document.
    }

    piece :group {
      # Whole buckets, or a part of one, of the list sent before.
      id @9 :VersionId;
      # Of the list that the pieces belong to.
      root @12 :Data;
      # Of the same: two contents may have had one number.
      parts @10 :List(BucketPart);
      # In the order of the buckets.
      isLast @11 :Bool;
      # The sender waits for an answer to this one.
    }
  }
}

struct BucketPart {
  index @0 :UInt16;
  # Which bucket: the first bits of the SHA-256 of its keys.

  after @1 :Data;
  # The part begins behind this SHA-256 of a key. Empty: at the start of the bucket.

  entries @2 :List(KeyedEntry);
  # In the order of the SHA-256 of their keys.

  isLast @3 :Bool;
  # The bucket ends here.
}

struct OrdersReply {
  # The answer to an OrdersMessage. Sent only after what it says is durable.

  union {
    unspecified @0 :Void;

    held :group {
      # The receiver holds this now: the offered version, or a greater one.
      version @1 :VersionId;
      root @2 :Data;
    }

    wantsList :group {
      # The delta does not start at what the receiver holds.
      version @3 :VersionId;
      root @4 :Data;
    }

    wants :group {
      # Buckets still missing of the list.
      id @5 :VersionId;
      # Of the list. A sender that holds only less than this says nothing more.
      root @10 :Data;
      # Of the same.
      buckets @6 :Data;
      # One bit per bucket, lowest bit first.
      after @7 :Data;
      # The first wanted bucket is there up to this SHA-256 of a key. Empty: nothing of it.
    }

    staged @8 :Void;
    # Received; the answer follows with the last piece.

    refused :group {
      reason @9 :Text;
      # For a person: what is wrong, and what to do. Trying again changes nothing by itself.
    }
  }
}

struct Dot {
  # Names one write for ever.

  incarnation @0 :UInt64;
  # Random, one per history of the author's database.

  n @1 :UInt64;
  # Counts the writes of that history. Starts at 1.

  host @2 :UInt32;
  # The author's number: never reused.
}

enum LocalKind {
  unspecified @0;
  override @1;
  # Another value at PATH, in force while the parent says what its author saw.
  ended @2;
  # An override that ended: the value is an encoded EndedRecord.
  hold @3;
  # The value is the SHA-256 of the revision frozen.
  pin @4;
  # The value names the host.
  pause @5;
  # Stopped on purpose; the value is empty.
  restartNonce @6;
  # Another value, another restart.
  label @7;
  # Serves placement inside the site.
  refused @8;
  # A revision that failed here: the value is the sequence (era, n; big-endian) of its intent.
  claim @9;
  # A host runs, or is about to run, an instance.
  assign @10;
  # A region's choice of revision for one of its sites.
  wave @11;
  # How far a rollout got inside a region.
}

struct LocalEntry {
  # One write of the local half. Several live entries of one key are siblings: written while apart.

  object @0 :Text;
  gen @1 :Data;
  # The object's life, 16 bytes. An entry of another life has no effect and is swept.

  path @2 :Text;
  # As `explain` prints it; kinds other than override and ended use a name that begins with `@`.

  scope @3 :Text;
  # `site:NAME` or `host:NAME`; empty: the whole child.

  dot @4 :Dot;
  kind @5 :LocalKind;
  value @6 :Data;

  basis @7 :Data;
  # For an override: SHA-256 of (gen, path, what the parent said there, or that it said nothing).

  seen @8 :VersionId;
  # The orders its author held. Only a replica with at least these may end or sweep the entry.

  expires :group {
    bootId @9 :Text;
    # The author's boot, for people. Every host counts on its own boot clock.
    durationMs @10 :UInt64;
    # 0: it does not expire.
  }

  author @11 :Text;
  reason @12 :Text;

  hlc @13 :UInt64;
  # Milliseconds times 65,536 plus a counter. Orders siblings when they are read; decides nothing
  # else, so that a wrong clock does no harm.
}

struct EndedRecord {
  # Why an override is no longer in force: the conflict a person is to see.

  entry @0 :Data;
  # The LocalEntry that ended, as stored.

  revision @1 :Data;
  # The SHA-256 of the healthy revision that says something else.

  says @2 :Data;
  # What that revision says at the path. Meaningless when `isAbsent`.

  isAbsent @3 :Bool;
  # It says nothing there.
  cause @4 :Text;
  # For a person.
}

struct Seen {
  # One line of a causal context: every write of this actor up to `n` was seen.
  incarnation @0 :UInt64;
  n @1 :UInt64;
  host @2 :UInt32;
}

struct LiveDots {
  # The live entries of one actor.
  incarnation @0 :UInt64;
  host @1 :UInt32;
  dots @2 :List(DotHash);

  struct DotHash {
    n @0 :UInt64;
    hash @1 :UInt64;
    # The first 8 bytes, big-endian, of the SHA-256 of the entry. The same dot with another hash is
    # a fork: two machines wrote as one.
  }
}

struct LocalMessage {
  # From a replica that knows something of the local half to one that may lack it: host to host,
  # host to parent, and parent to a host whose database is new.

  union {
    unspecified @0 :Void;

    offer @1 :Void;
    # Asks for the receiver's context, to which the sender answers with a snapshot.

    piece :group {
      # A part of the sender's whole knowledge. Joined in one step when all parts are there.
      stream @2 :UInt64;
      # Names the snapshot and the changes that follow it.
      index @3 :UInt32;
      # From 0.
      count @4 :UInt32;
      # How many pieces there are.
      seen @5 :List(Seen);
      # The sender's context, part of it.
      live @6 :List(LiveDots);
      # What is live there, part of it.
      entries @7 :List(Data);
      # Encoded LocalEntries whose dots are not in the context the receiver gave.
      answers @14 :UInt64;
      # The number in the `wants` that was answered.
    }

    change :group {
      # What happened since the snapshot or change before it in this stream.
      stream @8 :UInt64;
      seq @9 :UInt64;
      # 1 follows the snapshot or `base`. A gap is answered with `wants`.
      added @10 :List(Data);
      # Encoded LocalEntries.
      removed @11 :List(Dot);
      # No longer live.
      actors @12 :List(Seen);
      # The counts that changed, as they are now.
      base @13 :Data;
      # In change 1 of a stream without snapshot: the state it follows, as the first 16 bytes of
      # the SHA-256 of the context and of the live entries (32 bytes). Another state is answered
      # with `wants`. Else empty.
    }
  }
}

struct LocalReply {
  # The answer to a LocalMessage. Sent only after what it says is durable.

  union {
    unspecified @0 :Void;

    wants :group {
      # Send a snapshot for this context.
      seen @1 :List(Seen);
      number @6 :UInt64;
      # Random enough to tell this request from all others: a host with a new database counts as
      # filled only by a snapshot that was made for its own request, not by one that comes late.
    }

    joined :group {
      stream @2 :UInt64;
      # Of the message joined.
      seq @3 :UInt64;
      # 0: the snapshot.
    }

    staged @4 :Void;
    # A piece was kept, or the message was a repetition.

    refused :group {
      reason @5 :Text;
    }
  }
}

struct Hello {
  # What a replica holds, said by both ends at the start of every session. Equal: nothing to do.

  document @0 :Text;
  version @1 :UInt64;
  # With `era` and `homeGen` the VersionId held, flat, because a hello should be short.
  era @2 :UInt64;
  homeGen @3 :UInt64;
  root @4 :Data;
  # Empty while no version is held.

  contextHigh @5 :UInt64;
  contextLow @6 :UInt64;
  # The first 16 bytes of the SHA-256 of the causal context.

  localHigh @7 :UInt64;
  localLow @8 :UInt64;
  # The first 16 bytes of the SHA-256 of the live entries.

  pieceBytesMax @9 :UInt32;
  # The longest message this end accepts.

  docVersion @10 :UInt16;
  # The newest rules of reading a document that this end knows.

  isNew @11 :Bool;
  # The database is new: the parent gives back what it knows of the local half.
}
