@0x9f3b6e1d8a57c20d;
# People: who is on the other end of a connection to a tier (admin.capnp), and how central lets
# somebody in. A person's key is made by the client and never leaves it; central signs for its hash.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

struct Person {
  # Who asks, as the tier sees it.
  name @0 :Text;
  # As it is recorded: `local:0`, `user:kari`, `user:acme/kari`.
  role @1 :Text;
  scope @2 :Text;
  # tenant, region or site; empty: everything.
  scopeName @3 :Text;
  tier @4 :Text;
  # Where: central, region, site.
  tierName @5 :Text;
  certificateEnds @6 :Text;
  # RFC 3339; empty at the socket.
}

struct UserSpec {
  name @0 :Text;
  # Unique in its tenant, or among those that belong to none.
  role @1 :Text;
  # As `get roles` has them. Ignored with `reset`.
  tenant @2 :Text;
  region @3 :Text;
  site @4 :Text;
  # The scope: exactly the one that the role has. With `reset` only `tenant`, where the name needs
  # it.
  request @5 :Data;
  # A PKCS#10 request, DER, signed by the person's key, Ed25519.
  reset @6 :Bool;
  # The user is there and gets another key; the one before is revoked. Else the user must not be
  # there yet.
}

struct UserGrant {
  name @0 :Text;
  # As it is recorded.
  certificates @1 :List(Data);
  # DER: the person's, then the root's.
  server @2 :Text;
  # HOST:PORT of central.
  tenant @3 :Text;
  # Of a tenant's people; empty for others.
}

struct UserView {
  role @0 :Text;
  scope @1 :Text;
  # `tenant acme`, `region north`, `site oslo`; empty: everything.
  since @2 :Text;
  # RFC 3339: when central last signed for the person.
}

struct RoleView {
  purpose @0 :Text;
  scope @1 :Text;
  # tenant, region or site: what it is given for; empty: everything.
}
