#include "tier_site/drivers/users.h"
#include "shared/async/task.h"
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

kj::Promise<std::string> outputOf(Host& host, kj::StringPtr program, kj::String first,
                                  kj::String second) {
  Command command;
  command.program = kj::str(program);
  command.arguments = kj::arr(kj::mv(first), kj::mv(second));
  return host.processes.run(kj::mv(command)).then([](Ended ended) {
    if (ended.code != 0) return std::string();
    return std::string(ended.output.begin(), ended.output.size());
  });
}

std::vector<uint32_t> numbers(std::string_view text) {
  std::vector<uint32_t> list;
  while (!text.empty()) {
    auto word = text.substr(0, text.find_first_of(" \n"));
    if (auto value = number(word)) list.push_back(*value);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return list;
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
  // Asked all at once: every start of a service waits for the answers.
  auto asking = outputOf(host, "id", kj::str("-u"), kj::str(name));
  auto askingGroup = outputOf(host, "id", kj::str("-g"), kj::str(name));
  auto askingGroups = outputOf(host, "id", kj::str("-G"), kj::str(name));
  auto uid = numbers(co_await asking);
  if (uid.empty()) {
    auto given = number(name);
    KJ_REQUIRE(given.has_value(), "there is no such user on this host: create it, or give a number",
               name);
    result.uid = result.gid = *given;
  } else {
    result.uid = uid[0];
    auto gid = numbers(co_await askingGroup);
    result.groups = numbers(co_await askingGroups);
    KJ_REQUIRE(!gid.empty(), "the groups of a user cannot be found out", name);
    result.gid = gid[0];
  }
  if (!group.empty()) {
    auto gid = number(group);
    if (!gid) {
      auto askingEntry = outputOf(host, "getent", kj::str("group"), kj::str(group));
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

kj::Promise<UserNumbers> resolveUser(Host& host, std::string user) {
  return resolveTask(host, kj::mv(user));
}

}  // namespace skerry
