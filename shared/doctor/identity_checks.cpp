#include "shared/doctor/identity_checks.h"
#include "shared/doctor/doctor_limits.h"
#include "shared/model/time_text.h"
#include <cstdlib>

namespace skerry {
namespace {

std::string wordAfter(const std::string& json, const std::string& key) {
  auto at = json.find("\"" + key + "\":");
  if (at == json.npos) return "";
  at += key.size() + 3;
  if (at < json.size() && json[at] == '"') ++at;
  return json.substr(at, json.find_first_of("\",}", at) - at);
}

// What a shell says of an address: every Debian has bash and timeout.
std::string knock(const std::string& address) {
  auto colon = address.rfind(':');
  auto host = address.substr(0, colon);
  if (host.starts_with("[") && host.ends_with("]")) host = host.substr(1, host.size() - 2);
  auto port = colon == address.npos ? "443" : address.substr(colon + 1);
  return "timeout 5 bash -c '</dev/tcp/" + host + "/" + port + "' && echo reachable";
}

std::string process(const DaemonFacts& facts) {
  return facts.pid > 0 ? "process " + std::to_string(facts.pid) : "a process";
}

}  // namespace

Finding judgeIdentity(const Subject& subject, const IdentityFacts& facts) {
  constexpr const char* CHECK = "identity";
  switch (facts.state) {
    case IdentityFacts::State::ABSENT:
      return fine(CHECK, "none yet", subject.begin());
    case IdentityFacts::State::DAMAGED:
      return problem(CHECK, facts.trouble, "ls -l " + subject.folder + "/identity");
    case IdentityFacts::State::HIDDEN:
      return warning(CHECK, "not ours to read, so it is not known whether there is one",
                     "sudo " + subject.doctor());
    case IdentityFacts::State::PRESENT: break;
  }
  return fine(CHECK, "this is " + facts.name);
}

Finding judgeCertificate(const Subject& subject, const Validity& dates, int64_t nowMs,
                         RenewedBy renewal) {
  constexpr const char* CHECK = "certificate";
  auto span = "from " + printTime(dates.fromMs) + " to " + printTime(dates.untilMs);
  if (nowMs < dates.fromMs) {
    return warning(CHECK, "valid " + span + ", and this machine's clock says that it is " +
                   printTime(nowMs) + ": the clock is behind", "timedatectl set-ntp true");
  }
  bool isOver = nowMs > dates.untilMs;
  // Renewed at half of it, and up to a tenth later (certificate.h, renewalDueMs).
  if (!isOver && nowMs - dates.fromMs <= (dates.untilMs - dates.fromMs) / 10 * 6) {
    return fine(CHECK, "valid " + span);
  }
  auto state = isOver ? "it was valid " + span : "more than half of its life is over: " + span;
  if (renewal == RenewedBy::BY_ITSELF) {
    return warning(CHECK, state + ". The daemon renews it when it starts, and daily while it "
                   "serves", subject.serve());
  }
  return warning(CHECK, state + ". Its parent, which knows it by its key, gives it the next one "
                 "as soon as the link is up, also after its end",
                 "skerry --socket " + subject.folder + "/admin.sock status");
}

DaemonFacts readRunFile(const std::string& json) {
  DaemonFacts facts;
  facts.pid = std::atoi(wordAfter(json, "pid").c_str());
  facts.listen = wordAfter(json, "listen");
  return facts;
}

Finding judgeDaemon(const Subject& subject, const DaemonFacts& facts, bool isJoined) {
  constexpr const char* CHECK = "daemon";
  auto restart = "kill " + std::to_string(facts.pid) + "; " + subject.serve();
  switch (facts.state) {
    case DaemonFacts::State::ANSWERS:
      return fine(CHECK, process(facts) + " serves this folder" +
                  (facts.listen.empty() ? "" : ", and listens on " + facts.listen));
    case DaemonFacts::State::SILENT:
      return problem(CHECK, process(facts) + " serves this folder and does not answer; what runs "
                     "is not touched when it is started again", restart);
    case DaemonFacts::State::OLDER:
      return warning(CHECK, process(facts) + " serves this folder and is older than this program: "
                     "it does not know what it is asked. Start it again with this version",
                     restart);
    case DaemonFacts::State::DENIED:
      return warning(CHECK, "a daemon serves this folder; this user may not ask it. Become a "
                     "member of the group skerry, or use sudo", "sudo " + subject.doctor());
    case DaemonFacts::State::STARTING:
      return warning(CHECK, "another process holds the store, and does not serve yet: a daemon "
                     "that starts or stops. Look again in a moment", subject.doctor());
    case DaemonFacts::State::NONE: break;
  }
  if (!isJoined) return fine(CHECK, "none runs in this folder");
  bool wasKilled = facts.pid > 0 && !facts.isAlive;
  return warning(CHECK, wasKilled ? "none runs in this folder; the last one, process " +
                                        std::to_string(facts.pid) + ", ended without a word"
                                  : "none runs in this folder", subject.serve());
}

Finding judgeStore(const Subject& subject, const StoreHealth& health, bool isJoined) {
  constexpr const char* CHECK = "store";
  auto file = subject.folder + "/" + subject.database;
  switch (health.state) {
    case StoreHealth::State::SOUND: return fine(CHECK, file + " opens and is whole");
    case StoreHealth::State::HELD: return fine(CHECK, file + " is in use, so it was not looked at");
    case StoreHealth::State::UNREADABLE:
      return problem(CHECK, file + ": " + health.text, "sudo " + subject.doctor());
    case StoreHealth::State::UNSOUND:
      return problem(CHECK, file + ": " + health.text + ". Whatever you do, keep a copy first",
                     "cp -a " + subject.folder + " " + subject.folder + ".damaged");
    case StoreHealth::State::ABSENT: break;
  }
  if (!isJoined) return fine(CHECK, "none yet");
  return problem(CHECK, file + " is gone, though there is an identity: restore this folder from a "
                 "backup, or begin anew in another one", "ls -l " + subject.folder);
}

Finding judgeReach(const std::string& parent, const std::vector<Reached>& addresses) {
  constexpr const char* CHECK = "parent";
  std::string there, troubles, first;
  for (auto& address : addresses) {
    if (address.trouble.empty()) {
      there += (there.empty() ? "" : ", ") + address.address;
    } else {
      troubles += (troubles.empty() ? "" : "; ") + address.address + ": " + address.trouble;
      if (first.empty()) first = address.address;
    }
  }
  if (troubles.empty()) return fine(CHECK, parent + " answers at " + there);
  if (!there.empty()) {
    return warning(CHECK, parent + " answers at " + there + ", but not everywhere (" + troubles +
                   ")", knock(first));
  }
  return problem(CHECK, "no parent answers (" + troubles + "). Check that this machine reaches one "
                 "of these addresses, and that who answers there is of this fleet", knock(first));
}

Finding judgeLink(const LinkFacts& facts) {
  constexpr const char* CHECK = "link";
  auto since = facts.sinceMs == 0 ? "" : " since " + printTimeToSecond(facts.sinceMs);
  if (facts.isOnline) return fine(CHECK, facts.parent + " is online" + since);
  return warning(CHECK, facts.parent + " is away" + since + "; what runs goes on" +
                 (facts.lastError.empty() ? "" : ". The last attempt: " + facts.lastError),
                 knock(facts.address));
}

}  // namespace skerry
