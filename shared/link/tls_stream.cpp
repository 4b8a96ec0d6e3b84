#include "shared/link/tls_stream.h"
#include "shared/link/link_limits.h"
#include "shared/pki/openssl_errors.h"
#include <kj/debug.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <cstring>

namespace skerry {

void FreeSsl::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsStream::TlsStream(kj::Own<kj::AsyncIoStream> innerParam, SSL_CTX* context, End us,
                     const PeerPolicy& policy, OwnCert rootParam,
                     kj::Own<TicketBook> ticketsParam)
    : inner(kj::mv(innerParam)), us(us), policy(policy), root(std::move(rootParam)),
      ssl(SSL_new(context)), tickets(kj::mv(ticketsParam)) {
  KJ_REQUIRE(ssl != nullptr, opensslErrors());
  SSL_set_ex_data(ssl.get(), 0, this);
  auto bio = BIO_new(bioMethod());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  if (us == End::LISTENER) SSL_set_accept_state(ssl.get());
  else SSL_set_connect_state(ssl.get());
}

// Without this mark OpenSSL calls a connection that was cut a bad session, and its ticket dead:
// but being cut is just when the dialler wants to resume.
TlsStream::~TlsStream() noexcept(false) {
  SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

// Between OpenSSL and our buffers --------------------------------------------------------------

TlsStream& TlsStream::of(const SSL* ssl) {
  return *static_cast<TlsStream*>(SSL_get_ex_data(ssl, 0));
}

// Not BIO_s_mem: that one never gives memory back, and would copy once more.
BIO_METHOD* TlsStream::bioMethod() {
  static BIO_METHOD* const method = [] {
    auto made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "skerry buffers");
    BIO_meth_set_read(made, bioRead);
    BIO_meth_set_write(made, bioWrite);
    BIO_meth_set_ctrl(made, bioCtrl);
    return made;
  }();
  return method;
}

int TlsStream::bioRead(BIO* bio, char* to, int size) {
  auto& self = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  // Of an end without goodbye OpenSSL hears nothing: it would give up the ticket as well, just when
  // the dialler wants to resume. See requireMore().
  if (self.incomingAt == self.incomingEnd) {
    BIO_set_retry_read(bio);
    return -1;
  }
  size_t count = kj::min<size_t>(size, self.incomingEnd - self.incomingAt);
  memcpy(to, self.incoming.begin() + self.incomingAt, count);
  self.incomingAt += count;
  return count;
}

int TlsStream::bioWrite(BIO* bio, const char* from, int size) {
  auto& self = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  auto bytes = reinterpret_cast<const kj::byte*>(from);
  self.outgoing.addAll(bytes, bytes + size);
  return size;
}

long TlsStream::bioCtrl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH; }

// What the peer's alert says of our certificate; empty for any other.
static std::string_view toldBy(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return "";
  if (ERR_GET_REASON(error) == SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED) return TOLD_EXPIRED;
  if (ERR_GET_REASON(error) == SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED) return TOLD_REVOKED;
  return "";
}

// The reason is taken out of OpenSSL's error queue at once: the queue belongs to the thread, and a
// leftover would be read as the failure of whichever connection comes next.
TlsStream::Step TlsStream::classify(int result) {
  if (result > 0) return Step::DONE;
  switch (SSL_get_error(ssl.get(), result)) {
    case SSL_ERROR_WANT_READ: return Step::NEED_INPUT;
    case SSL_ERROR_ZERO_RETURN: return Step::CLOSED;
    default: break;
  }
  auto refusal = kj::mv(lastError);  // verifyChain()'s, or how the socket ended
  auto told = toldBy(ERR_peek_last_error());
  lastError = opensslErrors();
  if (told.size() > 0) lastError = kj::str(std::string(told).c_str(), ": ", lastError);
  if (refusal.size() > 0) lastError = kj::str(refusal, "; ", lastError);
  return Step::FAILED;
}

// There is no more to come: the peer went without a goodbye.
void TlsStream::requireMore() {
  if (!incomingEof) return;
  lastError = kj::str("cut short", lastError.size() > 0 ? "; " : "", lastError);
  kj::throwFatalException(failure());
}

kj::Exception TlsStream::failure() const {
  return KJ_EXCEPTION(DISCONNECTED, "TLS failed", lastError);
}

// The read belongs to the stream: a reader that gives up must not take ciphertext with it.
kj::Promise<void> TlsStream::fill() {
  if (!filling) {
    filling = true;
    size_t size = lastFill < FILL_SMALL_BYTES ? FILL_IDLE_BYTES : incoming.size();
    if (lastFill == incoming.size() && lastFill > 0) {
      size = kj::min(FILL_BUSY_BYTES, FILL_GROWTH * incoming.size());
    }
    if (incoming.size() != size) incoming = kj::heapArray<kj::byte>(size);
    incomingAt = incomingEnd = 0;
    // evalNow, because KJ's sockets throw a reset here instead of returning a broken promise.
    auto read = kj::evalNow([this] {
      return inner->tryRead(incoming.begin(), 1, incoming.size());
    });
    fillTask = read.then([this](size_t count) {
      incomingEnd = lastFill = count;
      incomingEof = count == 0;
      filling = false;
    }, [this](kj::Exception&& e) {
      // A reset is an end like any other that came without the peer's goodbye.
      incomingEof = true;
      filling = false;
      lastError = kj::str(e.getDescription());
    }).fork();
  }
  return fillTask.addBranch();
}

