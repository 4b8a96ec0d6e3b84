#include "shared/link/rpc_ledger.h"
#include <kj/debug.h>
#include <kj/vector.h>

namespace skerry {

namespace rpc = capnp::rpc;

namespace {

// 0.9.2 casts the value it received and later indexes a table of four names with it.
void checkException(rpc::Exception::Reader exception) {
  auto type = static_cast<uint16_t>(exception.getType());
  KJ_REQUIRE(type <= static_cast<uint16_t>(rpc::Exception::Type::UNIMPLEMENTED),
             "peer sent an unknown exception type", type);
}

kj::Maybe<uint32_t> exportedId(rpc::CapDescriptor::Reader cap) {
  if (cap.isSenderHosted()) return cap.getSenderHosted();
  if (cap.isSenderPromise()) return cap.getSenderPromise();
  return nullptr;
}

}  // namespace

void RpcLedger::received(rpc::Message::Reader message) {
  switch (message.which()) {
    case rpc::Message::ABORT:
      return checkException(message.getAbort());
    case rpc::Message::BOOTSTRAP:
      return open(message.getBootstrap().getQuestionId());
    case rpc::Message::CALL: {
      auto call = message.getCall();
      KJ_REQUIRE(!call.getSendResultsTo().isThirdParty(), "peer asked for a third party");
      checkCaps(call.getParams().getCapTable());
      return open(call.getQuestionId());
    }
    case rpc::Message::RETURN:
      return returned(message.getReturn());
    case rpc::Message::FINISH:
      return finish(message.getFinish());
    case rpc::Message::RESOLVE:
      if (message.getResolve().isException()) checkException(message.getResolve().getException());
      return;
    case rpc::Message::RELEASE:
      return release(message.getRelease().getId(), message.getRelease().getReferenceCount());
    case rpc::Message::DISEMBARGO: {
      auto context = message.getDisembargo().getContext();
      KJ_REQUIRE(context.isSenderLoopback() || context.isReceiverLoopback(),
                 "peer sent a three-party disembargo");
      return;
    }
    case rpc::Message::UNIMPLEMENTED: {
      // The RPC system takes an echoed Resolve as a Release of what it offered.
      auto echo = message.getUnimplemented();
      if (!echo.isResolve() || !echo.getResolve().isCap()) return;
      KJ_IF_MAYBE(id, exportedId(echo.getResolve().getCap())) release(*id, 1);
      return;
    }
    default:
      KJ_FAIL_REQUIRE("peer sent a message outside two-party RPC", (uint16_t)message.which());
  }
}

void RpcLedger::sent(rpc::Message::Reader message) {
  switch (message.which()) {
    case rpc::Message::CALL: {
      auto ids = exportAll(message.getCall().getParams().getCapTable());
      if (ids.size() > 0) {
        questionExports.upsert(message.getCall().getQuestionId(), kj::mv(ids),
                               [](Ids& old, Ids&& fresh) { old = kj::mv(fresh); });
      }
      return;
    }
    case rpc::Message::RETURN: {
      auto result = message.getReturn();
      KJ_IF_MAYBE(answer, answers.find(result.getAnswerId())) {
        if (result.isResults()) answer->exports = exportAll(result.getResults().getCapTable());
        answer->returned = true;
        if (answer->finished) close(result.getAnswerId(), *answer);
      }
      return;
    }
    case rpc::Message::RESOLVE:
      if (message.getResolve().isCap()) {
        KJ_IF_MAYBE(id, exportedId(message.getResolve().getCap())) {
          exports.upsert(*id, 1, [](uint64_t& count, uint64_t) { count++; });
        }
      }
      return;
    default:
      return;
  }
}

void RpcLedger::open(uint32_t question) {
  KJ_REQUIRE(answers.size() < limits.questionsMax, "peer has too many unfinished questions");
  KJ_REQUIRE(answers.find(question) == nullptr, "peer reused an open question", question);
  answers.insert(question, Answer());
}

void RpcLedger::finish(rpc::Finish::Reader finish) {
  auto& answer = KJ_REQUIRE_NONNULL(answers.find(finish.getQuestionId()),
                                    "peer finished a question it never asked");
  KJ_REQUIRE(!answer.finished, "peer finished a question twice");
  answer.finished = true;
  answer.releasesCaps = finish.getReleaseResultCaps();
  if (answer.returned) close(finish.getQuestionId(), answer);
}

void RpcLedger::returned(rpc::Return::Reader result) {
  if (result.isException()) checkException(result.getException());
  if (result.isResults()) checkCaps(result.getResults().getCapTable());
  KJ_IF_MAYBE(ids, questionExports.find(result.getAnswerId())) {
    if (result.getReleaseParamCaps()) {
      for (auto id: *ids) release(id, 1);
    }
    questionExports.erase(result.getAnswerId());
  }
}

void RpcLedger::close(uint32_t question, Answer& answer) {
  if (answer.releasesCaps) {
    for (auto id: answer.exports) release(id, 1);
  }
  answers.erase(question);
}

void RpcLedger::release(uint32_t id, uint64_t count) {
  auto& references = KJ_REQUIRE_NONNULL(exports.find(id), "peer released what it does not hold");
  KJ_REQUIRE(references >= count, "peer released more than it holds");
  references -= count;
  if (references == 0) exports.erase(id);
}

RpcLedger::Ids RpcLedger::exportAll(capnp::List<rpc::CapDescriptor>::Reader caps) {
  kj::Vector<uint32_t> ids;
  for (auto cap: caps) {
    KJ_IF_MAYBE(id, exportedId(cap)) {
      exports.upsert(*id, 1, [](uint64_t& count, uint64_t) { count++; });
      ids.add(*id);
    }
  }
  KJ_REQUIRE(exports.size() <= limits.exportsMax, "peer holds too many of our capabilities");
  return ids.releaseAsArray();
}

void RpcLedger::checkCaps(capnp::List<rpc::CapDescriptor>::Reader caps) const {
  KJ_REQUIRE(caps.size() <= limits.capsPerFrameMax, "peer sent too many capabilities at once");
}

}  // namespace skerry
