// Mutual TLS 1.3 handshakes, both ends in one thread and no sockets: ours, through all that the
// product puts around OpenSSL, and a bare loop over the same library and certificates. Prints, per
// second of processor time: `full OURS BARE` and `resumed OURS BARE`.
//
//   bench_handshakes COUNT
#include "shared/link/tls_context.h"
#include "shared/pki/openssl_errors.h"
#include "test/sim/seeded_entropy.h"
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <openssl/ssl.h>

using namespace skerry;

namespace {

constexpr int64_t ROUNDS = 10;  // ours and bare in turn: what else the machine does meets both

double cpuS() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
}

struct Pinned final : PeerPolicy {
  Hash root;
  int64_t atMs = 0;
  bool pins(const Hash& issuer) const override { return issuer == root; }
  bool ignoresDates(Door, const Hash&) const override { return false; }
  bool isRevoked(const Hash&) const override { return false; }
  int64_t nowMs() const override { return atMs; }
};

struct Fleet {
  SeededEntropy entropy{1};
  int64_t nowMs = int64_t(time(nullptr)) * 1000;
  OwnKey rootKey = newKey(entropy), caKey = newKey(entropy);
  OwnCert root = issueRoot(*rootKey, "fleet:bench", nowMs, entropy);
  OwnCert ca = issueIntermediate({*root, *rootKey}, *caKey, "region-ca:north", nowMs, entropy);
  Identity identity(std::string_view name) {
    Identity made;
    made.key = newKey(entropy);
    made.chain.push_back(issueLeaf({*ca, *caKey}, *made.key, name, nowMs, entropy));
    made.chain.push_back(share(*ca));
    made.root = share(*root);
    return made;
  }
};

class Ours {
public:
  Ours(Fleet& fleet, const Identity& parent, const Identity& child)
      : server(contextOf(fleet, parent)), client(contextOf(fleet, child)) {}

  void once(bool isResumed) {
    if (!isResumed) jar->ticket = nullptr;
    auto pipe = kj::newTwoWayPipe();
    auto accepting = server->accept(kj::mv(pipe.ends[0]));
    auto connecting = client->connect(kj::mv(pipe.ends[1]), Door::SESSION, *jar);
    auto dialled = connecting.wait(io.waitScope);
    kj::byte got, byte = 1;
    // The listener is done when its ticket is read.
    auto read = dialled.stream->tryRead(&got, 1, 1);
    auto accepted = accepting.wait(io.waitScope);
    KJ_ASSERT(accepted.peer.resumed == isResumed);
    auto sent = accepted.stream->write(&byte, 1);
    KJ_ASSERT(read.wait(io.waitScope) == 1);
    sent.wait(io.waitScope);
  }

private:
  kj::Own<TlsContext> contextOf(Fleet& fleet, const Identity& self) {
    policy.root = keyHash(*fleet.root);
    policy.atMs = fleet.nowMs;
    TlsContext::Options options{io.provider->getTimer(), policy};
    options.self = share(self);
    return kj::heap<TlsContext>(kj::mv(options));
  }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  Pinned policy;
  kj::Own<TlsContext> server, client;
  kj::Own<TicketJar> jar = kj::refcounted<TicketJar>();
};

class Bare {
public:
  Bare(const Identity& parent, const Identity& child)
      : server(contextOf(TLS_server_method(), parent)),
        client(contextOf(TLS_client_method(), child)) {
    SSL_CTX_set_session_id_context(server, reinterpret_cast<const kj::byte*>("b"), 1);
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(server, 1);
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(client, this);
    SSL_CTX_sess_set_new_cb(client, [](SSL* ssl, SSL_SESSION* ticket) {
      static_cast<Bare*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->ticket.reset(ticket);
      return 1;
    });
  }
  ~Bare() {
    SSL_CTX_free(server);
    SSL_CTX_free(client);
  }

  void once(bool isResumed) {
    auto s = SSL_new(server), c = SSL_new(client);
    BIO *one, *other;
    KJ_REQUIRE(BIO_new_bio_pair(&one, 0, &other, 0) == 1);
    SSL_set_bio(s, one, one);
    SSL_set_bio(c, other, other);
    SSL_set_accept_state(s);
    SSL_set_connect_state(c);
    if (isResumed) SSL_set_session(c, ticket.get());
    for (int turn = 0; turn < 6; ++turn) {
      SSL_do_handshake(c);
      SSL_do_handshake(s);
    }
    KJ_REQUIRE(SSL_is_init_finished(s) && SSL_is_init_finished(c), opensslErrors());
    KJ_ASSERT(SSL_session_reused(s) == isResumed);
    char byte = 1;
    SSL_write(s, &byte, 1);
    KJ_REQUIRE(SSL_read(c, &byte, 1) == 1, opensslErrors());
    for (auto ssl : {s, c}) {
      SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
      SSL_free(ssl);
    }
  }

private:
  static SSL_CTX* contextOf(const SSL_METHOD* method, const Identity& self) {
    auto context = SSL_CTX_new(method);
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), self.root.get());
    SSL_CTX_use_certificate(context, self.chain[0].get());
    SSL_CTX_use_PrivateKey(context, self.key.get());
    SSL_CTX_add1_chain_cert(context, self.chain[1].get());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return context;
  }

  SSL_CTX *server, *client;
  std::unique_ptr<SSL_SESSION, FreeTicket> ticket;
};

template <typename Kind>
double perSecond(Kind& kind, bool isResumed, int64_t count) {
  if (isResumed) kind.once(false);  // for a ticket
  auto begin = cpuS();
  for (int64_t i = 0; i < count; ++i) kind.once(isResumed);
  return double(count) / (cpuS() - begin);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  KJ_REQUIRE(argc == 2, "see the head of this file");
  Fleet fleet;
  auto parent = fleet.identity("region:north"), child = fleet.identity("site:oslo/host1");
  Ours ours(fleet, parent, child);
  Bare bare(parent, child);
  auto count = kj::max<int64_t>(1, atoll(argv[1]) / ROUNDS);
  for (bool isResumed : {false, true}) {
    std::vector<double> mine, theirs;
    for (int64_t round = 0; round < ROUNDS; ++round) {
      mine.push_back(perSecond(ours, isResumed, count));
      theirs.push_back(perSecond(bare, isResumed, count));
    }
    printf("%s %.0f %.0f\n", isResumed ? "resumed" : "full", median(mine), median(theirs));
  }
}
