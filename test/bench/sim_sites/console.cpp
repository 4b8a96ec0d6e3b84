#include "test/bench/sim_sites/console.h"
#include <kj/debug.h>

namespace skerry {
namespace {

std::string nameOf(size_t number) { return "sim" + std::to_string(number); }

template <typename Answer>
void requireDone(Answer& answer) {
  KJ_REQUIRE(answer.getProblems().size() == 0, "central refuses", answer);
}

}  // namespace

SimConsole::SimConsole(kj::Own<kj::AsyncIoStream> streamParam)
    : stream(kj::mv(streamParam)), client(*stream),
      admin(client.bootstrap().castAs<schema::Admin>()) {}

kj::Promise<std::vector<std::string>> SimConsole::declareSites(std::string region, size_t count) {
  auto tokens = kj::heap<std::vector<std::string>>(count);
  auto& borrowed = *tokens;
  return declareFrom(region, 0, count).then([this, &borrowed] {
    return tokensFrom(0, borrowed);
  }).then([tokens = kj::mv(tokens)]() mutable { return std::move(*tokens); });
}

kj::Promise<void> SimConsole::declareFrom(std::string region, size_t from, size_t count) {
  if (from == count) return kj::READY_NOW;
  auto end = kj::min(from + SITES_PER_APPLY, count);
  auto request = admin.applyRequest();
  auto manifests = request.initManifests(end - from);
  for (size_t i = from; i < end; ++i) {
    auto site = manifests[i - from].initSite();
    site.setName(nameOf(i));
    site.setRegion(region);
    auto labels = site.initLabels(2);
    labels[0].setName("kind");
    labels[0].setValue("sim");
    labels[1].setName("tenth");
    labels[1].setValue(std::to_string(i % 10));
  }
  return request.send().then([this, region = std::move(region), end, count](auto&& answer) {
    requireDone(answer);
    return declareFrom(region, end, count);
  });
}

kj::Promise<void> SimConsole::tokensFrom(size_t from, std::vector<std::string>& tokens) {
  if (from == tokens.size()) return kj::READY_NOW;
  auto end = kj::min(from + TOKENS_AT_ONCE, tokens.size());
  kj::Vector<kj::Promise<void>> asked;
  for (size_t i = from; i < end; ++i) {
    auto request = admin.createTokenRequest();
    auto wanted = request.initRequest();
    wanted.setKind("site");
    wanted.setName(nameOf(i));
    asked.add(request.send().then([&tokens, i](auto&& answer) {
      requireDone(answer);
      tokens[i] = answer.getToken().getToken().cStr();
    }));
  }
  return kj::joinPromises(asked.releaseAsArray()).then([this, end, &tokens] {
    return tokensFrom(end, tokens);
  });
}

kj::Promise<AuthoritySeq> SimConsole::apply(TenantAndName app, std::string sites,
                                            std::string value) {
  auto request = admin.applyRequest();
  auto to = request.initManifests(1)[0].initApplication();
  to.setTenant(app.first);
  to.setName(app.second);
  to.initPlacement().setSites(sites);
  auto service = to.initServices(1)[0];
  service.setName("s");
  auto command = service.initCommand(2);
  command.set(0, "/bin/sleep");
  command.set(1, "infinity");
  auto variable = service.initEnvironment(1)[0];
  variable.setName("REVISION");
  variable.setValue(value);
  service.initSkerry().setKind("process");
  return request.send().then([](auto&& answer) {
    requireDone(answer);
    KJ_REQUIRE(answer.getIntents().size() == 1, "nothing was changed", answer);
    auto intent = answer.getIntents()[0];
    return AuthoritySeq{intent.getEra(), intent.getSeq()};
  });
}

}  // namespace skerry
