// The machine as a person would look at it: file systems, and files of the system's own. For
// judgements that are told to people; nothing that runs depends on it.
#pragma once
#include <kj/common.h>
#include <kj/string.h>
#include <cstdint>
#include <string>

namespace skerry {

class System {
public:
  virtual ~System() noexcept(false) {}

  struct Space {
    uint64_t bytesTotal = 0, bytesFree = 0;  // free: for us, without what is kept for root
    uint64_t filesTotal = 0, filesFree = 0;  // total 0: this file system does not count them
    std::string type;  // `tmpfs`, `overlay`, `cgroup2`, `cgroup`, `nfs`, ...; empty: not known here
  };
  // Of the file system that holds `path`, which is absolute. Null when there is no such path.
  virtual kj::Maybe<Space> space(kj::StringPtr path) const = 0;

  struct Node {
    enum class Kind : uint8_t { FOLDER, FILE, SOCKET, OTHER };
    Kind kind = Kind::OTHER;
    uint32_t mode = 0;  // permission bits
    // Whether this process may; false also where a file system is mounted read-only.
    bool mayWrite = false, mayExecute = false;
  };
  // What is at `path`, links followed. Null when there is nothing, or nothing we may see.
  virtual kj::Maybe<Node> node(kj::StringPtr path) const = 0;

  // At most `bytesMax` of a text file such as those of /proc; empty when it cannot be read.
  virtual std::string read(kj::StringPtr path, size_t bytesMax) const = 0;
};

}  // namespace skerry
