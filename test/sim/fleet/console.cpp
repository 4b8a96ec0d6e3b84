#include "test/sim/fleet/console.h"
#include "shared/model/encoded.h"
#include "shared/model/manifest.h"
#include <capnp/rpc-twoparty.h>

namespace skerry {

class Console::Connection {
public:
  explicit Connection(kj::Own<kj::AsyncIoStream> s) : stream(kj::mv(s)), client(*stream) {}
  schema::Admin::Client admin() { return client.bootstrap().castAs<schema::Admin>(); }

private:
  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyClient client;
};

namespace {

template <typename Results>
Said saidBy(Results& results) {
  Said said;
  said.answered = true;
  for (auto problem : results.getProblems()) {
    said.problem = kj::str(problem.getReason(), ": ", problem.getMessage()).cStr();
    break;
  }
  return said;
}

// A daemon that died may leave a question without an answer for ever.
template <typename T>
kj::Promise<T> patiently(SimHost& host, kj::Promise<T> asked, T unanswered) {
  auto late = host.world().sleep(CONSOLE_PATIENCE_MS).then([]() -> T {
    kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "no answer"));
  });
  return asked.exclusiveJoin(kj::mv(late))
      .catch_([unanswered = kj::mv(unanswered)](kj::Exception&& reason) mutable {
    if constexpr (std::is_same_v<T, Said>) unanswered.problem = reason.getDescription().cStr();
    return kj::mv(unanswered);
  });
}

}  // namespace

kj::Maybe<schema::Item::Reader> Items::find(const std::string& name) const {
  for (auto item : list()) {
    if (item.getName() == name) return item;
  }
  return nullptr;
}

Task<kj::Own<Console::Connection>> Console::connect() {
  auto name = kj::str("unix:", host.host().path, "/admin.sock");
  auto parsing = host.host().network.parseAddress(name);
  auto address = co_await parsing;
  auto connecting = address->connect();
  auto stream = co_await connecting;
  co_return kj::heap<Connection>(kj::mv(stream));
}

Task<Said> Console::applyTask(std::string yaml) {
  Problems problems;
  auto manifests = parseManifests("console.yaml", yaml, problems);
  KJ_REQUIRE(problems.empty(), yaml.c_str(), problems[0].message.c_str());
  auto connecting = connect();
  auto connection = co_await connecting;
  auto request = connection->admin().applyRequest();
  auto list = request.initManifests(manifests.size());
  for (size_t i = 0; i < manifests.size(); ++i) {
    Decoded<schema::Manifest> decoded(manifests[i].message);
    list.setWithCaveats(i, decoded.get());
  }
  auto asking = request.send().then([](auto&& results) { return saidBy(results); });
  co_return co_await asking;
}

Task<Said> Console::removeTask(std::string kind, std::string tenant, std::string name) {
  auto connecting = connect();
  auto connection = co_await connecting;
  auto request = connection->admin().deleteRequest();
  auto query = request.initQuery();
  query.setKind(kind);
  query.setTenant(tenant);
  query.setName(name);
  request.setCascade(kind == "site");  // with its hosts
  auto asking = request.send().then([](auto&& results) { return saidBy(results); });
  co_return co_await asking;
}

Task<Said> Console::tokenTask(std::string kind, std::string name) {
  auto connecting = connect();
  auto connection = co_await connecting;
  auto request = connection->admin().createTokenRequest();
  request.initRequest().setKind(kind);
  request.getRequest().setName(name);
  auto asking = request.send().then([](auto&& results) {
    auto said = saidBy(results);
    said.token = results.getToken().getToken().cStr();
    return said;
  });
  co_return co_await asking;
}

Task<Said> Console::blockTask(std::string kind, std::string name, bool isBlocked,
                              std::string reason) {
  auto connecting = connect();
  auto connection = co_await connecting;
  auto request = connection->admin().blockRequest();
  request.setKind(kind);
  request.setName(name);
  request.setBlocked(isBlocked);
  request.setReason(reason);
  auto asking = request.send().then([](auto&& results) { return saidBy(results); });
  co_return co_await asking;
}

Task<Items> Console::getTask(std::string kind) {
  auto connecting = connect();
  auto connection = co_await connecting;
  auto request = connection->admin().getRequest();
  request.initQuery().setKind(kind);
  auto asking = request.send().then([](auto&& results) { return Items(results); });
  co_return co_await asking;
}

Task<std::vector<std::string>> Console::findingsTask() {
  auto connecting = connect();
  auto connection = co_await connecting;
  auto request = connection->admin().statusRequest();
  auto asking = request.send().then([](auto&& results) {
    std::vector<std::string> texts;
    for (auto finding : results.getStatus().getFindings()) {
      texts.push_back(finding.getText().cStr());
    }
    return texts;
  });
  co_return co_await asking;
}

kj::Promise<Said> Console::apply(std::string yaml) {
  return patiently<Said>(host, applyTask(kj::mv(yaml)), Said());
}
kj::Promise<Said> Console::remove(std::string kind, std::string tenant, std::string name) {
  return patiently<Said>(host, removeTask(kj::mv(kind), kj::mv(tenant), kj::mv(name)), Said());
}
kj::Promise<Said> Console::createToken(std::string kind, std::string name) {
  return patiently<Said>(host, tokenTask(kj::mv(kind), kj::mv(name)), Said());
}
kj::Promise<Said> Console::block(std::string kind, std::string name, bool isBlocked,
                                 std::string reason) {
  return patiently<Said>(
      host, blockTask(kj::mv(kind), kj::mv(name), isBlocked, kj::mv(reason)), Said());
}
kj::Promise<Items> Console::get(std::string kind) {
  return patiently<Items>(host, getTask(kj::mv(kind)), Items());
}
kj::Promise<std::vector<std::string>> Console::findings() {
  return patiently<std::vector<std::string>>(host, findingsTask(), {});
}

}  // namespace skerry
