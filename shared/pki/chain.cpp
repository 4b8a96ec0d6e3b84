#include "shared/pki/chain.h"
#include <kj/debug.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace skerry {

namespace {

constexpr int AUTHENTICATION_LEVEL = 2;  // 112 bits, no SHA-1

struct FreeContext { void operator()(X509_STORE_CTX* c) const { X509_STORE_CTX_free(c); } };
using OwnContext = std::unique_ptr<X509_STORE_CTX, FreeContext>;
// Borrows its certificates.
struct FreeStack { void operator()(STACK_OF(X509)* stack) const { sk_X509_free(stack); } };
using OwnStack = std::unique_ptr<STACK_OF(X509), FreeStack>;

Verdict refused(int error) { return {X509_verify_cert_error_string(error), error}; }

// Where there is no root yet, the end of the peer's own chain is taken if its key is the one we
// were told of.
X509* pinnedEnd(const PeerPolicy& policy, const std::vector<X509*>& chain) {
  for (auto certificate : chain) {
    if (policy.pins(keyHash(*certificate)) && isSelfSigned(*certificate)) return certificate;
  }
  return nullptr;
}

Verdict judgeIssuers(const PeerPolicy& policy, STACK_OF(X509)* verified) {
  bool pinned = false;
  for (int i = 1; i < sk_X509_num(verified); i++) {
    auto key = keyHash(*sk_X509_value(verified, i));
    if (policy.isRevoked(key)) return {"the key of an issuer is revoked", X509_V_ERR_CERT_REVOKED};
    pinned |= policy.pins(key);
  }
  if (!pinned) return {"no issuer is one we know by its key", X509_V_ERR_CERT_UNTRUSTED};
  return {};
}

Verdict judgeDates(const PeerPolicy& policy, const Validity& dates) {
  auto now = policy.nowMs();
  if (now > dates.untilMs) return refused(X509_V_ERR_CERT_HAS_EXPIRED);
  if (now >= dates.fromMs || policy.knowsOnlyAFloor()) return {};
  return {X509_verify_cert_error_string(X509_V_ERR_CERT_NOT_YET_VALID),
          X509_V_ERR_CERT_HAS_EXPIRED};
}

}  // namespace

std::string_view Verdict::told() const {
  if (error == X509_V_ERR_CERT_HAS_EXPIRED) return TOLD_EXPIRED;
  if (error == X509_V_ERR_CERT_REVOKED) return TOLD_REVOKED;
  return "";
}

kj::StringPtr alpnName(Door door) {
  switch (door) {
    case Door::SESSION: return "skerry/1";
    case Door::ENROLL: return "skerry-enroll/1";
    case Door::RENEW: return "skerry-renew/1";
  }
  KJ_UNREACHABLE;
}

Leaf leafOf(X509& certificate) {
  return {keyHash(certificate), issuerKeyHash(certificate), commonName(certificate),
          issuerName(certificate), validity(certificate)};
}

void describe(const Leaf& leaf, PeerIdentity& peer) {
  peer.key = leaf.key;
  peer.name = leaf.name;
  peer.untilMs = leaf.dates.untilMs;
  peer.issuedMs = leaf.dates.fromMs + BACKDATE_MS;
  peer.issuer = leaf.issuer;
  peer.issuerName = leaf.issuerName;
}

Verdict judgeLeaf(const PeerPolicy& policy, Door door, const Leaf& leaf) {
  if (policy.isRevoked(leaf.key)) return {"the key is revoked", X509_V_ERR_CERT_REVOKED};
  if (leaf.issuer && policy.isRevoked(*leaf.issuer)) {
    return {"the key of the issuer is revoked", X509_V_ERR_CERT_REVOKED};
  }
  return policy.ignoresDates(door, leaf.key) ? Verdict() : judgeDates(policy, leaf.dates);
}

Verdict judgeChain(const PeerPolicy& policy, Door door, End us, const std::vector<X509*>& chain,
                   X509* root) {
  KJ_DEFER(ERR_clear_error());
  if (chain.empty()) return {"peer showed no certificate", X509_V_ERR_UNSPECIFIED};
  if (root == nullptr && door == Door::ENROLL) {
    root = pinnedEnd(policy, chain);
    if (root == nullptr) {
      return {"none of its certificates is for the root key that the token names",
              X509_V_ERR_CERT_UNTRUSTED};
    }
  }

  OwnStack others(sk_X509_new_null()), trusted(sk_X509_new_null());
  for (size_t i = 1; i < chain.size(); i++) sk_X509_push(others.get(), chain[i]);
  if (root != nullptr) sk_X509_push(trusted.get(), root);
  OwnContext context(X509_STORE_CTX_new());
  KJ_ASSERT(X509_STORE_CTX_init(context.get(), nullptr, chain[0], others.get()) == 1);
  X509_STORE_CTX_set0_trusted_stack(context.get(), trusted.get());
  X509_STORE_CTX_set_default(context.get(), us == End::LISTENER ? "ssl_client" : "ssl_server");
  auto parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_auth_level(parameters, AUTHENTICATION_LEVEL);
  X509_VERIFY_PARAM_set_depth(parameters, CHAIN_CERTIFICATES_MAX);
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME);  // we do, below
  if (X509_verify_cert(context.get()) != 1) {
    return refused(X509_STORE_CTX_get_error(context.get()));
  }
  auto verified = X509_STORE_CTX_get0_chain(context.get());
  auto verdict = judgeIssuers(policy, verified);
  auto leaf = leafOf(*chain[0]);
  if (verdict.accepted()) verdict = judgeLeaf(policy, door, leaf);
  if (policy.ignoresDates(door, leaf.key)) return verdict;
  for (int i = 1; verdict.accepted() && i < sk_X509_num(verified); i++) {
    verdict = judgeDates(policy, validity(*sk_X509_value(verified, i)));
  }
  return verdict;
}

}  // namespace skerry
