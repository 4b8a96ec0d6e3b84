#include "shared/daemon/join_verb.h"
#include "shared/async/task.h"
#include "shared/daemon/preflight.h"
#include "shared/daemon/self.h"
#include "shared/doctor/probe.h"
#include "shared/link/proxy.h"
#include "shared/store/examine.h"
#include <fstream>
#include <iostream>
#include <iterator>

namespace skerry {
namespace {

constexpr int EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2;

std::string readAll(std::istream& from) {
  std::string text;
  char c;
  while (text.size() <= TOKEN_TEXT_BYTES_MAX && from.get(c)) text += c;
  return text;
}

// False when there is nothing to read.
bool readToken(const std::string& argument, std::string& token) {
  if (argument == "-") {
    token = readAll(std::cin);
    return true;
  }
  if (!argument.starts_with("@")) {
    token = argument;
    return true;
  }
  std::ifstream file(argument.substr(1));
  if (!file) return false;
  token = readAll(file);
  return true;
}

const char* programFor(TokenKind kind) {
  switch (kind) {
    case TokenKind::REGION: return "skerry-region";
    case TokenKind::SITE: return "skerry-site";
    case TokenKind::WITNESS: break;
  }
  return "a newer Skerry";
}

// Whether this folder joined already with such a token: who joins it again gets what there is.
bool isJoinedFor(Host& host, const Token& token, const IdentityFacts& identity) {
  if (identity.state != IdentityFacts::State::PRESENT) return false;
  auto own = IdentityFolder(host.files).load();
  bool isOfFleet = false;
  KJ_IF_MAYBE(ours, own) isOfFleet = keyHash(*ours->root) == token.rootKey;
  auto name = (token.kind == TokenKind::REGION ? "region:" : "site:") + token.name;
  if (token.name.empty()) return isOfFleet && identity.name.starts_with(name);
  return isOfFleet && (identity.name == name || identity.name.starts_with(name + "/"));
}

// Its parameters outlive the promise.
Task<int> startTask(Host& host, JoinSteps& steps) {
  auto starting = steps.start(host);
  auto started = co_await starting;
  std::cout << started << std::endl;
  auto looking = steps.after(host);
  auto after = co_await looking;
  auto missing = unfavourable(after);
  std::cout << (missing.empty() ? "nothing is missing to start again after a power cut\n"
                                : "to start again after a power cut this is missing:\n")
            << printFindings(missing) << std::flush;
  co_return EXIT_DONE;
}

std::string listOf(const std::vector<std::string>& addresses) {
  std::string list;
  for (auto& address : addresses) list += (list.empty() ? "" : ", ") + address;
  return list;
}

// Another way to the same parent, from the next start on: where it is now, or a proxy. What became
// of it, for a person. `store` outlives the promise.
Task<std::string> keepWay(Store& store, std::vector<std::string> addresses, std::string proxy) {
  auto loading = loadSelf(store);
  auto self = co_await loading;
  std::string told;
  KJ_IF_MAYBE(known, self) {
    if (!addresses.empty() && known->parents != addresses) {
      told += "it dials " + listOf(addresses) + " from now on, instead of " +
              listOf(known->parents) + "\n";
      known->parents = std::move(addresses);
    }
    if (!proxy.empty()) told += "it dials through the proxy that was given now\n";
    if (!proxy.empty()) known->proxy = proxy;
    if (!told.empty()) {
      Batch rows;
      saveSelf(*known, rows);
      auto saving = store.commit(kj::mv(rows)).ignoreResult();
      co_await saving;
    }
  }
  auto closing = store.close();
  co_await closing;
  co_return told;
}

// A daemon that serves the folder holds its store.
Task<std::string> redirect(Host& host, kj::StringPtr database, std::vector<std::string> addresses,
                           std::string proxy) {
  auto looking = examineStore(host, database, Table::META, SELF_DOCUMENT, view(LINK_ROW));
  auto health = co_await looking;
  if (addresses.empty() && proxy.empty()) co_return "";
  if (health.state == StoreHealth::State::HELD) {
    co_return "it is being served; should it dial " + listOf(addresses) +
        (proxy.empty() ? "" : " through this proxy") +
        " instead of what it dials now, stop it and give this command again\n";
  }
  auto opening = openStore(host, database);
  auto store = co_await opening;
  auto keeping = keepWay(*store, std::move(addresses), std::move(proxy));
  co_return co_await keeping;
}

// Its parameters outlive the promise.
Task<int> joinTask(Host& host, const Transport& transport, const Token& token,
                   const std::string& proxy, JoinSteps& steps) {
  auto identity = lookAtIdentity(host);
  if (isJoinedFor(host, token, identity)) {
    std::cout << "this machine is " << identity.name << " already; "
              << (token.id.empty() ? "it need not call" : "the token was not used")
              << std::endl;
    // An old token, given again, tells nothing of where its parent is by now.
    bool isFresh = token.expiresMs == 0 || token.expiresMs > host.clock.wallMs();
    auto redirecting = redirect(host, steps.database,
                                isFresh ? token.addresses : std::vector<std::string>(), proxy);
    auto told = co_await redirecting;
    std::cout << told << std::flush;
    auto starting = startTask(host, steps);
    co_return co_await starting;
  }
  Outward looker(host, proxy, PROXY_LOOK_MAX), joiner(host, proxy);
  auto looking = steps.before(looker.host(), transport, token);
  auto before = co_await looking;
  auto code = tell(before);
  if (hasProblem(before)) co_return code;
  auto joining = steps.join(joiner.host(), transport, token, proxy);
  auto outcome = co_await joining;
  if (!outcome.ok) {
    std::cerr << "error: " << outcome.text << " (" << outcome.reason << ")" << std::endl;
    co_return EXIT_FAILED;
  }
  std::cout << "joined as " << outcome.text << std::endl;
  auto starting = startTask(host, steps);
  co_return co_await starting;
}

}  // namespace

int runJoin(const std::string& dataFolder, const JoinWords& words, TokenKind kind,
            JoinSteps steps) {
  std::string written;
  if (!readToken(words.token, written)) {
    std::cerr << "error: cannot read " << words.token.substr(1) << std::endl;
    return EXIT_USAGE;
  }
  if (!isUsableProxy(words.proxy)) return EXIT_USAGE;
  auto parsed = parseToken(written);
  if (auto error = std::get_if<TokenError>(&parsed)) {
    std::cerr << "error: " << error->text << " (" << error->reason << ")" << std::endl;
    return EXIT_USAGE;
  }
  auto token = std::get<Token>(parsed);
  if (token.kind != kind) {
    std::cerr << "error: this token is for '" << token.name << "', which joins with "
              << programFor(token.kind) << ": " << programFor(token.kind)
              << " join TOKEN (token-kind)" << std::endl;
    return EXIT_USAGE;
  }
  return runJoin(dataFolder, token, words.proxy, kj::mv(steps));
}

int runJoin(const std::string& dataFolder, const Token& token, const std::string& proxy,
            JoinSteps steps) {
  return runOnce(dataFolder, [&](Host& host, const Transport& transport) -> kj::Promise<int> {
    return joinTask(host, transport, token, proxy, steps);
  });
}

bool isUsableProxy(const std::string& url) {
  if (url.empty()) return true;
  auto parsed = parseProxy(url);
  auto wrong = std::get_if<std::string>(&parsed);
  if (wrong != nullptr) std::cerr << "error: " << *wrong << std::endl;
  return wrong == nullptr;
}

}  // namespace skerry
