#include "shared/cli/remote.h"
#include "shared/async/plainly.h"
#include "shared/cli/person_renewal.h"
#include "shared/crypto/bytes.h"
#include "shared/link/socket.h"
#include "shared/link/tls_context.h"
#include "shared/pki/pem.h"

namespace skerry {
namespace {

constexpr auto CONNECT_MAX = 15 * kj::SECONDS;

// Believes whoever the root of the fleet vouches for. The dates of a server's certificate are not
// asked: the pin says enough, and this machine's clock may be years off.
class ServerPolicy final : public PeerPolicy {
public:
  explicit ServerPolicy(const Hash& root) : root(root) {}
  bool pins(const Hash& issuer) const override { return issuer == root; }
  bool ignoresDates(Door, const Hash&) const override { return true; }
  bool isRevoked(const Hash&) const override { return false; }
  int64_t nowMs() const override { return 0; }

private:
  const Hash root;
};

struct Credentials {
  Identity identity;
  std::optional<Failure> failure;
};

Credentials readCredentials(const Context& context) {
  Credentials read;
  auto certificates = certificatesFromPem(view(std::string_view(context.certificate)));
  read.identity.key = keyFromPem(view(std::string_view(context.key)));
  bool isWhole = read.identity.key != nullptr && certificates.size() == 2 &&
                 keyHash(*certificates[0]) == keyHash(*read.identity.key);
  if (!isWhole || keyHash(*certificates[1]).hex() != context.pin) {
    read.failure = failure(ExitCode::USAGE, "bad-context", "the context `" + context.name +
                           "` is damaged: its key, certificates and pin do not belong together",
                           "get another from: skerry user reset NAME --out FILE");
    return read;
  }
  read.identity.root = kj::mv(certificates[1]);
  read.identity.chain.push_back(kj::mv(certificates[0]));
  return read;
}

bool says(const std::string& why, std::string_view word) {
  return why.find(word) != std::string::npos;
}

// Refused by the server, by us, or not connected at all.
Failure explain(const Context& context, const kj::Exception& exception) {
  auto why = text(exception.getDescription());
  auto next = "skerry user reset NAME --out FILE";
  if (says(why, TOLD_EXPIRED)) {
    return failure(ExitCode::DENIED, "certificate-expired",
                   "the certificate of the context `" + context.name + "` has ended, by the clock "
                   "of " + context.server, "ask an administrator for a new context", next);
  }
  if (says(why, TOLD_REVOKED)) {
    return failure(ExitCode::DENIED, "key-revoked", "the key of the context `" + context.name +
                   "` is worth nothing any more: its user was removed, or has a newer context",
                   "ask an administrator for a new context", next);
  }
  if (says(why, "no issuer is one we know") || says(why, "issuer certificate") ||
      says(why, "self-signed") || says(why, "self signed") || says(why, "signature failure") ||
      says(why, "unknown ca") || says(why, "unknown_ca")) {
    return failure(ExitCode::UNREACHABLE, "other-fleet", context.server + " belongs to another "
                   "fleet than the context `" + context.name + "`: its root key is not the one "
                   "the context is pinned to",
                   "see whether the address is right; if this fleet was made anew, all contexts "
                   "have to be made anew");
  }
  return failure(ExitCode::UNREACHABLE, "unreachable",
                 "cannot reach " + context.server + ": " + plainly(why),
                 "see whether it runs there and whether a network lies between; on its own "
                 "machine: skerry --socket DIR/admin.sock status");
}

Failure wrongServer(const Context& context, const std::string& name) {
  return failure(ExitCode::UNREACHABLE, "other-server", context.server + " is " + name +
                 ", and the context `" + context.name + "` is for " +
                 (context.peer.empty() ? "a tier" : context.peer),
                 "make one for it: skerry context add FILE --server HOST:PORT --name NAME");
}

bool isTier(const Context& context, const std::string& name) {
  if (!context.peer.empty()) return name == context.peer;
  return name == "central" || name.starts_with("region:") || name.starts_with("site:");
}

// A connection to one door of the context's server. All outlive the promise.
Task<Secured> open(Cli& cli, const Context& context, TlsContext& tls, Door door) {
  auto parsing = cli.machine.network().parseAddress(context.server.c_str());
  auto address = co_await parsing;
  auto connecting = address->connect();
  auto plain = co_await connecting;
  tuneSocket(*plain);
  auto shaking = tls.connect(kj::mv(plain), door);
  auto secured = co_await shaking;
  co_return kj::mv(secured);
}

Task<Connected> dial(Cli& cli, Context context, Identity identity) {
  Connected connected;
  auto policy = kj::heap<ServerPolicy>(keyHash(*identity.root));
  TlsContext::Options options{cli.machine.timer(), *policy};
  options.self = share(identity);
  TlsContext tls(kj::mv(options));
  auto opening = open(cli, context, tls, Door::SESSION);
  auto secured = co_await opening;
  if (!isTier(context, secured.peer.name)) {
    connected.failure = wrongServer(context, secured.peer.name);
    co_return connected;
  }
  // The policy outlives the stream.
  connected.connection = kj::heap<Connection>(secured.stream.attach(kj::mv(policy)));
  auto asking = connected.connection->admin.whoamiRequest().send();
  auto answer = co_await asking;
  auto failures = failuresOf(answer.getProblems());
  if (!failures.empty()) connected.failure = failures[0];
  co_return connected;
}

// Beside the session, and after it: nothing that was asked waits for another certificate in vain.
Task<void> renewIfDue(Cli& cli, Context context, Identity identity) {
  if (!isRenewalDue(*identity.chain[0], cli.machine.wallMs())) co_return;
  ServerPolicy policy(keyHash(*identity.root));
  TlsContext::Options options{cli.machine.timer(), policy};
  options.self = share(identity);
  TlsContext tls(kj::mv(options));
  auto opening = open(cli, context, tls, Door::RENEW);
  auto renewing = renewContext(cli, context, kj::mv(identity), kj::mv(opening));
  co_await renewing;
}

}  // namespace

Task<Connected> connectRemotely(Cli& cli, Context context) {
  Connected connected;
  auto credentials = readCredentials(context);
  if (credentials.failure) {
    connected.failure = credentials.failure;
    co_return connected;
  }
  auto identity = share(credentials.identity);
  kj::Maybe<kj::Exception> error;
  try {
    kj::Promise<Connected> dialling = dial(cli, context, kj::mv(credentials.identity));
    auto late = cli.machine.timer().afterDelay(CONNECT_MAX).then([]() -> Connected {
      kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "no answer in time"));
    });
    auto first = dialling.exclusiveJoin(kj::mv(late));
    connected = co_await first;
  } catch (kj::Exception& caught) {
    error = kj::mv(caught);
  }
  KJ_IF_MAYBE(caught, error) connected.failure = explain(context, *caught);
  if (connected.failure) {
    connected.connection = nullptr;
    co_return connected;
  }
  auto renewing = renewIfDue(cli, context, kj::mv(identity));
  co_await renewing;
  co_return connected;
}

}  // namespace skerry
