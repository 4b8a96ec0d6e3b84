// Who a daemon is, what it kept, whom it can reach, and whether it runs: the judgement of what was
// seen. Pure.
#pragma once
#include "shared/doctor/subject.h"
#include "shared/model/finding.h"
#include "shared/pki/certificate.h"
#include "shared/store/examine.h"
#include <vector>

namespace skerry {

struct IdentityFacts {
  enum class State : uint8_t { ABSENT, PRESENT, DAMAGED, HIDDEN };
  State state = State::ABSENT;
  std::string name;      // as its certificate says: `site:oslo/counter`
  Validity dates{};
  std::string trouble;   // DAMAGED: what, and what to do
};
Finding judgeIdentity(const Subject& subject, const IdentityFacts& facts);
// Who renews a certificate: the daemon its own while it serves, or nobody before it is let in by
// its key alone.
enum class RenewedBy : uint8_t { BY_ITSELF, BY_KEY };
Finding judgeCertificate(const Subject& subject, const Validity& dates, int64_t nowMs,
                         RenewedBy renewal);

struct DaemonFacts {
  enum class State : uint8_t {
    NONE,
    ANSWERS,
    SILENT,    // it takes the question and does not answer
    OLDER,     // it answers, and does not know the question
    DENIED,    // we may not ask it
    STARTING,  // no socket yet, but somebody holds the store
  };
  State state = State::NONE;
  int pid = 0;          // of run.json; 0: there is none
  bool isAlive = false; // there is a process of that number
  std::string listen;   // of run.json
};
Finding judgeDaemon(const Subject& subject, const DaemonFacts& facts, bool isJoined);
// `{"pid":12,"listen":"...",...}`; fields that are not there stay as they are.
DaemonFacts readRunFile(const std::string& json);

Finding judgeStore(const Subject& subject, const StoreHealth& health, bool isJoined);

struct Reached {
  std::string address;  // HOST:PORT
  std::string trouble;  // empty: our parent answered there
};
// `parent`: `the region`.
Finding judgeReach(const std::string& parent, const std::vector<Reached>& addresses);

struct LinkFacts {
  std::string parent;   // `region north`
  bool isOnline = false;
  int64_t sinceMs = 0;
  std::string address, lastError;
};
Finding judgeLink(const LinkFacts& facts);

}  // namespace skerry
