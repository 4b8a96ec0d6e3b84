#include "shared/doctor/probe.h"
#include "shared/async/plainly.h"
#include "shared/doctor/doctor_limits.h"
#include "shared/link/socket.h"
#include <kj/debug.h>

namespace skerry {
namespace {

kj::StringPtr borrow(const std::string& text) { return {text.c_str(), text.size()}; }

std::string above(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

// The folder itself, or the nearest one above it that is there.
std::string nearest(const System& system, std::string path) {
  while (path != "/" && system.node(borrow(path)) == nullptr) path = above(path);
  return path;
}

struct Knock {
  explicit Knock(Hash root) : policy(root) {}
  JoinerPolicy policy;
  kj::Own<Handshaker> handshaker;
};

kj::Promise<Reached> knock(Host& host, Handshaker& handshaker, std::string address) {
  auto tried = kj::evalNow([&] { return host.network.parseAddress(borrow(address)); })
      .then([](kj::Own<kj::NetworkAddress>&& parsed) {
    auto connected = parsed->connect();
    return connected.attach(kj::mv(parsed));
  }).then([&handshaker](kj::Own<kj::AsyncIoStream>&& stream) {
    tuneSocket(*stream);
    return handshaker.connect(kj::mv(stream), Door::ENROLL);
  }).then([address](Secured&&) { return Reached{address, ""}; });
  auto late = host.timer.afterDelay(REACH_MAX).then([address] {
    return Reached{address, "no answer in " + std::to_string(REACH_MAX / kj::SECONDS) + " s"};
  });
  return tried.exclusiveJoin(kj::mv(late)).catch_([address](kj::Exception&& reason) {
    return Reached{address, briefly(reason)};
  });
}

}  // namespace

Findings examineMachine(Host& host, const Subject& subject, ClockFacts clock) {
  Findings findings;
  auto place = nearest(host.system, subject.folder);
  FolderFacts folder;
  folder.isThere = place == subject.folder;
  auto node = host.system.node(borrow(place));
  KJ_IF_MAYBE(found, node) folder.node = *found;
  findings.push_back(judgeFolder(subject, folder));
  auto space = host.system.space(borrow(place));
  KJ_IF_MAYBE(found, space) {
    findings.push_back(judgeSpace(place, *found));
    findings.push_back(judgeFileSystem(subject, *found));
  }
  auto allowed = descriptorsIn(host.system.read("/proc/self/limits", PROC_FILE_BYTES_MAX));
  if (allowed) findings.push_back(judgeDescriptors(subject, *allowed));
  clock.wallMs = host.clock.wallMs();
  findings.push_back(judgeClock(clock));
  return findings;
}

IdentityFacts lookAtIdentity(Host& host) {
  IdentityFacts facts;
  auto folder = host.system.node(host.path);
  KJ_IF_MAYBE(node, folder) {
    if (node->kind == System::Node::Kind::FOLDER && !node->mayExecute) {
      facts.state = IdentityFacts::State::HIDDEN;
      return facts;
    }
  }
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    auto loaded = IdentityFolder(host.files).load();
    KJ_IF_MAYBE(identity, loaded) {
      facts.name = commonName(*identity->chain[0]);
      facts.dates = validity(*identity->chain[0]);
      facts.state = IdentityFacts::State::PRESENT;
    }
  })) {
    facts.state = IdentityFacts::State::DAMAGED;
    facts.trouble = plainly(*reason);
  }
  return facts;
}

Findings examineIdentity(Host& host, const Subject& subject, const IdentityFacts& facts,
                         RenewedBy renewal) {
  Findings findings{judgeIdentity(subject, facts)};
  if (facts.state == IdentityFacts::State::PRESENT) {
    findings.push_back(judgeCertificate(subject, facts.dates, host.clock.wallMs(), renewal));
  }
  return findings;
}

kj::Promise<std::vector<Reached>> reach(Host& host, const Transport& transport,
                                        std::vector<std::string> addresses, Hash root) {
  auto door = kj::heap<Knock>(root);
  door->handshaker = transport.newHandshaker(host, door->policy, Identity());
  auto knocks = kj::heapArrayBuilder<kj::Promise<Reached>>(addresses.size());
  for (auto& address : addresses) knocks.add(knock(host, *door->handshaker, address));
  return kj::joinPromises(knocks.finish()).then([](kj::Array<Reached>&& reached) {
    return std::vector<Reached>(reached.begin(), reached.end());
  }).attach(kj::mv(door));
}

}  // namespace skerry
