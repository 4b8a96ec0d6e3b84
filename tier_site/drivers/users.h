// User and group names of this host. A keeper is a static program and cannot look names up, so the
// driver does, with the host's own `id` and `getent`: they know every source that the host has.
#pragma once
#include "shared/host/host.h"
#include <string>
#include <vector>

namespace skerry {

struct UserNumbers {
  uint32_t uid = 0, gid = 0;
  std::vector<uint32_t> groups;  // supplementary
  bool operator==(const UserNumbers&) const = default;
};

// `user` is "USER" or "USER:GROUP", names or numbers, not empty. A number without an account gets
// the group of the same number. FAILED, with the cause in words, when there is no such user or
// group. `host` outlives the promise.
kj::Promise<UserNumbers> resolveUser(Host& host, std::string user);

}  // namespace skerry
