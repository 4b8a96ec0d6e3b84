// Who may talk to us: one judgement of a peer's certificates, whatever carried them. TLS asks it
// while it shakes hands, admission asks it again after every handshake (a resumed one shows no
// chain), and the unencrypted handshake of simulations asks the same.
#pragma once
#include "shared/pki/certificate.h"

namespace skerry {

// What a connection is for; chosen by the dialler, enforced by the listener.
enum class Door : uint8_t {
  SESSION,  // both ends show certificates
  ENROLL,   // the dialler has none yet, and knows the other by the hash of the root key
  RENEW,    // both ends show certificates; the dialler's may have ended, and gets it nothing but a
            // new one
};
constexpr Door DOORS[] = {Door::SESSION, Door::ENROLL, Door::RENEW};
kj::StringPtr alpnName(Door door);

// What a refused dialler finds in the reason why it was refused, whatever carried it.
constexpr std::string_view TOLD_EXPIRED = "certificate-expired", TOLD_REVOKED = "key-revoked";

// Which end we are. Certificates are judged for the other's role.
enum class End : uint8_t { DIALLER, LISTENER };

struct PeerIdentity {
  Door door = Door::SESSION;
  std::optional<Hash> key;  // none only for a dialler at the ENROLL door, seen by the listener
  std::string name;         // common name of the leaf
  bool resumed = false;
  int64_t untilMs = 0;       // when the leaf ends; 0: none was shown
  int64_t issuedMs = 0;      // when it was issued, by its issuer's clock
  std::optional<Hash> issuer;  // key that issued the leaf, and its common name
  std::string issuerName;
  bool operator==(const PeerIdentity&) const = default;
};

// What a leaf says of itself and its issuer: all that is asked again of a peer whose chain was
// verified before, and a tenth of the certificates' size.
struct Leaf {
  Hash key;
  std::optional<Hash> issuer;  // the key that issued it, where it says which
  std::string name, issuerName;  // common names
  Validity dates;
};
Leaf leafOf(X509& certificate);
void describe(const Leaf& leaf, PeerIdentity& peer);

// Asked at every handshake, resumed ones included. Answers may change at any time: what they say of
// sessions that are open already is the owner's to act on.
class PeerPolicy {
public:
  virtual ~PeerPolicy() noexcept(false) {}
  // At least one key above the leaf must be pinned, beyond the chain being valid.
  virtual bool pins(const Hash& issuer) const = 0;
  // True at the RENEW door; for a child, of the parent it knows by its key; and for every key at a
  // joiner's ENROLL door: the pin says enough, and its clock may be years off.
  virtual bool ignoresDates(Door door, const Hash& leaf) const = 0;
  virtual bool isRevoked(const Hash& key) const = 0;
  // Milliseconds since the Unix epoch. The product's has a floor; OpenSSL's own is never asked.
  virtual int64_t nowMs() const = 0;
  // nowMs() is not what time it is, only what it is at least: then a certificate that has ended has
  // ended, and one that has not begun may have.
  virtual bool knowsOnlyAFloor() const { return false; }
};

// What to tell, and OpenSSL's X509_V_ERR_ for the alert. Empty reason: accepted. One that has not
// begun has the alert of one that has ended: the peer does about it the same.
struct Verdict {
  std::string reason;
  int error = 0;
  bool accepted() const { return reason.empty(); }
  // TOLD_EXPIRED, TOLD_REVOKED or empty: what a transport without alerts tells the peer.
  std::string_view told() const;
};

// The whole judgement: `chain` (leaf first, in any order after it) leads to `root` or, where there
// is no root yet (ENROLL door), to a self-signed certificate of the chain whose key is pinned; its
// uses fit; and `judgeLeaf`. Certificates are borrowed.
Verdict judgeChain(const PeerPolicy& policy, Door door, End us, const std::vector<X509*>& chain,
                   X509* root);

// What may have changed since a chain was verified: revocation of the leaf's key or its issuer's,
// and the leaf's dates.
Verdict judgeLeaf(const PeerPolicy& policy, Door door, const Leaf& leaf);

// A joiner's: trusts whatever ends in the root key that its token names.
class JoinerPolicy final : public PeerPolicy {
public:
  explicit JoinerPolicy(const Hash& rootKey) : rootKey(rootKey) {}
  bool pins(const Hash& issuer) const override { return issuer == rootKey; }
  bool ignoresDates(Door, const Hash&) const override { return true; }
  bool isRevoked(const Hash&) const override { return false; }
  int64_t nowMs() const override { return 0; }

private:
  Hash rootKey;
};

}  // namespace skerry
