@0x9b0f4d27c5e83a61;
# What both ends of every session offer, whatever else they are: the child's end and the parent's,
# and each host of a site to the others. Uplink, Downlink, Admin and Peer extend it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

interface Pulse {
  # Holding it permits nothing but asking whether the other end still answers. It is the bootstrap
  # object of a session and dies with the session.
  ping @0 () -> ();
  # Answers at once, with nothing. Idempotent, never long. A session does not live by it but by
  # smaller pings that no object sees (shared/link/frame_filter.h).
}
