#include "shared/cli/person_renewal.h"
#include "capnp/renew.capnp.h"
#include "shared/async/plainly.h"
#include "shared/cli/cli_limits.h"
#include "shared/crypto/bytes.h"
#include "shared/link/frame.h"
#include "shared/link/link_limits.h"
#include "shared/link/replies.h"
#include "shared/model/time_text.h"
#include "shared/pki/pem.h"
#include <capnp/serialize.h>

namespace skerry {
namespace {

// What the next certificate is; else why there is none.
Task<RenewAnswer> askDoor(kj::Promise<Secured> connecting, const Identity& identity) {
  auto secured = co_await connecting;
  capnp::MallocMessageBuilder message;
  auto request = message.initRoot<schema::RenewRequest>();
  request.setDeviceRequest(view(makeRequest(*identity.key)));
  request.setVersion(SKERRY_VERSION);
  auto words = capnp::messageToFlatArray(message);
  auto bytes = words.asBytes();
  auto sent = secured.stream->write(bytes.begin(), bytes.size());
  co_await sent;
  auto reading = readFrame(*secured.stream, ENROLL_FRAME_BYTES_MAX);
  auto frame = co_await reading;
  co_return readRenewReply(*frame, {share(*identity.root), keyHash(*identity.key),
                                    commonName(*identity.chain[0]), std::nullopt});
}

// A person has one key, and may have contexts for several tiers.
std::string keep(Machine& machine, const Context& context, const std::string& certificate) {
  Contexts contexts(machine);
  std::string trouble;
  for (auto& name : contexts.names()) {
    auto loaded = contexts.load(name);
    if (loaded.failure || loaded.context.key != context.key) continue;
    loaded.context.name = name;
    loaded.context.certificate = certificate;
    if (auto failed = contexts.replace(loaded.context)) trouble = failed->problem.message;
  }
  return trouble;
}

}  // namespace

bool isRenewalDue(X509& certificate, int64_t nowMs) {
  return renewalDueMs(certificate) <= nowMs && validity(certificate).contains(nowMs);
}

Task<void> renewContext(Cli& cli, Context context, Identity identity,
                        kj::Promise<Secured> opening) {
  std::string trouble;
  try {
    kj::Promise<RenewAnswer> asking = askDoor(kj::mv(opening), identity);
    auto late = cli.machine.timer().afterDelay(CONTEXT_RENEWAL_MAX).then([]() -> RenewAnswer {
      return RefusedQuestion{"try-again", "no answer in time"};
    });
    auto first = asking.exclusiveJoin(kj::mv(late));
    auto answer = co_await first;
    if (auto next = std::get_if<Renewed>(&answer)) {
      auto chain = kj::mv(next->chain);
      chain.push_back(share(*identity.root));
      trouble = keep(cli.machine, context, text(view(pemOf(chain))));
    } else {
      trouble = std::get<RefusedQuestion>(answer).text;
    }
  } catch (kj::Exception& error) {
    trouble = plainly(text(error.getDescription()));
  }
  auto untilMs = validity(*identity.chain[0]).untilMs;
  bool isSaid = !trouble.empty() && untilMs - cli.machine.wallMs() < CONTEXT_ENDS_SOON_MS;
  if (isSaid) {
    cli.note("the certificate of the context `" + context.name + "` ends " + printTime(untilMs) +
             " and could not be renewed: " + trouble);
  }
}

}  // namespace skerry
