// What the orders of a region's document should say: a pure reading of the registry. The projector
// writes what differs.
#pragma once
#include "tier_central/registry.h"
#include <optional>
#include <set>

namespace skerry {

struct OrderReading {
  Bytes gen, value;
  AuthoritySeq seq;           // of the newest statement in it
  std::vector<Hash> blobs;    // that the value refers to
};

// Every key of `region`'s document.
std::set<std::string> orderKeys(const Registry& registry, const std::string& region);
// Null: the document should not have this key.
std::optional<OrderReading> readOrder(const Registry& registry, const std::string& region,
                                      const std::string& key);

// The same, as an encoded entry of the document.
std::optional<Bytes> readingOf(const Registry& registry, const std::string& region,
                               const std::string& key);

inline std::string policyKey(const std::string& tenant) { return "policy/" + tenant; }
inline std::string siteKey(const std::string& site) { return "site/" + site; }
inline std::string userKey(const std::string& id) { return std::string(USER_ORDER) + id; }
// Whether the person has anything to do with the region: then its tiers know the person.
bool touches(const Registry& registry, const Person& person, const std::string& region);
inline std::string tokenKey(const std::string& id) { return "token/" + id; }
inline std::string appKey(const TenantAndName& app) {
  return "app/" + app.first + "/" + app.second;
}

}  // namespace skerry
