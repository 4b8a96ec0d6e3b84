#include "tier_site/drivers/users.h"
#include "shared/async/task.h"
#include "tier_site/drivers/driver_limits.h"
#include <charconv>
#include <cstring>
#include <kj/debug.h>
#include <optional>

namespace skerry {

namespace {

std::optional<uint32_t> number(std::string_view text) {
  uint32_t value = 0;
  auto end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || at != end) return {};
  return value;
}

// Names as Debian's adduser allows them; above all none that reads as an option.
bool isName(std::string_view text) {
  if (text.empty() || text[0] == '-' || text.size() > 64) return false;
  for (char c : text)
    if (!isalnum(static_cast<unsigned char>(c)) && !strchr("_.-$@", c)) return false;
  return true;
}

kj::Promise<std::string> outputOf(Host& host, kj::StringPtr program,
                                  kj::Array<kj::String> arguments) {
  Command command;
  command.program = kj::str(program);
  command.arguments = kj::mv(arguments);
  return host.processes.run(kj::mv(command)).then([](Ended ended) {
    if (ended.code != 0) return std::string();
    return std::string(ended.output.begin(), ended.output.size());
  });
}

// "uid=33(till) gid=33(till) groups=33(till),44(cash desk)": told by place, since the words before
// the equals signs are in the host's language. Nothing for any other text.
std::optional<UserNumbers> parseId(std::string_view text) {
  std::vector<std::vector<uint32_t>> fields;
  bool isInside = false;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '(' || text[at] == ')') isInside = text[at] == '(';
    if (isInside || (text[at] != '=' && text[at] != ',')) continue;
    auto rest = text.substr(at + 1);
    auto value = number(rest.substr(0, rest.find_first_not_of("0123456789")));
    if (text[at] == '=') fields.emplace_back();
    if (value && !fields.empty()) fields.back().push_back(*value);
  }
  if (fields.size() < 3 || fields[0].empty() || fields[1].empty()) return {};
  return UserNumbers{fields[0][0], fields[1][0], fields[2]};
}

// Third field of "name:x:33:members".
std::optional<uint32_t> groupNumber(std::string_view line) {
  for (int i = 0; i < 2; ++i) {
    auto colon = line.find(':');
    if (colon == line.npos) return {};
    line.remove_prefix(colon + 1);
  }
  return number(line.substr(0, line.find(':')));
}

// `host` outlives the task.
Task<UserNumbers> resolveTask(Host& host, std::string user) {
  auto colon = user.find(':');
  auto name = user.substr(0, colon);
  auto group = colon == user.npos ? std::string() : user.substr(colon + 1);
  KJ_REQUIRE(isName(name) && (colon == user.npos || isName(group)),
             "a user must be written as USER or USER:GROUP", user);
  UserNumbers result;
  // One program, because a start of a service waits for the answer.
  auto asking = outputOf(host, "id", kj::arr(kj::str(name)));
  auto said = co_await asking;
  if (auto account = parseId(said)) {
    result = kj::mv(*account);
  } else {
    auto given = number(name);
    KJ_REQUIRE(given.has_value(), "there is no such user on this host: create it, or give a number",
               name);
    result.uid = result.gid = *given;
  }
  if (!group.empty()) {
    auto gid = number(group);
    if (!gid) {
      auto askingEntry = outputOf(host, "getent", kj::arr(kj::str("group"), kj::str(group)));
      auto entry = co_await askingEntry;
      gid = groupNumber(entry);
    }
    KJ_REQUIRE(gid.has_value(), "there is no such group on this host: create it, or give a number",
               group);
    result.gid = *gid;
  }
  co_return kj::mv(result);
}

}  // namespace

kj::Promise<UserNumbers> Users::resolve(std::string user) {
  auto found = known.find(user);
  if (found != known.end() && host.clock.bootMs() < found->second.untilMs)
    return found->second.numbers;
  kj::Promise<UserNumbers> asking = resolveTask(host, user);
  return asking.then([this, user](UserNumbers numbers) {
    if (known.size() >= USERS_KNOWN_MAX) known.clear();
    known[user] = {numbers, host.clock.bootMs() + USER_KNOWN_MS};
    return numbers;
  });
}

}  // namespace skerry
