// The folder run/INSTANCE/ of a process service, as the driver uses it: writes the spec, reads what
// the keeper left. All calls are short and of a few kilobytes.
#pragma once
#include "shared/host/host.h"
#include "tier_site/drivers/keeper_status.h"
#include "tier_site/drivers/process_driver.h"
#include "tier_site/drivers/users.h"

namespace skerry {

class ServiceFolder {
public:
  // Folders that bear the name of an instance.
  static std::vector<InstanceId> all(Host& host);
  // `host` outlives it. Nothing is touched yet.
  ServiceFolder(Host& host, InstanceId id);

  bool exists() const;
  // Absolute, for the keeper.
  std::string path() const;
  // FAILED when there is no such folder.
  kj::Own<const kj::Directory> open() const;
  // Writes the spec, and makes the folder.
  void prepare(const Rendered& rendered, uint64_t incarnation, const ProcessDriverConfig& config,
               kj::Maybe<const UserNumbers&> user) const;
  // The last life that a keeper told of, and how it ended; empty when there was none.
  KeeperStatus lastState() const;
  KeeperStatus lastExit() const;
  // Null when there is none.
  kj::Maybe<kj::Own<const kj::ReadableFile>> log() const;
  void remove() const;

private:
  KeeperStatus record(kj::StringPtr name) const;

  Host& host;
  InstanceId id;
  kj::Path relative;
};

// The content of the spec file (tier_site/keeper/spec.h). FAILED when it is larger than a keeper
// reads, or holds what it cannot express.
Bytes encodeSpec(const Rendered& rendered, uint64_t incarnation, const ProcessDriverConfig& config,
                 kj::Maybe<const UserNumbers&> user);

}  // namespace skerry
