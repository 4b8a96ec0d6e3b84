// A KJ byte stream over TLS 1.3. Made by TlsContext (tls_context.h), with the handshake done.
//
//   kj::AsyncIoStream (TCP, pipe, tunnel)  <-ciphertext->  TlsStream  <-plaintext->  the user
//
// OpenSSL never sees the socket: it reads and writes buffers of ours, so every call into it is
// synchronous and all waiting is KJ's. Whoever waits may be dropped at any time: the transfer of
// ciphertext belongs to the stream, not to the waiter, because losing a piece of a record would
// make everything after it unreadable. A dropped read loses the plaintext it had already put into
// the caller's buffer, a dropped write leaves a truncated message, as with KJ's own sockets.
#pragma once
#include "shared/async/task.h"
#include "shared/link/handshaker.h"
#include "shared/link/ticket_book.h"
#include <kj/vector.h>
#include <memory>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;
typedef struct x509_store_ctx_st X509_STORE_CTX;

namespace skerry {

struct FreeSsl { void operator()(SSL* ssl) const; };

class TlsStream final : public kj::AsyncIoStream, private kj::TaskSet::ErrorHandler {
public:
  ~TlsStream() noexcept(false);
  const PeerIdentity& peer() const { return identity; }

  kj::Promise<size_t> tryRead(void* buffer, size_t minBytes, size_t maxBytes) override;
  kj::Promise<void> write(const void* buffer, size_t size) override;
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override;
  kj::Promise<void> whenWriteDisconnected() override { return inner->whenWriteDisconnected(); }
  // Half-close: the peer reads end-of-file, we may go on reading.
  void shutdownWrite() override;
  void abortRead() override { inner->abortRead(); }
  void getsockopt(int level, int option, void* value, kj::uint* length) override;
  void setsockopt(int level, int option, const void* value, kj::uint length) override;
  void getsockname(struct sockaddr* addr, kj::uint* length) override;
  void getpeername(struct sockaddr* addr, kj::uint* length) override;
  // No getFd(): a raw write beside the record layer would destroy the stream.

private:
  friend class TlsContext;
  enum class Step { DONE, NEED_INPUT, CLOSED, FAILED };

  // `root` is null for a joiner.
  TlsStream(kj::Own<kj::AsyncIoStream> inner, SSL_CTX* context, End us, const PeerPolicy& policy,
            OwnCert root, kj::Own<TicketBook> tickets);

  // Handshake: tls_handshake.cpp
  Task<void> handshake();
  Task<void> sendAlertAndLinger();
  void admit();
  void admit(const Leaf& peer);
  static int verifyChain(X509_STORE_CTX* store, void*);
  static int chooseDoor(SSL* ssl, int* alert, void*);
  static int issueTicket(SSL* ssl, SSL_SESSION* session);
  static SSL_SESSION* findTicket(SSL* ssl, const kj::byte* id, int size, int* isBorrowed);
  static int keepTicket(SSL* ssl, SSL_SESSION* ticket);

  // Data: tls_stream.cpp
  // `done` bytes are there already.
  kj::Promise<size_t> readPlain(kj::byte* to, size_t done, size_t minBytes, size_t maxBytes);
  Task<void> writeOne(kj::ArrayPtr<const kj::byte> data);
  Task<void> writePieces(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces);
  void encrypt(kj::ArrayPtr<const kj::byte> plain);
  Step classify(int result);
  kj::Exception failure() const;
  void requireMore();
  kj::Promise<void> fill();
  kj::Promise<void> flush();
  void startFlush();
  Task<void> drain();
  void taskFailed(kj::Exception&& reason) override;

  static int bioRead(BIO* bio, char* to, int size);
  static int bioWrite(BIO* bio, const char* from, int size);
  static long bioCtrl(BIO* bio, int command, long, void*);
  static BIO_METHOD* bioMethod();
  static TlsStream& of(const SSL* ssl);

  kj::Own<kj::AsyncIoStream> inner;
  End us;
  const PeerPolicy& policy;
  OwnCert root;
  std::unique_ptr<SSL, FreeSsl> ssl;
  PeerIdentity identity;
  kj::Own<Leaf> leaf;           // of the peer, until it is admitted
  kj::Own<TicketBook> tickets;  // a listener's
  kj::Maybe<kj::Own<TicketJar>> jar;
  kj::String lastError;

  kj::Array<kj::byte> incoming;  // ciphertext not yet taken by OpenSSL: [incomingAt, incomingEnd)
  size_t incomingAt = 0, incomingEnd = 0, lastFill = 0;
  bool incomingEof = false, filling = false;
  kj::Vector<kj::byte> outgoing;  // ciphertext not yet handed to `inner`
  kj::Array<kj::byte> sending;    // ciphertext `inner` is writing
  bool flushing = false, writeClosed = false;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> flushed;  // who waits for that
  kj::Own<kj::Exception> writeFailure;  // since then nothing is written

  // Last, so that the transfers are cancelled before the buffers they use go away. An idle stream
  // has one promise, for what comes next: a finished one that is kept costs half a kilobyte.
  kj::ForkedPromise<void> fillTask = nullptr;
  kj::TaskSet tasks{*this};
};

}  // namespace skerry
