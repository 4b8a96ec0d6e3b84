// Restart histories of a site's instances in the store. Writes only what changed, and only while
// there is a core to write with: healing does not wait for a disk.
#pragma once
#include "shared/replica/writer.h"
#include "tier_site/supervisor.h"

namespace skerry {

class RunBook final : public RunRecords {
public:
  // `stored`: what the disk holds, whatever an earlier writer was given.
  void attach(Writer& to, const std::map<InstanceId, Run>& stored);
  void detach() { writer = nullptr; }

  static std::map<InstanceId, Run> load(const std::vector<Row>& rows);
  void save(const InstanceId& id, const Run& run) override;
  void erase(const InstanceId& id) override;

private:
  kj::Maybe<Writer&> writer;
  std::map<InstanceId, Bytes> written;
};

}  // namespace skerry
