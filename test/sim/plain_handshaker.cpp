#include "test/sim/plain_handshaker.h"
#include "shared/async/task.h"
#include "shared/link/link_limits.h"
#include <kj/debug.h>

namespace skerry {

namespace {

constexpr size_t NONCE_BYTES = 32;
constexpr std::string_view PROOF_KIND = "plain-handshake";
constexpr std::string_view ALERT = "refused:";  // shorter than a signature

// On the wire each part has its size, u16 little-endian, before it; a hello is its parts and an
// empty one.
void addPart(Bytes& to, BytesView part) {
  KJ_REQUIRE(part.size() <= CERTIFICATES_BYTES_MAX);
  to.push_back(part.size() & 0xff);
  to.push_back(part.size() >> 8);
  to.insert(to.end(), part.begin(), part.end());
}

Task<Bytes> readPart(kj::AsyncIoStream& stream) {
  kj::byte size[2];
  auto head = stream.read(size, sizeof(size));
  co_await head;
  Bytes part(size[0] | size[1] << 8);
  if (part.size() > CERTIFICATES_BYTES_MAX) {
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "peer shows too much"));
  }
  auto body = stream.read(part.data(), part.size());
  co_await body;
  co_return kj::mv(part);
}

[[noreturn]] void refuse(std::string_view why) {
  kj::throwFatalException(kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                                        kj::str("handshake failed: ", std::string(why).c_str())));
}

struct Hello {
  Bytes door, nonce;
  std::vector<OwnCert> chain;
};

class PlainHandshaker final : public Handshaker {
public:
  PlainHandshaker(Host& host, const PeerPolicy& policy, const Identity& self)
      : shared(kj::refcounted<Shared>(host, policy, share(self))) {}

  kj::Promise<Secured> accept(kj::Own<kj::AsyncIoStream> stream) override {
    return withDeadline(shake(kj::addRef(*shared), kj::mv(stream), End::LISTENER, Door::SESSION));
  }
  kj::Promise<Secured> connect(kj::Own<kj::AsyncIoStream> stream, Door door,
                               kj::Maybe<TicketJar&>) override {
    return withDeadline(shake(kj::addRef(*shared), kj::mv(stream), End::DIALLER, door));
  }

private:
  // What a handshake under way needs, should the handshaker go first.
  struct Shared final : kj::Refcounted {
    Shared(Host& host, const PeerPolicy& policy, Identity self)
        : host(host), policy(policy), self(kj::mv(self)) {}
    Host& host;
    const PeerPolicy& policy;
    Identity self;
  };

  kj::Promise<Secured> withDeadline(kj::Promise<Secured> shaken) {
    return shaken.exclusiveJoin(shared->host.timer.afterDelay(HANDSHAKE_MAX).then([]() -> Secured {
      refuse("it took too long");
    }));
  }

  static Task<Secured> shake(kj::Own<Shared> shared, kj::Own<kj::AsyncIoStream> stream, End us,
                             Door door) {
    Bytes nonce(NONCE_BYTES);
    shared->host.entropy.fill(kj::arrayPtr(nonce.data(), nonce.size()));
    // The dialler speaks first: the listener cannot know what to show before it knows the door.
    if (us == End::DIALLER) {
      auto ours = hello(*shared, us, door, nonce);
      auto sent = stream->write(ours.data(), ours.size());
      co_await sent;
    }
    auto reading = readHello(*stream);
    Hello theirs = co_await reading;
    if (us == End::LISTENER) {
      door = doorNamed(theirs.door);
      auto ours = hello(*shared, us, door, nonce);
      auto sent = stream->write(ours.data(), ours.size());
      co_await sent;
    }
    // Who is refused hears why in place of the other's proof.
    auto verdict = judgeShown(*shared, us, door, theirs);
    Bytes proof;
    addPart(proof, verdict.accepted() ? view(sign(*shared, door, us, theirs.nonce))
                                      : view(std::string(ALERT) + std::string(verdict.told())));
    auto proved = stream->write(proof.data(), proof.size());
    co_await proved;
    auto proving = readPart(*stream);  // also of who is refused: to hang up first would outrun that
    Bytes signature = co_await proving;
    if (!verdict.accepted()) refuse(verdict.reason);
    auto peer = judgeProof(us, door, theirs, nonce, signature);
    co_return Secured{kj::mv(stream), kj::mv(peer)};
  }

