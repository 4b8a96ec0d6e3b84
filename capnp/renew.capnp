@0xb7d3f5a80c264e19;
# The RENEW door (ALPN `skerry-renew/1`): a child whose certificate nears its end, or has ended,
# asks its parent for the next one. It proves in the TLS handshake that it holds its device key,
# showing the certificate it has; nobody looks at the dates of that one. The child sends one
# RenewRequest, the parent answers with one RenewReply, and the connection ends. Each is one frame
# of at most 16 KiB; there is no RPC here, so what has ended opens no other door.
#
# A person's client asks the same of central, which signed for the person, while the certificate is
# good; what has ended is not renewed for people (`certificate-expired`).
#
# Who is asking, and what he is called, the parent knows by the key. Asking again gives certificates
# again.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("skerry::schema");

struct RenewRequest {
  deviceRequest @0 :Data;
  # PKCS#10 in DER, for the device key that was proven in the handshake: any other is refused.
  caRequest @1 :Data;
  # A region's: PKCS#10 in DER for the key it signs its sites' certificates with. Empty for others.
  version @2 :Text;
  # Of the child's software.
}

struct RenewReply {
  union {
    unspecified @0 :Void;
    accepted @1 :Accepted;
    refused @2 :Refused;
  }

  struct Accepted {
    chain @0 :List(Data);
    # Certificates in DER: the device's own first, then its issuers, without the root.
    ca @1 :Data;
    # A region's own issuing certificate in DER, for the key of `caRequest`. Empty for others.
    wallMs @2 :Int64;
    # The parent's clock, milliseconds since the Unix epoch: what these certificates were dated by.
  }

  struct Refused {
    reason @0 :Text;
    # A stable word: `device-unknown`, `key-revoked`, `issuer-expired`, `request-malformed`,
    # `certificate-expired`, `try-again`.
    text @1 :Text;
    # For a person: what is wrong, and what to do.
  }
}
