#include "shared/model/quota_reader.h"
#include "shared/crypto/bytes.h"
#include "shared/model/size_text.h"
#include <algorithm>
#include <limits>

namespace skerry {
namespace {

constexpr int64_t UNBOUNDED = -1;

void refuse(Problems& problems, const char* field, std::string message, std::string hint) {
  problems.push_back({"", 0, std::string("quota.") + field, "bad-value", std::move(message),
                      std::move(hint)});
}

int64_t asSigned(uint64_t amount) {
  return int64_t(std::min<uint64_t>(amount, std::numeric_limits<int64_t>::max()));
}

template <typename Amounts, typename Visit>
void visitFields(Amounts amounts, Visit visit) {
  visit(Resource::INSTANCES, amounts.getInstances());
  visit(Resource::CPUS, amounts.getCpuMilli());
  visit(Resource::MEMORY, amounts.getMemoryBytes());
  visit(Resource::DISK, amounts.getDiskBytes());
}

template <typename Value>
void write(schema::Amounts::Builder to, Value value) {
  to.setInstances(value(Resource::INSTANCES));
  to.setCpuMilli(value(Resource::CPUS));
  to.setMemoryBytes(value(Resource::MEMORY));
  to.setDiskBytes(value(Resource::DISK));
}

}  // namespace

void checkQuota(schema::Quota::Reader quota, Problems& problems) {
  if (quota.getInstances() < -1) {
    refuse(problems, "instances",
           std::to_string(quota.getInstances()) + " is no number of instances",
           "write 0 or more, or remove it for no bound");
  }
  if (auto cpus = text(quota.getCpus()); !cpus.empty() && !parseCpuMilli(cpus)) {
    refuse(problems, "cpus", "`" + cpus + "` is no number of CPUs", "write `8`, `0.5` or `500m`");
  }
  auto size = [&](const char* field, const std::string& written) {
    if (written.empty() || parseSize(written)) return;
    refuse(problems, field, "`" + written + "` is no size", "write `4Gi` or `512Mi`");
  };
  size("memory", text(quota.getMemory()));
  size("disk", text(quota.getDisk()));
}

Quota readQuota(schema::Quota::Reader from) {
  Quota quota;
  if (from.getInstances() >= 0) quota[Resource::INSTANCES] = uint64_t(from.getInstances());
  quota[Resource::CPUS] = parseCpuMilli(text(from.getCpus()));
  quota[Resource::MEMORY] = parseSize(text(from.getMemory()));
  quota[Resource::DISK] = parseSize(text(from.getDisk()));
  return quota;
}

Amounts demandOf(schema::Application::Reader application) {
  Amounts demand;
  for (auto service : application.getServices()) {
    auto limits = service.getDeploy().getResources().getLimits();
    Amounts one;
    one[Resource::INSTANCES] = 1;
    one[Resource::CPUS] = parseCpuMilli(text(limits.getCpus())).value_or(0);
    one[Resource::MEMORY] = parseSize(text(limits.getMemory())).value_or(0);
    demand += one;
  }
  return demand;
}

std::vector<std::string> undeclaredLimits(schema::Application::Reader application,
                                          const Quota& quota) {
  std::vector<std::string> paths;
  for (auto service : application.getServices()) {
    auto limits = service.getDeploy().getResources().getLimits();
    auto path = "services." + text(service.getName()) + ".deploy.resources.limits.";
    if (quota[Resource::CPUS] && limits.getCpus().size() == 0) paths.push_back(path + "cpus");
    if (quota[Resource::MEMORY] && limits.getMemory().size() == 0) paths.push_back(path + "memory");
  }
  return paths;
}

Amounts readAmounts(schema::Amounts::Reader from) {
  Amounts amounts;
  visitFields(from, [&](Resource resource, int64_t value) {
    amounts[resource] = value < 0 ? 0 : uint64_t(value);
  });
  return amounts;
}

void writeAmounts(const Amounts& from, schema::Amounts::Builder to) {
  write(to, [&](Resource resource) { return asSigned(from[resource]); });
}

Quota readBounds(schema::Amounts::Reader from) {
  Quota quota;
  visitFields(from, [&](Resource resource, int64_t value) {
    if (value >= 0) quota[resource] = uint64_t(value);
  });
  return quota;
}

void writeBounds(const Quota& from, schema::Amounts::Builder to) {
  write(to, [&](Resource resource) {
    return from[resource] ? asSigned(*from[resource]) : UNBOUNDED;
  });
}

}  // namespace skerry
