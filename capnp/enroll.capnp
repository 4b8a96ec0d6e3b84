@0xe2a96b1f0c7d4835;
# The ENROLL door (ALPN `skerry-enroll/1`): a device that holds a one-time token asks its parent, a
# region or central, for certificates. The joiner sends one EnrollRequest, the parent answers with
# one EnrollReply, and the connection ends. Each is one frame of at most 16 KiB; there is no RPC
# here, since the asker has not shown who it is. The joiner knows the parent by the root key hash
# in its token: it checks no dates, because a new device may not know what year it is.
#
# Asking again with the same token and the same device key gives certificates again: the parent
# records the key in the transaction that consumes the token. Any other key is refused.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

struct EnrollRequest {
  token @0 :Text;
  # Token.id. Empty: the device calls home, with no token; it is let in when central or its region
  # approved its key, and refused as `pending` before that, to call again later.
  secret @1 :Data;
  # Token.secret.
  deviceRequest @2 :Data;
  # PKCS#10 in DER. Only its key is used, after its own signature was checked; the parent says the
  # name.
  caRequest @3 :Data;
  # A region's: PKCS#10 for the key it will sign its sites' certificates with. Empty for others.
  documentKey @4 :Data;
  # A region's: the Ed25519 key, 32 bytes, that will sign the orders of its sites. Empty for others.
  host @5 :Text;
  # The name the device gives itself, for tokens that leave it open.
  version @6 :Text;
  # Of the joiner's software.
}

struct EnrollReply {
  union {
    unspecified @0 :Void;
    accepted @1 :Accepted;
    refused @2 :Refused;
  }

  struct Accepted {
    chain @0 :List(Data);
    # Certificates in DER: the device's own first, then its issuers, without the root.
    root @1 :Data;
    # The root certificate in DER. Its key hash is the token's.
    ca @2 :Data;
    # A region's own issuing certificate in DER, for the key of `caRequest`. Empty for others.
    writer @3 :UInt32;
    # The number under which the device writes; the same for every retry.
    wallMs @4 :Int64;
    # The parent's clock, milliseconds since the Unix epoch: the first idea of time of a device that
    # has none.
    authority @5 :Data;
    # An encoded Signed of kind "authority" (authority.capnp). Opaque to the link.
    name @6 :Text;
    # Who the device is from now on, as in its certificate: `site:oslo-0012/host1`, `region:north`.
  }

  struct Refused {
    reason @0 :Text;
    # A stable word: `token-unknown`, `token-used`, `token-expired`, `request-malformed`, or one of
    # the tier's own. After `pending`, `try-again` and `site-not-here` the same is worth asking
    # again.
    text @1 :Text;
    # For a person: what is wrong, and what to do.
  }
}
