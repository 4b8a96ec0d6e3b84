#include "tier_site/drivers/keeper_status.h"
#include <charconv>

namespace skerry {

namespace {

template <typename Number>
Number parse(std::string_view text) {
  Number value = 0;
  auto end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && at == end ? value : 0;
}

std::string programOf(const Rendered& r) { return r.command.empty() ? "" : r.command[0]; }

}  // namespace

std::string_view KeeperStatus::head() const {
  return std::string_view(line).substr(0, line.find(' '));
}

std::string_view KeeperStatus::get(std::string_view key) const {
  std::string_view rest = line;
  while (!rest.empty()) {
    auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word.size() > key.size() && word[key.size()] == '=' && word.substr(0, key.size()) == key)
      return word.substr(key.size() + 1);
  }
  return {};
}

uint64_t KeeperStatus::number(std::string_view key) const { return parse<uint64_t>(get(key)); }
int64_t KeeperStatus::signedNumber(std::string_view key) const { return parse<int64_t>(get(key)); }

std::string_view KeeperStatus::error() const {
  std::string_view text = line;
  if (head() != "err") return {};
  text.remove_prefix(std::min(text.size(), size_t(4)));
  // Messages of the system hold no '='; the status follows them.
  auto boot = text.find(" boot=");
  return text.substr(0, boot);
}

Observed observedFrom(const InstanceId& id, const KeeperStatus& status) {
  Observed seen;
  seen.id = id;
  seen.digest = digestFromHex(status.get("nonce"));
  seen.incarnation = status.number("incarnation");
  seen.state = status.isRunning() ? Observed::State::RUNNING : Observed::State::EXITED;
  if (seen.state == Observed::State::RUNNING) {
    seen.pid = int(status.number("pid"));
    seen.startTicks = status.number("start");
    if (status.get("limits") != "all" && !status.get("limits").empty())
      seen.reason = "without its limits of " + std::string(status.get("missing")) +
                    ", which this host cannot set: " + std::string(status.get("cause"));
    return seen;
  }
  auto reason = status.get("reason");
  seen.exitCode = int(status.signedNumber("code"));
  seen.exitSignal = int(status.number("signal"));
  seen.oomKilled = reason == "oom";
  if (reason == "stopped") seen.reason = "stopped";
  else if (reason == "deadline") seen.reason = "its lease ran out";
  else if (reason == "leftover") seen.reason = "processes are left that cannot be killed";
  return seen;
}

std::string explainKeeperError(std::string_view error, const Rendered& r) {
  auto colon = error.find(": ");
  auto stage = error.substr(0, colon);
  auto why = colon == error.npos ? std::string() : std::string(error.substr(colon + 2));
  auto program = "'" + programOf(r) + "'";
  bool missing = why.find("No such file") != why.npos;
  if (stage == "exec" && missing)
    return "program " + program + " is not on this host (or the interpreter that it names is not)";
  if (stage == "exec" && why.find("ermission") != why.npos)
    return "program " + program + " may not be executed: permission denied" +
           (r.user.empty() ? std::string() : " to user '" + r.user + "'");
  if (stage == "exec")
    return "program " + program + " cannot be executed: " + why +
           " (built for another kind of machine, or a script without a #! line?)";
  if (stage == "workdir")
    return "its working directory '" + r.workDir + "' cannot be entered: " + why;
  if (stage == "user")
    return "it cannot run as user '" + r.user + "': " + why + " (does the daemon run as root?)";
  if (stage == "limits") return "this host does not allow its resource limits: " + why;
  if (stage == "log") return "there is no room for its log: " + why;
  return "its keeper failed at " + std::string(error);
}

}  // namespace skerry
