@0xa9d2f4c7e1b83605;
# What things use: processor, memory, disk. Measured by each host for itself and kept there, in
# rings of a bounded size; nothing travels until somebody asks, from the client to a tier
# (admin.capnp) and from a tier to the one below (uplink.capnp). Each tier adds up what it hears
# before it passes it on, so that an answer about applications does not grow with the sites.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

const usageRowsMax :UInt32 = 1000;
# In one answer: those that use most of a processor.

struct UsageQuery {
  of @0 :Subject;
  tenant @1 :Text;
  app @2 :Text;
  site @3 :Text;
  # Only of these; empty: all.
  selector @4 :Text;
  # A label expression over the labels of the sites; the region judges it. Empty: all.
  region @5 :Text;
  # Of central: only the sites of this region. Empty: all.

  enum Subject {
    unspecified @0;
    sites @1;
    # A row for each site: its host as a whole.
    applications @2;
    # A row for each application, summed over the sites.
    instances @3;
  }
}

struct Usage {
  # One row. Zero: not known, or nothing.
  site @0 :Text;
  # Empty in the row of an application.
  tenant @1 :Text;
  app @2 :Text;
  service @3 :Text;
  ordinal @4 :UInt32;
  # Of an instance; of an application the first two.
  sites @5 :UInt32;
  # How many are summed up here.
  instances @6 :UInt32;
  # How many of them were measured.
  cpuMilli @7 :UInt64;
  # Thousandths of a processor, over the last minute.
  memoryBytes @8 :UInt64;
  # In use, without what the system would give back at once.
  memoryPeakBytes @9 :UInt64;
  # The most of any sample of the last hour; of a sum, the sum of those.
  cpuTotalMilli @10 :UInt64;
  memoryTotalBytes @11 :UInt64;
  diskBytes @12 :UInt64;
  # In use, of the file system with the data folder.
  diskTotalBytes @13 :UInt64;
  uptimeS @14 :UInt64;
  # Since the host's boot. These are of a site's row only.
}
