#include "shared/link/renew.h"
#include "capnp/renew.capnp.h"
#include "shared/link/replies.h"
#include <capnp/serialize.h>
#include <kj/debug.h>

namespace skerry {

namespace {

RefusedQuestion malformed(std::string_view what) {
  return {"request-malformed", "the request is not understood: " + std::string(what) +
          ". The versions of child and parent may not fit; compare `version` on both"};
}

std::variant<RenewAsked, RefusedQuestion> readRequest(Frame& frame, const Hash& proven) {
  auto request = frame.getRoot<schema::RenewRequest>();
  RenewAsked asked;
  asked.version = text(request.getVersion());
  asked.deviceKey = keyOfRequest(request.getDeviceRequest());
  if (asked.deviceKey == nullptr) return malformed("no good request for the device's certificate");
  if (keyHash(*asked.deviceKey) != proven) return malformed("it is for another device's key");
  if (request.getCaRequest().size() > 0) {
    asked.caKey = keyOfRequest(request.getCaRequest());
    if (asked.caKey == nullptr) return malformed("no good request for the issuing certificate");
  }
  return kj::mv(asked);
}

RenewAnswer judge(RenewDesk& desk, Frame& frame, const Hash& proven, int64_t untilMs) {
  std::variant<RenewAsked, RefusedQuestion> asked = malformed("its inside is damaged");
  kj::runCatchingExceptions([&] { asked = readRequest(frame, proven); });
  if (auto refused = std::get_if<RefusedQuestion>(&asked)) return *refused;
  std::get<RenewAsked>(asked).untilMs = untilMs;
  RenewAnswer answer = RefusedQuestion{
      "try-again", "the parent could not issue just now. Nothing needs to be done here; if it "
      "stays so, look at `doctor` there"};
  kj::runCatchingExceptions([&] { answer = desk.renew(kj::mv(std::get<RenewAsked>(asked))); });
  return answer;
}

OwnMessage writeReply(const RenewAnswer& answer) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto reply = message->initRoot<schema::RenewReply>();
  if (auto refused = std::get_if<RefusedQuestion>(&answer)) {
    auto to = reply.initRefused();
    to.setReason(refused->reason.c_str());
    to.setText(refused->text.c_str());
    return message;
  }
  auto& from = std::get<Renewed>(answer);
  auto to = reply.initAccepted();
  auto chain = to.initChain(from.chain.size());
  for (size_t i = 0; i < from.chain.size(); i++) chain.set(i, view(der(*from.chain[i])));
  if (from.ca != nullptr) to.setCa(view(der(*from.ca)));
  to.setWallMs(from.wallMs);
  return message;
}

// The child's end -------------------------------------------------------------------------------

Renewed readAccepted(schema::RenewReply::Accepted::Reader from, const ExpectedRenewed& expected) {
  Renewed got;
  std::vector<X509*> chain;
  for (auto certificate : from.getChain()) {
    got.chain.push_back(certificateFromDer(certificate));
    KJ_REQUIRE(got.chain.back() != nullptr, "the parent sent a certificate that cannot be read");
    chain.push_back(got.chain.back().get());
  }
  auto verdict = judgeChain(JoinerPolicy(keyHash(*expected.root)), Door::RENEW, End::DIALLER, chain,
                            expected.root.get());
  KJ_REQUIRE(verdict.accepted(), "the parent sent certificates that do not lead to our root",
             verdict.reason.c_str());
  KJ_REQUIRE(chain.size() < CHAIN_CERTIFICATES_MAX, "the parent sent too many certificates");
  KJ_REQUIRE(keyHash(*chain[0]) == expected.device && commonName(*chain[0]) == expected.name,
             "the parent sent another device's certificate", commonName(*chain[0]).c_str());
  if (expected.ca) {
    got.ca = certificateFromDer(from.getCa());
    KJ_REQUIRE(got.ca != nullptr && keyHash(*got.ca) == *expected.ca,
               "the parent sent no issuing certificate for our key");
  }
  got.wallMs = from.getWallMs();
  return got;
}

}  // namespace

RenewAnswer readRenewReply(Frame& frame, const ExpectedRenewed& expected) {
  auto reply = frame.getRoot<schema::RenewReply>();
  switch (reply.which()) {
    case schema::RenewReply::ACCEPTED: return readAccepted(reply.getAccepted(), expected);
    case schema::RenewReply::REFUSED: {
      auto refused = reply.getRefused();
      return RefusedQuestion{text(refused.getReason()), text(refused.getText())};
    }
    default: break;
  }
  KJ_FAIL_REQUIRE("the parent's answer is of a newer version; install that version here");
}

kj::Promise<void> serveRenew(Secured peer, RenewDesk& desk, kj::Timer& timer) {
  auto proven = peer.peer.key.value();  // no handshake at this door ends without one
  auto untilMs = peer.peer.untilMs;
  return serveQuestion(kj::mv(peer.stream), [&desk, proven, untilMs](Frame& frame)
      -> kj::Promise<OwnMessage> {
    return writeReply(judge(desk, frame, proven, untilMs));
  }, timer);
}

RefusedQuestion endedPerson() {
  return {std::string(TOLD_EXPIRED), "a person's certificate that has ended is not renewed; ask an "
          "administrator: skerry user reset NAME --out FILE"};
}

RefusedQuestion unknownDevice(std::string_view kind) {
  return {"device-unknown", "no " + std::string(kind) + " joined here with this device's key. If "
          "it should: make a token (skerry token create " + std::string(kind) + " NAME), then on "
          "the machine leave and join with it"};
}

RefusedQuestion revokedDevice(std::string_view program) {
  return {std::string(TOLD_REVOKED), "this device's key was revoked, and no token brings it back. "
          "Erase it: " + std::string(program) + " leave --wipe; then join again with the token"};
}

RefusedQuestion issuerExpired() {
  return {"issuer-expired", "the parent's own issuing certificate has ended, and it cannot reach "
          "its parent for the next one. Nothing needs to be done here"};
}

kj::Promise<RenewAnswer> renew(Host& host, const Transport& transport, Renewer who,
                               kj::Function<bool(const std::string&)> isParent) {
  auto& self = who.self;
  ExpectedRenewed expected{share(*self.root), keyHash(*self.key), commonName(*self.chain[0]),
                           std::nullopt};
  capnp::MallocMessageBuilder message;
  auto request = message.initRoot<schema::RenewRequest>();
  request.setDeviceRequest(view(makeRequest(*self.key)));
  if (who.caKey != nullptr) {
    expected.ca = keyHash(*who.caKey);
    request.setCaRequest(view(makeRequest(*who.caKey)));
  }
  request.setVersion(SKERRY_VERSION);
  auto handshaker = transport.newHandshaker(host, who.policy, self);
  auto asking = askEach(host, *handshaker, Door::RENEW, std::move(who.parents),
                        capnp::messageToFlatArray(message), "It is tried again by itself");
  return asking.then([expected = kj::mv(expected), isParent = kj::mv(isParent)](
      Answered&& answered) mutable {
    KJ_REQUIRE(isParent(answered.peer.name), "who answered at this address is not our parent",
               answered.peer.name.c_str());
    return readRenewReply(*answered.frame, expected);
  }).attach(kj::mv(handshaker));
}

}  // namespace skerry
