#include "shared/model/quota.h"
#include "shared/model/size_text.h"
#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

namespace skerry {
namespace {

constexpr uint64_t MOST = std::numeric_limits<uint64_t>::max();

uint64_t sum(uint64_t a, uint64_t b) {
  uint64_t result;
  return __builtin_add_overflow(a, b, &result) ? MOST : result;
}
uint64_t product(uint64_t a, uint64_t b) {
  uint64_t result;
  return __builtin_mul_overflow(a, b, &result) ? MOST : result;
}

}  // namespace

const char* nameOf(Resource resource) {
  constexpr std::array<const char*, RESOURCES.size()> NAMES{"instances", "cpus", "memory", "disk"};
  return NAMES[size_t(resource)];
}

std::string printAmount(Resource resource, uint64_t amount) {
  switch (resource) {
    case Resource::INSTANCES: return std::to_string(amount);
    case Resource::CPUS: return printCpuMilli(amount);
    case Resource::MEMORY:
    case Resource::DISK: break;
  }
  return amount == 0 ? "0" : printSize(amount);
}

Amounts& Amounts::operator+=(const Amounts& other) {
  for (auto resource : RESOURCES) (*this)[resource] = sum((*this)[resource], other[resource]);
  return *this;
}

Amounts Amounts::times(uint64_t count) const {
  Amounts result;
  for (auto resource : RESOURCES) result[resource] = product((*this)[resource], count);
  return result;
}

bool Quota::isBounded() const {
  return std::any_of(each.begin(), each.end(), [](auto& bound) { return bound.has_value(); });
}

std::optional<Resource> Quota::exceededBy(const Amounts& amounts) const {
  for (auto resource : RESOURCES) {
    auto& bound = (*this)[resource];
    if (bound && amounts[resource] > *bound) return resource;
  }
  return std::nullopt;
}

std::vector<std::optional<Resource>> admit(const Quota& share,
                                           const std::vector<QuotaTarget>& targets) {
  std::vector<size_t> order(targets.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    auto rank = [&](const QuotaTarget& target) {
      return std::make_tuple(!target.isKept, -int64_t(target.priority), std::cref(target.app),
                             std::cref(target.site));
    };
    return rank(targets[a]) < rank(targets[b]);
  });
  std::vector<std::optional<Resource>> missing(targets.size());
  Amounts used;
  for (auto i : order) {
    auto with = used;
    with += targets[i].demand;
    missing[i] = share.exceededBy(with);
    if (!missing[i]) used = with;
  }
  return missing;
}

std::string noQuota(const std::string& tenant, Resource resource) {
  return "no quota: the " + std::string(nameOf(resource)) + " allotted here to tenant '" + tenant +
         "' are used up";
}

}  // namespace skerry
