@0xc0b7e4d3a1f26903;
# One link between two tiers: a child (region or site host) and its parent (central or region). The
# child dials and bootstraps the parent's Uplink; with its hello the parent gets the child's
# Downlink. Clients never see these interfaces. The same contract stands at both boundaries.
#
# Desired state travels only in the document, whose messages are those of ledger.capnp, encoded,
# since they are hashed and kept as bytes. Status travels only in registers owned by who reports
# them, requests in calls that leave no state. Every method may be repeated: a lost answer is asked
# for again on the next session.

using Cxx = import "/capnp/c++.capnp";
using Authority = import "authority.capnp";
using Status = import "status.capnp";
using Logs = import "logs.capnp";
using Telemetry = import "telemetry.capnp";
using Journal = import "journal.capnp";
using Pulse = import "pulse.capnp".Pulse;
$Cxx.namespace("skerry::schema");

interface Uplink extends(Pulse) {
  # The parent's, made for one registered device key: it speaks for that child only, so no method
  # says who calls. Obtained at the session door; ends with the session, or when the child is
  # blocked or revoked.

  hello @0 (child :ChildHello) -> (parent :ParentHello);
  # The first call of every session; the link counts as up once it is answered. Compares what both
  # sides hold; what differs follows in `orders` (from the parent) and `local` (from the child).
  # Fails OVERLOADED "busy, retry after N ms" when too many children arrive at once.

  local @1 (message :Data) -> (reply :Data);
  # A LocalMessage, answered by a LocalReply: the child's half of the document, its knowledge first,
  # then changes in order. Durable once answered.

  status @2 (batch :Status.RegisterBatch) -> (digest :Data);
  # Status registers that changed. Answers the digest of what the parent now holds; another one
  # than the child's own means: send all.

  blob @3 (hash :Data, offset :UInt64) -> (data :Data, size :UInt64);
  # At most BLOB_PIECE_BYTES of the blob from `offset` on, and its whole size; size 0 when the
  # parent does not have it (yet). The receiver verifies the hash.
  const blobPieceBytes :UInt32 = 262144;

  leave @4 ();
  # The child gives its identity up: the parent forgets its key, and what it reported. Needs no
  # hello. Durable once answered; the key opens nothing afterwards, so the child erases it then.
  # Fails UNIMPLEMENTED where children are retired in another way.

  eventMark @5 (epoch :UInt64, oldest :UInt64, next :UInt64) -> (mark :Journal.EventMark);
  # Where the child's journal is to go on; it has `oldest` up to `next`, which is not written yet.
  # A mark of a greater epoch, or beyond `next`, means that the child's journal went back in time:
  # it begins a greater epoch. Needs no `hello` to be right, and is asked again after any doubt.

  events @6 (batch :Journal.EventBatch) -> (mark :Journal.EventMark);
  # The next of the child's journal. Durable once answered. What the parent has already, or cannot
  # follow on what it has, changes nothing: the mark says where to go on.
}

interface Downlink extends(Pulse) {
  # The child's, for its parent: how orders and questions travel down without dialling in.
  # Obtained from the child's hello, or as its bootstrap of the same connection; ends with it.

  orders @0 (message :Data) -> (reply :Data);
  # An OrdersMessage, answered by an OrdersReply: of the parent's half. Durable once answered. A
  # message that is lost, late, repeated or out of order changes nothing that is right.

  local @1 (message :Data) -> (reply :Data);
  # The child's own half, given back to a child whose database is new.

  logs @2 (query :Logs.LogQuery, sink :Logs.LineSink) -> (missing :List(Text));
  # Writes the lines that match into `sink`, nearest the service first; with `follow` until the
  # caller drops the call. `missing` names sites that could not be asked; of a site, its instances
  # whose lines cannot be read now. Long.

  usage @3 (query :Telemetry.UsageQuery)
        -> (rows :List(Telemetry.Usage), omitted :UInt32, missing :List(Text));
  # What things use now, at this child and below; rows of what the query is about, summed up.

  events @4 (query :Journal.EventQuery, sink :Journal.EventSink);
  # Writes what happened at this child and below into `sink`, as far as it is known here. With
  # `follow` until the caller drops the call. Long.

  readBack @5 (reply :Data) -> (messages :List(Data));
  # To a parent that was restored from a backup: the orders the child holds, which the parent signed
  # itself. `reply` is an OrdersReply, like any receiver's; the messages that answer it, at most
  # 512 KiB, are OrdersMessages. None: the child has nothing more to show. Changes nothing.

  blob @6 (hash :Data, offset :UInt64) -> (data :Data, size :UInt64);
  # The same as of Uplink, the other way round: of a blob that those orders refer to.
}

struct ChildHello {
  protocol @0 :UInt16;
  # 1.
  version @1 :Text;
  # Of the child's software.
  document @2 :Data;
  # An encoded Hello (ledger.capnp).
  statusEpoch @3 :UInt64;
  statusDigest @4 :Data;
  # Of the child's registers: an equal digest at the parent saves sending them.
  wallMs @5 :Int64;
  # The child's clock, for findings about it.
  advertise @6 :Text;
  # A region: HOST:PORT under which its sites reach it. Empty for a site.
  documentKey @7 :Data;
  # A region: the key that signs its sites' orders, 32 bytes.

  downlink @8 :Downlink;
  # The child's object, which saves the parent asking for it. Null: the parent bootstraps it.
  knowsOmission @9 :Bool;
  # The child knows what it means when the parent leaves something out of its answer. False: the
  # parent says all of it.
  authorityHigh @10 :UInt64;
  authorityLow @11 :UInt64;
  # Which `authority` the child holds and believes: the first 16 bytes, big-endian, of the SHA-256
  # of its envelope. Zeros: none. It need not be longer: who wanted to keep a newer statement from
  # the child would not have to find one of equal hash, he could leave it out as it is.
  homeHigh @12 :UInt64;
  homeLow @13 :UInt64;
  # The same of `home`.
  writer @14 :UInt32;
  # The number the child writes under: a parent that was restored from a backup learns from it which
  # token the child used.
}

struct ParentHello {
  # To a child that `knowsOmission` nothing is said that it knows already. What is left out has no
  # other meaning than if it had been said: the child judges what it holds itself as it would judge
  # the same bytes from this parent, so leaving out gives nobody a right that he could not show.
  protocol @0 :UInt16;
  version @1 :Text;
  document @2 :Data;
  # An encoded Hello (ledger.capnp). Left out: byte by byte what the child said.
  statusKnown @3 :Bool;
  # The digests agree: send only changes from now on.
  wallMs @4 :Int64;
  # The parent's clock: a child without a believable one takes it as its floor.
  authority @5 :Authority.Signed;
  # Kind "authority", signed by the root key. Left out: the one the child said it holds.
  home @6 :Authority.Signed;
  # For a site: kind "home", the region's own right to command it. Left out: the one the child said
  # it holds; a region has none.
}
