@0xb7f20d6a91c3e40a;
# A backup of one daemon as a file: the line `skerry-backup 1`, then messages, each with its length
# in bytes (UInt32, little-endian) in front of it, in Cap'n Proto's canonical form: one
# BackupHeader, then BackupRecords; then the SHA-256 of all before it. Whoever has the file has the
# daemon's keys.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

struct BackupHeader {
  tier @0 :Text;
  # central, region or site.
  name @1 :Text;
  # As the daemon's certificate says it: `central`, `region:NAME`, `site:NAME/HOST`.
  rootKey @2 :Data;
  # SHA-256 of the fleet's root key: a backup of one fleet is none of another.
  takenMs @3 :Int64;
  # The machine's wall clock, Unix epoch.
  version @4 :Text;
  # Of the software that took it; for people.
}

struct BackupRecord {
  union {
    unspecified @0 :Void;

    file :group {
      path @1 :List(Text);
      # Inside the data folder.
      content @2 :Data;
      # The whole of it.
    }

    row :group {
      document @3 :Text;
      # Of the database: whose rows.
      table @4 :UInt8;
      # As in shared/store/tables.h.
      key @5 :Data;
      # Unique in its document and table.
      value @6 :Data;
    }
  }
}
