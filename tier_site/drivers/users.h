// User and group names of this host. A keeper is a static program and cannot look names up, so the
// driver does, with the host's own `id` and `getent`: they know every source that the host has.
#pragma once
#include "shared/host/host.h"
#include <map>
#include <string>
#include <vector>

namespace skerry {

struct UserNumbers {
  uint32_t uid = 0, gid = 0;
  std::vector<uint32_t> groups;  // supplementary
  bool operator==(const UserNumbers&) const = default;
};

// Asking costs a start of `id`: some milliseconds before every service. So what was found is taken
// for true for USER_KNOWN_MS, as a name service cache would; what was not found is asked for again.
class Users {
public:
  // `host` outlives it.
  explicit Users(Host& host) : host(host) {}
  KJ_DISALLOW_COPY(Users);

  // `user` is "USER" or "USER:GROUP", names or numbers, not empty. A number without an account gets
  // the group of the same number. FAILED, with the cause in words, when there is no such user or
  // group. Outlives the promise.
  kj::Promise<UserNumbers> resolve(std::string user);

private:
  struct Known {
    UserNumbers numbers;
    uint64_t untilMs;  // of the boot clock
  };
  Host& host;
  std::map<std::string, Known> known;
};

}  // namespace skerry
