#include "shared/link/enroll.h"
#include "capnp/enroll.capnp.h"
#include "shared/link/replies.h"
#include "shared/link/socket.h"
#include <capnp/serialize.h>
#include <kj/debug.h>

namespace skerry {

namespace {

using Message = capnp::MallocMessageBuilder;

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

kj::Promise<EnrollAnswer> judge(EnrollDesk& desk, Frame& frame, const std::string& address) {
  std::variant<EnrollAsked, EnrollRefused> asked = malformed("its inside is damaged");
  kj::runCatchingExceptions([&] { asked = readRequest(frame); });
  if (auto refused = std::get_if<EnrollRefused>(&asked)) return EnrollAnswer(*refused);
  std::get<EnrollAsked>(asked).address = address;
  return kj::evalNow([&] { return desk.enroll(kj::mv(std::get<EnrollAsked>(asked))); })
      .catch_([](kj::Exception&&) -> EnrollAnswer {
    return EnrollRefused{"try-again", "the parent could not record the answer just now. Try again; "
                         "if it stays so, look at `doctor` there"};
  });
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

Enrolled readAccepted(schema::EnrollReply::Accepted::Reader from,
                      const ExpectedEnrolled& expected) {
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

}  // namespace

EnrollAnswer readEnrollReply(Frame& frame, const ExpectedEnrolled& expected) {
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

bool mayComeLater(const EnrollRefused& refused) {
  return refused.reason == "pending" || refused.reason == "try-again" ||
         refused.reason == "site-not-here";
}

kj::Promise<void> serveEnroll(kj::Own<kj::AsyncIoStream> stream, EnrollDesk& desk,
                              kj::Timer& timer) {
  auto address = peerAddress(*stream);
  return serveQuestion(kj::mv(stream), [&desk, address](Frame& frame) {
    return judge(desk, frame, address).then([](EnrollAnswer&& answer) {
      return writeReply(answer);
    });
  }, timer);
}

kj::Promise<EnrollAnswer> enroll(Host& host, const Transport& transport, Token token,
                                 const Joiner& joiner) {
  ExpectedEnrolled expected{token.rootKey, keyHash(joiner.deviceKey), std::nullopt};
  if (joiner.caKey != nullptr) expected.ca = keyHash(*joiner.caKey);
  auto policy = kj::heap<JoinerPolicy>(token.rootKey);
  auto handshaker = transport.newHandshaker(host, *policy, Identity());
  auto asking = askEach(host, *handshaker, Door::ENROLL, token.addresses,
                        writeRequest(token, joiner),
                        "Check that this machine reaches one of these addresses, and that the "
                        "token is of this fleet; then join again");
  return asking.then([expected](Answered&& answered) {
    auto answer = readEnrollReply(*answered.frame, expected);
    if (auto enrolled = std::get_if<Enrolled>(&answer)) {
      enrolled->parentKey = answered.peer.key.value_or(Hash());
    }
    return answer;
  }).attach(kj::mv(handshaker), kj::mv(policy));
}

}  // namespace skerry
