// What a tenant may use and what its applications ask for, in the four things that are bounded, and
// the two decisions about them: a region's choice of what it assigns within its share, and the
// words for what does not fit. Pure. Includes no generated code; quota_reader.h reads it from that.
//
// Units: instances, thousandths of a CPU, bytes. Sums stop at the greatest number instead of
// beginning anew.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace skerry {

enum class Resource : uint8_t { INSTANCES, CPUS, MEMORY, DISK };
constexpr std::array<Resource, 4> RESOURCES{Resource::INSTANCES, Resource::CPUS, Resource::MEMORY,
                                            Resource::DISK};
// As in a manifest: `instances`, `cpus`, `memory`, `disk`.
const char* nameOf(Resource resource);
// `3`, `500m`, `64Mi`.
std::string printAmount(Resource resource, uint64_t amount);

struct Amounts {
  std::array<uint64_t, RESOURCES.size()> each{};
  uint64_t& operator[](Resource resource) { return each[size_t(resource)]; }
  uint64_t operator[](Resource resource) const { return each[size_t(resource)]; }
  Amounts& operator+=(const Amounts& other);
  Amounts times(uint64_t count) const;
  bool operator==(const Amounts&) const = default;
};

// Upper bounds; none where there is no value.
struct Quota {
  std::array<std::optional<uint64_t>, RESOURCES.size()> each{};
  std::optional<uint64_t>& operator[](Resource resource) { return each[size_t(resource)]; }
  const std::optional<uint64_t>& operator[](Resource resource) const {
    return each[size_t(resource)];
  }
  bool isBounded() const;
  // The first resource of which `amounts` is more than there may be.
  std::optional<Resource> exceededBy(const Amounts& amounts) const;
  bool operator==(const Quota&) const = default;
};

// One application that one site should run.
struct QuotaTarget {
  std::string app, site;
  int32_t priority = 0;
  Amounts demand;
  bool isKept = false;  // it has its part already: what comes later does not take that away
};
// What is assigned within `share`: first what is kept, then by priority, application and site. Of
// each target, as given: the resource there is not enough of, or none when it is assigned.
std::vector<std::optional<Resource>> admit(const Quota& share,
                                           const std::vector<QuotaTarget>& targets);

// What a target is told that admit() left out.
std::string noQuota(const std::string& tenant, Resource resource);

}  // namespace skerry
