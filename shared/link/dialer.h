// Keeps one connection to a parent, for ever: dials its addresses in turn, hands over each stream
// that shook hands, and dials again when it ended.
//
//   WAITING --time or kick()--> CONNECTING --handshake--> GREETING --answered()--> CONNECTED
//      ^                            |                        |                        |
//      +---- back-off grows --------+---- grows -------------+          back-off resets
//
// Delays are drawn from U(0, min(DIAL_BACKOFF_CAP, DIAL_BACKOFF_BASE * 2^n)) (full jitter), n being
// the rounds through all addresses since a session last was *answered*: a parent that accepts and
// then fails must not be dialled without pause. `busy, retry after` is honoured, with jitter.
#pragma once
#include "shared/async/task.h"
#include "shared/link/handshaker.h"
#include "shared/link/link_limits.h"
#include <kj/function.h>

namespace skerry {

class Dialer final {
public:
  enum class Phase : uint8_t { WAITING, CONNECTING, GREETING, CONNECTED };
  struct State {
    Phase phase = Phase::WAITING;
    std::string address;       // in use, or tried last
    int64_t sinceMs = 0;       // when this phase began, by host.clock's wall
    int64_t nextAttemptMs = 0; // while WAITING, by the same clock
    std::string lastError;     // why the last attempt or session ended; empty: none did
    uint64_t attempts = 0;
    unsigned failures = 0;     // since a session was last answered
  };
  // Uses the stream until its promise resolves with why the session ended, or fails. Dropping the
  // promise ends the session. Called at the SESSION door only.
  using Use = kj::Function<kj::Promise<kj::String>(Secured)>;

  // `host` outlives the dialer; `handshaker` does too, or until another is used.
  Dialer(Host& host, Handshaker& handshaker, std::vector<std::string> addresses, Use use);
  ~Dialer() noexcept(false);

  // Called with why, each time that an attempt or a session ended, before the next is thought of.
  void whenEnded(kj::Function<void(const std::string& reason)> hear) { ended = kj::mv(hear); }
  // The session in use was answered: from `use`, once per session.
  void answered();
  // Something changed (a link came up): the next attempt is made at once.
  void kick();
  // Both hold from the next attempt on; a session in use stays.
  void use(Handshaker& renewed) {
    handshaker = &renewed;
    tickets->ticket = nullptr;  // it speaks for the certificate it was got with
  }
  void dial(std::vector<std::string> addresses);

  const State& state() const { return current; }

private:
  Task<void> dialForEver();
  kj::Promise<kj::String> attempt(const std::string& address);
  void enter(Phase phase);
  kj::Duration delay(kj::Maybe<kj::Duration> askedFor);
  kj::Duration upTo(kj::Duration bound);

  Host& host;
  Handshaker* handshaker;
  std::vector<std::string> addresses;
  Use useStream;
  kj::Maybe<kj::Function<void(const std::string&)>> ended;
  kj::Own<TicketJar> tickets = kj::refcounted<TicketJar>();
  State current;
  bool wasKicked = false;
  kj::Own<kj::PromiseFulfiller<void>> wake;
  kj::Promise<void> dialling = nullptr;
};

}  // namespace skerry
