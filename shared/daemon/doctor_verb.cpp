#include "shared/daemon/doctor_verb.h"
#include "shared/async/plainly.h"
#include "shared/async/task.h"
#include "shared/daemon/doctor_live.h"
#include "shared/daemon/listen.h"
#include "shared/link/proxy.h"
#include <iostream>

namespace skerry {
namespace {

constexpr int EXIT_DONE = 0, EXIT_PROBLEM = 1;

// `host` outlives it.
kj::Promise<Finding> lookAtAddress(Host& host, Subject subject, std::string address) {
  constexpr const char* CHECK = "address";
  return listenOn(host, address).then([address](kj::Own<kj::ConnectionReceiver>&&) {
    return fine(CHECK, address + " is free to listen on");
  }).catch_([subject](kj::Exception&& reason) {
    return problem(CHECK, briefly(reason), subject.serve() + " --listen 0.0.0.0:7700");
  });
}

// Looks at the store and at what needs it.
Task<void> examineStored(Host& host, const Transport& transport, Examination& examination,
                         Examined& found, DaemonFacts& daemon) {
  auto& subject = examination.subject;
  auto looking = examineStore(host, subject.database.c_str(), Table::META, SELF_DOCUMENT,
                              view(LINK_ROW));
  auto store = co_await looking;
  if (store.state == StoreHealth::State::HELD) daemon.state = DaemonFacts::State::STARTING;
  found.seen.push_back(judgeStore(subject, store, found.isJoined));
  KJ_IF_MAYBE(row, store.row) found.self = readSelf(view(*row));
  if (!examination.listen.empty() && daemon.state == DaemonFacts::State::NONE) {
    auto trying = lookAtAddress(host, subject, examination.listen);
    auto address = co_await trying;
    found.seen.push_back(kj::mv(address));
  }
  if (found.self && found.isJoined) {
    auto identity = IdentityFolder(host.files).load();
    Hash root;
    KJ_IF_MAYBE(own, identity) root = keyHash(*own->root);
    Outward outward(host, found.self->proxy, PROXY_LOOK_MAX);
    auto knocking = reach(outward.host(), transport, found.self->parents, root);
    auto reached = co_await knocking;
    found.seen.push_back(judgeReach(examination.parent, reached));
  }
}

Task<Examined> examineTask(Host& host, const Transport& transport,
                           kj::Own<Examination> examination) {
  Examined found;
  auto& subject = examination->subject;
  found.seen = examineMachine(host, subject);
  auto identity = lookAtIdentity(host);
  found.isJoined = identity.state == IdentityFacts::State::PRESENT ||
                   identity.state == IdentityFacts::State::DAMAGED;
  found.name = identity.name;
  append(found.seen, examineIdentity(host, subject, identity, examination->renewal));
  auto asking = askDaemon(host);
  auto live = co_await asking;
  found.isServed = live.daemon.state != DaemonFacts::State::NONE;
  found.said = live.findings;
  // Of a folder that we may not enter nothing more is known.
  bool isHidden = identity.state == IdentityFacts::State::HIDDEN;
  if (!found.isServed && isHidden) co_return kj::mv(found);
  if (!found.isServed) {
    auto looking = examineStored(host, transport, *examination, found, live.daemon);
    co_await looking;
  }
  found.seen.push_back(judgeDaemon(subject, live.daemon, found.isJoined));
  co_return kj::mv(found);
}

}  // namespace

kj::Promise<Examined> examineDaemon(Host& host, const Transport& transport,
                                    Examination examination) {
  return examineTask(host, transport, kj::heap<Examination>(kj::mv(examination)));
}

CLI::App* addDoctor(CLI::App& app, const std::string& data, int& code, Examine examine) {
  auto verb = app.add_subcommand("doctor", "look at this machine, the data folder and the daemon");
  auto output = std::make_shared<std::string>("table");
  verb->add_option("-o,--output", *output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  auto shared = std::make_shared<Examine>(kj::mv(examine));
  verb->callback([&data, &code, output, shared] {
    code = runOnce(data, [&](Host& host, const Transport& transport) {
      return (*shared)(host, transport).then([output](Findings&& findings) {
        std::cout << (*output == "json" ? prettyJson(plainFindings(findings))
                                        : printFindings(findings)) << std::flush;
        return hasProblem(findings) ? EXIT_PROBLEM : EXIT_DONE;
      });
    }, DataFolder::LEAVE);
  });
  return verb;
}

}  // namespace skerry