  static Bytes hello(const Shared& shared, End us, Door door, const Bytes& nonce) {
    Bytes bytes;
    addPart(bytes, view(text(alpnName(door))));
    addPart(bytes, view(nonce));
    if (us == End::LISTENER || door != Door::ENROLL) {
      for (auto& certificate : shared.self.chain) addPart(bytes, view(der(*certificate)));
    }
    if (us == End::LISTENER && door == Door::ENROLL) addPart(bytes, view(der(*shared.self.root)));
    addPart(bytes, nullptr);
    return bytes;
  }

  static Task<Hello> readHello(kj::AsyncIoStream& stream) {
    Hello hello;
    auto door = readPart(stream);
    hello.door = co_await door;
    auto nonce = readPart(stream);
    hello.nonce = co_await nonce;
    for (;;) {
      auto next = readPart(stream);
      Bytes certificate = co_await next;
      if (certificate.empty()) break;
      hello.chain.push_back(certificateFromDer(view(certificate)));
      if (hello.chain.back() == nullptr || hello.chain.size() > CHAIN_CERTIFICATES_MAX) {
        refuse("peer's certificates cannot be read");
      }
    }
    co_return kj::mv(hello);
  }

  static Door doorNamed(const Bytes& name) {
    for (auto door : DOORS) {
      if (text(view(name)) == text(alpnName(door))) return door;
    }
    refuse("peer asks for a door we do not have");
  }

  // A joiner has nothing to sign with, and is asked for nothing.
  static Bytes sign(const Shared& shared, Door door, End us, const Bytes& nonce) {
    if (us == End::DIALLER && door == Door::ENROLL) return {};
    KJ_REQUIRE(shared.self.key != nullptr, "only the ENROLL door opens without a certificate");
    auto self = share(shared.self);
    return newSigner(kj::mv(self.key))->sign(PROOF_KIND, view(proven(door, us, nonce)));
  }

  static Bytes proven(Door door, End signer, const Bytes& nonce) {
    Bytes bytes{uint8_t(door), uint8_t(signer)};
    bytes.insert(bytes.end(), nonce.begin(), nonce.end());
    return bytes;
  }

  static Verdict judgeShown(const Shared& shared, End us, Door door, const Hello& theirs) {
    if (us == End::LISTENER && door == Door::ENROLL) return {};
    std::vector<X509*> chain;
    for (auto& certificate : theirs.chain) chain.push_back(certificate.get());
    return judgeChain(shared.policy, door, us, chain, shared.self.root.get());
  }

  static PeerIdentity judgeProof(End us, Door door, const Hello& theirs, const Bytes& nonce,
                                 const Bytes& signature) {
    PeerIdentity peer;
    peer.door = door;
    auto said = text(view(signature));
    if (said.starts_with(ALERT)) refuse("refused by the peer: " + said.substr(ALERT.size()));
    if (us == End::LISTENER && door == Door::ENROLL) return peer;
    auto& leaf = *theirs.chain[0];
    End signer = us == End::LISTENER ? End::DIALLER : End::LISTENER;
    if (!verify(view(rawPublicKey(leaf)), PROOF_KIND, view(proven(door, signer, nonce)),
                view(signature))) {
      refuse("peer does not hold the key of its certificate");
    }
    describe(leafOf(leaf), peer);
    return peer;
  }

  kj::Own<Shared> shared;
};

class PlainTransport final : public Transport {
public:
  kj::Own<Handshaker> newHandshaker(Host& host, const PeerPolicy& policy,
                                    const Identity& self) const override {
    return kj::heap<PlainHandshaker>(host, policy, self);
  }
};

}  // namespace

kj::Own<Transport> newPlainTransport() { return kj::heap<PlainTransport>(); }

}  // namespace skerry
