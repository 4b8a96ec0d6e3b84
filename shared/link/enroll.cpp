#include "shared/link/enroll.h"
#include "capnp/enroll.capnp.h"
#include "shared/async/task.h"
#include "shared/link/frame.h"
#include "shared/link/link_limits.h"
#include "shared/link/socket.h"
#include <capnp/serialize-async.h>
#include <capnp/serialize.h>
#include <kj/debug.h>

namespace skerry {

namespace {

using Message = capnp::MallocMessageBuilder;

kj::Promise<void> send(kj::AsyncIoStream& stream, kj::Own<Message> message) {
  auto written = capnp::writeMessage(stream, *message);
  return written.attach(kj::mv(message));
}

EnrollRefused malformed(std::string_view what) {
  return {"request-malformed", "the request is not understood: " + std::string(what) +
          ". The versions of joiner and parent may not fit; compare `version` on both"};
}

std::variant<EnrollAsked, EnrollRefused> readRequest(Frame& frame) {
  auto request = frame.getRoot<schema::EnrollRequest>();
  EnrollAsked asked;
  asked.token = text(request.getToken());
  asked.secret = copy(request.getSecret());
  asked.documentKey = copy(request.getDocumentKey());
  asked.host = text(request.getHost());
  asked.version = text(request.getVersion());
  asked.deviceKey = keyOfRequest(request.getDeviceRequest());
  if (asked.deviceKey == nullptr) return malformed("no good request for the device's certificate");
  if (request.hasCaRequest() && request.getCaRequest().size() > 0) {
    asked.caKey = keyOfRequest(request.getCaRequest());
    if (asked.caKey == nullptr) return malformed("no good request for the issuing certificate");
  }
  if (asked.documentKey.size() != 0 && asked.documentKey.size() != PUBLIC_KEY_BYTES) {
    return malformed("the document key is no Ed25519 key");
  }
  return kj::mv(asked);
}

kj::Own<Message> writeReply(const EnrollAnswer& answer) {
  auto message = kj::heap<Message>();
  auto reply = message->initRoot<schema::EnrollReply>();
  if (auto refused = std::get_if<EnrollRefused>(&answer)) {
    auto to = reply.initRefused();
    to.setReason(refused->reason.c_str());
    to.setText(refused->text.c_str());
    return message;
  }
  auto& from = std::get<Enrolled>(answer);
  auto to = reply.initAccepted();
  auto chain = to.initChain(from.chain.size());
  for (size_t i = 0; i < from.chain.size(); i++) chain.set(i, view(der(*from.chain[i])));
  to.setRoot(view(der(*from.root)));
  if (from.ca != nullptr) to.setCa(view(der(*from.ca)));
  to.setWriter(from.writer);
  to.setWallMs(from.wallMs);
  to.setAuthority(view(from.authority));
  to.setName(from.name.c_str());
  return message;
}

kj::Promise<EnrollAnswer> judge(EnrollDesk& desk, Frame& frame) {
  std::variant<EnrollAsked, EnrollRefused> asked = malformed("its inside is damaged");
  kj::runCatchingExceptions([&] { asked = readRequest(frame); });
  if (auto refused = std::get_if<EnrollRefused>(&asked)) return EnrollAnswer(*refused);
  return kj::evalNow([&] { return desk.enroll(kj::mv(std::get<EnrollAsked>(asked))); })
      .catch_([](kj::Exception&&) -> EnrollAnswer {
    return EnrollRefused{"try-again", "the parent could not record the answer just now. Try again; "
                         "if it stays so, look at `doctor` there"};
  });
}

Task<void> answerOne(kj::Own<kj::AsyncIoStream> stream, EnrollDesk& desk) {
  auto reading = readFrame(*stream, ENROLL_FRAME_BYTES_MAX);
  auto frame = co_await reading;
  auto judging = judge(desk, *frame);
  auto answer = co_await judging;
  auto sent = send(*stream, writeReply(answer));
  co_await sent;
  stream->shutdownWrite();
  // Closing first would lose the answer of a peer that is still sending. How it then leaves is its
  // own affair.
  kj::byte rest[64];
  auto end = stream->tryRead(rest, sizeof(rest), sizeof(rest)).ignoreResult()
      .catch_([](kj::Exception&&) {});
  co_await end;
}

// The joiner's end ------------------------------------------------------------------------------

kj::Array<capnp::word> writeRequest(const Token& token, const Joiner& joiner) {
  Message message;
  auto request = message.initRoot<schema::EnrollRequest>();
  request.setToken(token.id.c_str());
  request.setSecret(view(token.secret));
  request.setDeviceRequest(view(makeRequest(joiner.deviceKey)));
  if (joiner.caKey != nullptr) request.setCaRequest(view(makeRequest(*joiner.caKey)));
  request.setDocumentKey(view(joiner.documentKey));
  request.setHost(joiner.host.c_str());
  request.setVersion(joiner.version.c_str());
  return capnp::messageToFlatArray(message);
}

struct Expected {
  Hash root, device;
  std::optional<Hash> ca;
};

Enrolled readAccepted(schema::EnrollReply::Accepted::Reader from, const Expected& expected) {
  Enrolled got;
  std::vector<X509*> chain;
  for (auto certificate : from.getChain()) {
    got.chain.push_back(certificateFromDer(certificate));
    KJ_REQUIRE(got.chain.back() != nullptr, "the parent sent a certificate that cannot be read");
    chain.push_back(got.chain.back().get());
  }
  got.root = certificateFromDer(from.getRoot());
  KJ_REQUIRE(got.root != nullptr && keyHash(*got.root) == expected.root,
             "the parent sent another root than the token names");
  auto verdict = judgeChain(JoinerPolicy(expected.root), Door::ENROLL, End::DIALLER, chain,
                            got.root.get());
  KJ_REQUIRE(verdict.accepted(), "the parent sent certificates that do not lead to its root",
             verdict.reason.c_str());
  KJ_REQUIRE(keyHash(*chain[0]) == expected.device, "the parent sent another device's certificate");
  if (expected.ca) {
    got.ca = certificateFromDer(from.getCa());
    KJ_REQUIRE(got.ca != nullptr && keyHash(*got.ca) == *expected.ca,
               "the parent sent no issuing certificate for our key");
  }
  got.writer = from.getWriter();
  got.wallMs = from.getWallMs();
  got.authority = copy(from.getAuthority());
  got.name = text(from.getName());
  return got;
}

EnrollAnswer readReply(Frame& frame, const Expected& expected) {
  auto reply = frame.getRoot<schema::EnrollReply>();
  switch (reply.which()) {
    case schema::EnrollReply::ACCEPTED: return readAccepted(reply.getAccepted(), expected);
    case schema::EnrollReply::REFUSED: {
      auto refused = reply.getRefused();
      return EnrollRefused{text(refused.getReason()), text(refused.getText())};
    }
    default: break;
  }
  KJ_FAIL_REQUIRE("the parent's answer is of a newer version; install that version here");
}

kj::Promise<kj::Own<Frame>> withDeadline(kj::Promise<kj::Own<Frame>> answer, kj::Timer& timer,
                                         kj::Duration max) {
  return answer.exclusiveJoin(timer.afterDelay(max).then([]() -> kj::Own<Frame> {
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "no answer in time"));
  }));
}

