@0xc47e19a8d3f2b605;
# The one-time token that a person carries from central to a new region, site host or witness: it
# says whom to call, how to know that it is really them, and the secret that admits the caller once.
# Written by central, read by the joiner; the parent that is called sees only `id` and `secret`.
#
# As text: `skerry1.` and base64url of { u16 little-endian number of words, the words of this struct
# (one segment, no table), the first 4 bytes of SHA-256 over all before }.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

struct Token {
  addresses @0 :List(Text);
  # `HOST:PORT` of the parent, tried in this order; 1 to `addressesMax`.
  rootKey @1 :Data;
  # SHA-256 of the root certificate's SubjectPublicKeyInfo. Whoever is called must prove a chain
  # that ends in this key before the secret is sent.
  kind @2 :Kind;
  name @3 :Text;
  # Of the region or site that the joiner becomes, or becomes a host of.
  host @4 :Text;
  # Of the joining host. Empty: the joiner says.
  writer @5 :UInt32;
  # The number under which it writes its local half; allotted by central, never reused. 0: allotted
  # at enrolment.
  id @6 :Text;
  # Which row the parent looks up; not secret.
  secret @7 :Data;
  # 32 bytes. The parent stores only its SHA-256.
  expiresMs @8 :Int64;
  # Milliseconds since the Unix epoch, judged by the parent's clock, never by the joiner's.

  const addressesMax :UInt8 = 8;

  enum Kind {
    unspecified @0;
    region @1;
    site @2;
    # A host of the site `name`.
    witness @3;
    # A vote for the site `name`.
  }
}