// As with fill(): a writer that gives up leaves whole records behind it. After a failure every
// later writer gets the same exception.
kj::Promise<void> TlsStream::flush() {
  if (writeFailure.get() != nullptr) return kj::cp(*writeFailure);
  startFlush();
  if (!flushing) return kj::READY_NOW;
  auto pair = kj::newPromiseAndFulfiller<void>();
  flushed.add(kj::mv(pair.fulfiller));
  return kj::mv(pair.promise);
}

void TlsStream::startFlush() {
  if (flushing || outgoing.size() == 0 || writeFailure.get() != nullptr) return;
  flushing = true;
  tasks.add(drain());
}

Task<void> TlsStream::drain() {
  while (outgoing.size() > 0) {
    sending = outgoing.releaseAsArray();
    auto written = inner->write(sending.begin(), sending.size());
    co_await written;
    sending = nullptr;
  }
  flushing = false;
  for (auto& waiting : flushed) waiting->fulfill();
  flushed = {};
}

void TlsStream::taskFailed(kj::Exception&& reason) {
  flushing = false;
  for (auto& waiting : flushed) waiting->reject(kj::cp(reason));
  flushed = {};
  writeFailure = kj::heap(kj::mv(reason));
}

// Data -----------------------------------------------------------------------------------------

kj::Promise<size_t> TlsStream::tryRead(void* buffer, size_t minBytes, size_t maxBytes) {
  auto to = static_cast<kj::byte*>(buffer);
  return kj::evalNow([&] { return readPlain(to, 0, minBytes, maxBytes); });
}

// Not a coroutine: this is where thousands of idle connections wait.
kj::Promise<size_t> TlsStream::readPlain(kj::byte* to, size_t done, size_t minBytes,
                                         size_t maxBytes) {
  while (done < minBytes) {
    size_t count = 0;
    ERR_clear_error();
    auto step = classify(SSL_read_ex(ssl.get(), to + done, maxBytes - done, &count));
    done += count;
    // Reading may produce output (a key update to acknowledge, an alert): nobody else sends it.
    startFlush();
    if (step == Step::CLOSED) break;
    if (step == Step::FAILED) kj::throwFatalException(failure());
    if (step == Step::NEED_INPUT) {
      requireMore();
      return fill().then([this, to, done, minBytes, maxBytes] {
        return readPlain(to, done, minBytes, maxBytes);
      });
    }
  }
  return done;
}

kj::Promise<void> TlsStream::write(const void* buffer, size_t size) {
  return writeOne(kj::arrayPtr(static_cast<const kj::byte*>(buffer), size));
}

kj::Promise<void> TlsStream::write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) {
  return writePieces(pieces);
}

Task<void> TlsStream::writeOne(kj::ArrayPtr<const kj::byte> data) {
  auto written = writePieces(kj::arrayPtr(&data, 1));
  co_await written;
}

// Small pieces share a record: a message is then one record, one packet, one read at the peer.
Task<void> TlsStream::writePieces(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) {
  KJ_REQUIRE(!writeClosed, "write after shutdownWrite()");
  static thread_local kj::byte record[RECORD_BYTES_MAX];  // never in use across a wait
  size_t piece = 0, at = 0;
  while (piece < pieces.size()) {
    while (piece < pieces.size() && outgoing.size() < OUTGOING_BYTES_MAX) {
      size_t filled = 0;
      while (piece < pieces.size() && filled < RECORD_BYTES_MAX) {
        auto rest = pieces[piece].slice(at, pieces[piece].size());
        size_t count = kj::min(rest.size(), RECORD_BYTES_MAX - filled);
        if (count > 0) memcpy(record + filled, rest.begin(), count);
        filled += count;
        at += count;
        if (count == rest.size()) piece++, at = 0;
      }
      if (filled > 0) encrypt(kj::arrayPtr(record, filled));
    }
    auto sent = flush();
    co_await sent;
  }
}

void TlsStream::encrypt(kj::ArrayPtr<const kj::byte> plain) {
  size_t count;
  ERR_clear_error();
  auto step = classify(SSL_write_ex(ssl.get(), plain.begin(), plain.size(), &count));
  if (step != Step::DONE) kj::throwFatalException(failure());
}

void TlsStream::shutdownWrite() {
  KJ_REQUIRE(!writeClosed, "shutdownWrite() twice");
  writeClosed = true;
  ERR_clear_error();
  SSL_shutdown(ssl.get());
  // A peer that is gone already cannot be told.
  tasks.add(flush().then([this] { inner->shutdownWrite(); }).catch_([](kj::Exception&&) {}));
}

void TlsStream::getsockopt(int level, int option, void* value, kj::uint* length) {
  inner->getsockopt(level, option, value, length);
}
void TlsStream::setsockopt(int level, int option, const void* value, kj::uint length) {
  inner->setsockopt(level, option, value, length);
}
void TlsStream::getsockname(struct sockaddr* addr, kj::uint* length) {
  inner->getsockname(addr, length);
}
void TlsStream::getpeername(struct sockaddr* addr, kj::uint* length) {
  inner->getpeername(addr, length);
}

}  // namespace skerry
