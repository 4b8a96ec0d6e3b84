#include "shared/link/question.h"
#include "shared/async/task.h"
#include "shared/link/link_limits.h"
#include "shared/link/socket.h"
#include <capnp/serialize-async.h>
#include <kj/debug.h>

namespace skerry {

namespace {

using AnswerIt = kj::Function<kj::Promise<OwnMessage>(Frame&)>;

Task<void> answerOne(kj::Own<kj::AsyncIoStream> stream, AnswerIt answer) {
  auto reading = readFrame(*stream, ENROLL_FRAME_BYTES_MAX);
  auto frame = co_await reading;
  auto answering = answer(*frame);
  auto message = co_await answering;
  auto sent = capnp::writeMessage(*stream, *message);
  co_await sent;
  stream->shutdownWrite();
  // Closing first would lose the answer of a peer that is still sending. How it then leaves is its
  // own affair.
  kj::byte rest[64];
  auto end = stream->tryRead(rest, sizeof(rest), sizeof(rest)).ignoreResult()
      .catch_([](kj::Exception&&) {});
  co_await end;
}

// What one who asks takes with it.
struct Question {
  Door door;
  std::vector<std::string> addresses;
  kj::Array<capnp::word> words;
  kj::String advice;
};

// Borrows everything until it is done.
Task<Answered> ask(Host& host, Handshaker& handshaker, kj::StringPtr address,
                   const Question& question) {
  auto parsing = host.network.parseAddress(address);
  auto parsed = co_await parsing;
  auto late = host.timer.afterDelay(DIAL_CONNECT_MAX).then([]() -> kj::Own<kj::AsyncIoStream> {
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "no answer to the connection attempt"));
  });
  auto connecting = parsed->connect().exclusiveJoin(kj::mv(late));
  auto socket = co_await connecting;
  tuneSocket(*socket);
  auto shaking = handshaker.connect(kj::mv(socket), question.door);
  auto secured = co_await shaking;
  auto bytes = question.words.asBytes();
  auto sent = secured.stream->write(bytes.begin(), bytes.size());
  co_await sent;
  auto reading = readFrame(*secured.stream, ENROLL_FRAME_BYTES_MAX);
  Answered answered;
  answered.frame = co_await reading;
  answered.peer = kj::mv(secured.peer);
  co_return kj::mv(answered);
}

Task<Answered> askInTurn(Host& host, Handshaker& handshaker, kj::Own<Question> question) {
  kj::String trouble;
  for (auto& address : question->addresses) {
    kj::Promise<Answered> asking = ask(host, handshaker, address.c_str(), *question);
    auto late = host.timer.afterDelay(QUESTION_TIME_MAX).then([]() -> Answered {
      kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "no answer in time"));
    });
    auto caught = asking.exclusiveJoin(kj::mv(late)).then([](Answered&& got)
        -> kj::Maybe<Answered> {
      return kj::mv(got);
    }, [&](kj::Exception&& e) -> kj::Maybe<Answered> {
      trouble = kj::str(trouble, trouble.size() > 0 ? "; " : "", address.c_str(), ": ",
                        e.getDescription());
      return nullptr;
    });
    auto answered = co_await caught;
    KJ_IF_MAYBE(a, answered) co_return kj::mv(*a);
  }
  kj::throwFatalException(kj::Exception(
      kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
      kj::str("no parent could be asked (", trouble, "). ", question->advice)));
}

}  // namespace

kj::Promise<void> serveQuestion(kj::Own<kj::AsyncIoStream> stream, AnswerIt answer,
                                kj::Timer& timer) {
  kj::Promise<void> served = answerOne(kj::mv(stream), kj::mv(answer));
  return served.exclusiveJoin(timer.afterDelay(ENROLL_TIME_MAX).then([]() -> void {
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "peer takes too long over its question"));
  }));
}

kj::Promise<Answered> askEach(Host& host, Handshaker& handshaker, Door door,
                              std::vector<std::string> addresses, kj::Array<capnp::word> question,
                              kj::StringPtr advice) {
  auto asked = kj::heap<Question>();
  asked->door = door;
  asked->addresses = std::move(addresses);
  asked->words = kj::mv(question);
  asked->advice = kj::str(advice);
  return askInTurn(host, handshaker, kj::mv(asked));
}

}  // namespace skerry