// Borrows everything until it is done. `parentKey` gets the key of who was asked.
Task<kj::Own<Frame>> ask(Host& host, Handshaker& handshaker, kj::StringPtr address,
                         kj::ArrayPtr<const kj::byte> request, Hash& parentKey) {
  auto parsing = host.network.parseAddress(address);
  auto parsed = co_await parsing;
  auto connecting = parsed->connect();
  auto socket = co_await connecting;
  tuneSocket(*socket);
  auto shaking = handshaker.connect(kj::mv(socket), Door::ENROLL);
  auto secured = co_await shaking;
  parentKey = secured.peer.key.value_or(Hash());
  auto sent = secured.stream->write(request.begin(), request.size());
  co_await sent;
  auto reading = readFrame(*secured.stream, ENROLL_FRAME_BYTES_MAX);
  auto frame = co_await reading;
  co_return kj::mv(frame);
}

struct Question {
  Token token;
  Expected expected;
  kj::Array<capnp::word> request;
};

Task<EnrollAnswer> askEach(Host& host, const Transport& transport, kj::Own<Question> question) {
  JoinerPolicy policy(question->token.rootKey);
  auto handshaker = transport.newHandshaker(host, policy, Identity());
  kj::String trouble;
  Hash parentKey;
  for (auto& address : question->token.addresses) {
    kj::Promise<kj::Own<Frame>> asking = ask(host, *handshaker, address.c_str(),
                                                question->request.asBytes(), parentKey);
    auto frame = withDeadline(kj::mv(asking), host.timer, DIAL_CONNECT_MAX + ENROLL_TIME_MAX);
    auto caught = frame.then([](kj::Own<Frame>&& got) -> kj::Maybe<kj::Own<Frame>> {
      return kj::mv(got);
    }, [&](kj::Exception&& e) -> kj::Maybe<kj::Own<Frame>> {
      trouble = kj::str(trouble, trouble.size() > 0 ? "; " : "", address.c_str(), ": ",
                        e.getDescription());
      return nullptr;
    });
    auto answered = co_await caught;
    KJ_IF_MAYBE(f, answered) {
      auto answer = readReply(**f, question->expected);
      if (auto enrolled = std::get_if<Enrolled>(&answer)) enrolled->parentKey = parentKey;
      co_return kj::mv(answer);
    }
  }
  kj::throwFatalException(kj::Exception(
      kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
      kj::str("no parent could be asked (", trouble, "). Check that this machine reaches one of "
              "these addresses, and that the token is of this fleet; then join again")));
}

}  // namespace

kj::Promise<void> serveEnroll(kj::Own<kj::AsyncIoStream> stream, EnrollDesk& desk,
                              kj::Timer& timer) {
  kj::Promise<void> served = answerOne(kj::mv(stream), desk);
  return served.exclusiveJoin(timer.afterDelay(ENROLL_TIME_MAX).then([]() -> void {
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "joiner takes too long over its question"));
  }));
}

kj::Promise<EnrollAnswer> enroll(Host& host, const Transport& transport, Token token,
                                 const Joiner& joiner) {
  auto question = kj::heap<Question>();
  question->expected.root = token.rootKey;
  question->expected.device = keyHash(joiner.deviceKey);
  if (joiner.caKey != nullptr) question->expected.ca = keyHash(*joiner.caKey);
  question->request = writeRequest(token, joiner);
  question->token = kj::mv(token);
  return askEach(host, transport, kj::mv(question));
}

}  // namespace skerry
