@0xd4b8e2f6a1c93508;
# What happened: events, kept in order by who saw them and sent up the link when there is one. From
# a child to its parent (uplink.capnp), and from any tier to the client that asks (admin.capnp).
#
# A stream is ordered by (epoch, sequence number). The parent's mark is the last number it has
# stored, in the transaction that stored it; the child goes on after it. What a child no longer has
# it says instead of leaving a hole. So a message that is lost, late, repeated or out of order
# changes nothing, whichever end was restarted, and nothing is said twice.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

const eventBatchBytes :UInt32 = 16384;
# Of one EventBatch, about: a child sends the next one when this one was answered.
const eventsAnsweredMax :UInt32 = 10000;
# By one tier to one query: the newest that match.

struct Event {
  atMs @0 :Int64;
  # By the clock of who saw it, Unix epoch.
  kind @1 :Text;
  # A stable word in two parts, `instance.ended`, `link.down`; docs/guides/observing.md lists them.
  severity @2 :Severity;
  region @3 :Text;
  # Where it happened: filled in by who passes it on, empty in the producer's own stream.
  site @4 :Text;
  # The same. Empty: at the region, or where `region` is empty too, at central.
  tenant @5 :Text;
  app @6 :Text;
  service @7 :Text;
  # What it is about; empty: none in particular.
  ordinal @8 :Int32 = -1;
  # Of the instance; -1: none.
  text @9 :Text;
  # For a person.
  enum Severity {
    unspecified @0;
    info @1;
    # As it should be.
    warning @2;
    # A person may have to do something, or should know.
    error @3;
    # A person has to do something.
  }
}

struct EventBatch {
  # What follows each other in one producer's stream. Also a row of a journal.
  epoch @0 :UInt64;
  # Of the stream: a greater one whenever the producer's journal begins anew.
  first @1 :UInt64;
  # Sequence number of the first of `events`, from 1 on; the others follow without a gap.
  lost @2 :UInt64;
  # So many right before `first` are not kept by the producer any more.
  events @3 :List(Event);
}

struct EventMark {
  # Where a stream is to go on, said by the parent.
  epoch @0 :UInt64;
  # Of the newest stream it knows of this child; 0: none.
  mark @1 :UInt64;
  # The last number stored of it.
  waitMs @2 :UInt32;
  # How long until the next batch is welcome, where there is more than one to send: many children
  # that come back at once share what the parent can store.
}

struct EventQuery {
  site @0 :Text;
  tenant @1 :Text;
  app @2 :Text;
  kind @3 :Text;
  # Its first part alone stands for all of them: `instance`.
  # Only of these; empty: all.
  selector @4 :Text;
  # A label expression over the labels of the sites; the region judges it. Empty: all, also what
  # happened at no site.
  region @5 :Text;
  # Only there; empty: everywhere.
  sinceMs @6 :Int64;
  untilMs @7 :Int64;
  # Only events that happened so long ago or later, or earlier; 0: no bound.
  tail @8 :UInt32;
  # The newest ones; 0: as many as a tier answers.
  follow @9 :Bool;
  # And then those that come.
  withSites @10 :Bool;
  # With a tenant, also whether the sites it has something at came or went: `site`, `link`. What a
  # tenant's people are shown.
}

interface EventSink {
  # The asker's; dropping the `events` call ends it.
  write @0 (events :List(Event)) -> stream;
  # Events in the order of their time; with `follow`, those that come afterwards as they come.
  missing @1 (who :List(Text));
  # These may know more than was written: regions that do not answer, sites that are away and tell
  # when they are back. May come several times.
}
