@0xb6e3c9d1f7a50806;
# Asking for log lines, and their way back: the same structs from the client to a tier (admin.capnp)
# and from a tier to the one below (uplink.capnp). Lines are kept at the site; nothing is copied
# upward until somebody asks.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

struct LogQuery {
  site @0 :Text;
  # Empty: every site that has the application.
  tenant @1 :Text;
  app @2 :Text;
  # Empty: every application of the site, which is then named.
  service @3 :Text;
  # Empty: all of them.
  ordinal @4 :Int32 = -1;
  # Of the instance; -1: all.
  tail @5 :UInt32;
  # Newest lines per instance; 0: all that are kept.
  sinceMs @6 :Int64;
  # Only lines this long ago or newer, in milliseconds; 0: no bound.
  follow @7 :Bool;
  selector @8 :Text;
  # A label expression over the labels of the sites; the region judges it. Empty: all.
  untilMs @9 :Int64;
  # Only lines this long ago or older, in milliseconds; 0: no bound.
  grep @10 :Text;
  # Only lines that this extended regular expression (shared/model/line_pattern.h) matches
  # somewhere; the site judges it, after `tail`. Empty: all.
  region @11 :Text;
  # Of central: only the sites of this region. Empty: all.
}

interface LineSink {
  # The asker's; dropping the `logs` call ends it.
  write @0 (lines :List(LogLine)) -> stream;
  # Shows these lines, in order. A failure means that the asker is gone: stop.
}

struct LogLine {
  site @0 :Text;
  instance @1 :Text;
  # TENANT.APP.SERVICE.ORDINAL
  atMs @2 :Int64;
  # By the site's clock, Unix epoch.
  isError @3 :Bool;
  # Came from standard error.
  text @4 :Text;
  # Without the line end; bytes that are not UTF-8 are replaced.
}
