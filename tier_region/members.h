// The hosts that joined a region's sites, by their registered device keys, and the tokens they
// used. Pure but for the rows it writes.
#pragma once
#include "shared/daemon/revoked_keys.h"
#include "shared/daemon/self.h"
#include <map>
#include <optional>
#include <set>
#include <string>

namespace skerry {

class Members {
public:
  struct Member {
    std::string site, host;
    uint32_t number = 0;
    int64_t joinedMs = 0;
  };
  const Member* find(const Hash& deviceKey) const;
  const Member* ofSite(const std::string& site) const;
  std::optional<Hash> keyOf(const std::string& site) const;
  // A site has one host: a newer one replaces the older, whose key is revoked.
  void add(const Hash& deviceKey, const Member& member, Batch& rows);
  // The number of a host that was taken back without one.
  void setNumber(const std::string& site, uint32_t number, Batch& rows);
  // Its hosts' keys are revoked.
  void removeSite(const std::string& site, Batch& rows);

  std::optional<Hash> tokenUser(const std::string& tokenId) const;
  // Tokens by id, and the device key that came with each.
  const std::map<std::string, Hash>& usedTokens() const { return used; }
  void useToken(const std::string& tokenId, const Hash& deviceKey, Batch& rows);

  void load(const std::vector<Row>& peers, const std::vector<Row>& tokens);

  RevokedKeys revoked{SELF_DOCUMENT};

private:
  void save(const Hash& deviceKey, const Member& member, Batch& rows);
  void removeOthers(const std::string& site, const Hash* kept, Batch& rows);
  void put(const Hash& deviceKey, Member member);

  std::map<Hash, Member> members;
  std::map<std::string, std::set<Hash>> keysOf;  // by site
  std::map<std::string, Hash> used;
};

}  // namespace skerry
