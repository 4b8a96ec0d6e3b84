// The ENROLL door: a one-time token is turned into certificates (capnp/enroll.capnp).
//
//   enroll()  --one frame-->  serveEnroll() -> EnrollDesk (the tier judges, records, issues)
//             <--one frame--
#pragma once
#include "shared/link/question.h"
#include "shared/pki/token.h"
#include <variant>

namespace skerry {

// What a joiner asks, checked as far as one can without knowing tokens: its requests are signed by
// the keys in them.
struct EnrollAsked {
  std::string token;   // id; empty: it calls home
  Bytes secret;
  OwnKey deviceKey;
  OwnKey caKey;        // null but for a region
  Bytes documentKey;   // Ed25519; empty but for a region
  std::string host;
  std::string version;
  std::string address;  // whence it calls, ADDRESS; empty: not known
};

struct Enrolled {
  std::vector<OwnCert> chain;  // the device's first, without the root
  OwnCert root;
  OwnCert ca;                  // a region's issuing certificate; null for others
  uint32_t writer = 0;
  int64_t wallMs = 0;          // the parent's clock
  Bytes authority;             // opaque here
  std::string name;
  Hash parentKey = {};         // set by the joiner's end: the device key the parent proved
};

using EnrollRefused = RefusedQuestion;
using EnrollAnswer = std::variant<Enrolled, EnrollRefused>;

// The tier's. Resolves when what it says is durable. Asked again by the same key it says the same.
// An exception is told to the joiner as `try-again` and to nobody else.
class EnrollDesk {
public:
  virtual ~EnrollDesk() noexcept(false) {}
  virtual kj::Promise<EnrollAnswer> enroll(EnrollAsked asked) = 0;
};

// Serves one connection of the ENROLL door: one question, one answer, ENROLL_TIME_MAX. `desk` and
// `timer` outlive the promise. Fails, having answered where it could, for a peer that misbehaves.
kj::Promise<void> serveEnroll(kj::Own<kj::AsyncIoStream> stream, EnrollDesk& desk,
                              kj::Timer& timer);

// What a joiner brings. Keys are made and kept before the first attempt (IdentityFolder::keyOrNew),
// so that a lost answer can be asked for again.
struct Joiner {
  EVP_PKEY& deviceKey;
  EVP_PKEY* caKey = nullptr;  // a region's, with its document key
  Bytes documentKey = {};
  std::string host = {};
  std::string version = {};
};

// What is worth asking again after a while, though nothing changes here.
bool mayComeLater(const EnrollRefused& refused);

// Calls home with a token that has no id.
// Tries each address of the token once, in order. The answer's certificates are checked against the
// token and our keys. DISCONNECTED, naming each address and its trouble, when no parent answered;
// FAILED when one answered what cannot be. `host` and `transport` outlive the promise; the keys are
// used before it returns.
kj::Promise<EnrollAnswer> enroll(Host& host, const Transport& transport, Token token,
                                 const Joiner& joiner);

}  // namespace skerry
