#include "shared/daemon/join_verb.h"
#include "shared/async/task.h"
#include "shared/daemon/preflight.h"
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

// Its parameters outlive the promise.
Task<int> joinTask(Host& host, const Transport& transport, const Token& token,
                   const std::string& program, JoinSteps& steps) {
  auto looking = steps.before(host, transport, token);
  auto before = co_await looking;
  auto code = tell(before);
  if (hasProblem(before)) co_return code;
  auto joining = steps.join(host, transport, token);
  auto outcome = co_await joining;
  if (!outcome.ok) {
    std::cerr << "error: " << outcome.text << " (" << outcome.reason << ")" << std::endl;
    co_return EXIT_FAILED;
  }
  std::cout << "joined as " << outcome.text << "\nnext: " << program << " serve --data "
            << host.path.cStr() << std::endl;
  auto lookingOn = steps.after(host);
  auto after = co_await lookingOn;
  auto missing = unfavourable(after);
  std::cout << (missing.empty() ? "nothing is missing to start again after a power cut\n"
                                : "to start again after a power cut this is missing:\n")
            << printFindings(missing) << std::flush;
  co_return EXIT_DONE;
}

}  // namespace

int runJoin(const std::string& dataFolder, const std::string& argument, TokenKind kind,
            JoinSteps steps) {
  std::string written;
  if (!readToken(argument, written)) {
    std::cerr << "error: cannot read " << argument.substr(1) << std::endl;
    return EXIT_USAGE;
  }
  auto parsed = parseToken(written);
  if (auto error = std::get_if<TokenError>(&parsed)) {
    std::cerr << "error: " << error->text << " (" << error->reason << ")" << std::endl;
    return EXIT_USAGE;
  }
  auto token = std::get<Token>(parsed);
  auto program = programFor(kind);
  if (token.kind != kind) {
    std::cerr << "error: this token is for '" << token.name << "', which joins with "
              << programFor(token.kind) << ": " << programFor(token.kind)
              << " join TOKEN (token-kind)" << std::endl;
    return EXIT_USAGE;
  }
  std::string name = program;
  return runOnce(dataFolder, [&](Host& host, const Transport& transport) -> kj::Promise<int> {
    return joinTask(host, transport, token, name, steps);
  });
}

}  // namespace skerry
