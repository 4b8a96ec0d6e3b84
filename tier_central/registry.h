// What central has been told to want, in memory: every declared object with what was signed for
// it. Pure: methods change the maps and say which rows to write.
#pragma once
#include "capnp/manifest.capnp.h"
#include "shared/daemon/people.h"
#include "shared/daemon/revoked_keys.h"
#include "shared/model/block.h"
#include "shared/model/quota.h"
#include "shared/model/statement.h"
#include "shared/store/store.h"
#include <map>
#include <optional>
#include <utility>

namespace skerry {

constexpr uint32_t NUMBERS_SKIPPED = 1 << 20;  // per restore: more than any fleet joins meanwhile
constexpr uint32_t CENTRAL_NUMBER = 1;  // as a writer; regions and hosts are numbered from 2
constexpr kj::StringPtr CENTRAL_DOCUMENT = "central"_kj;  // the document id of central's own rows

// What something declared is called: of an application with its tenant.
struct ObjectName {
  std::string kind;
  std::pair<std::string, std::string> name;
  auto operator<=>(const ObjectName&) const = default;
};

struct TenantObject {
  Bytes manifest, gen;
  Bytes policy;  // signed: for regions that have none of their own
  std::map<std::string, Bytes> regionPolicies;  // signed, each with the region's share
  Quota quota;
  std::map<std::string, Quota> shares;  // as in `regionPolicies`
  std::optional<BlockWord> block;
  std::string set;  // the apply set it came with last; empty: none. Of every kind
  const Bytes& policyFor(const std::string& region) const {
    auto own = regionPolicies.find(region);
    return own == regionPolicies.end() ? policy : own->second;
  }
};
struct RegionObject {
  Bytes manifest, gen, documentKey, head;
  uint32_t number = 0;
  std::optional<Hash> deviceKey;
  int64_t joinedMs = 0;  // when its machine got its first certificate; 0: not known
  std::string address, set;
  bool joined() const { return deviceKey.has_value(); }
};
struct SiteObject {
  Bytes manifest, gen, record, home, homeKey;
  std::string region;
  std::map<std::string, std::string> labels;          // in force
  std::map<std::string, std::string> operatorLabels;  // of those, given beside the manifest
  std::string set;
  uint64_t homeGen = 0;
  std::optional<BlockWord> block;
  BlockedHosts blockedHosts;
};
struct ApplicationObject {
  Bytes manifest, gen, intent;
  AuthoritySeq intentSeq;
  std::string selector, set;
  int32_t priority = 0;
  Amounts demand;  // at each site
  std::vector<Bytes> revisions;   // signed, newest first
  std::vector<Hash> allowed;      // their hashes, in the same order
};
struct TokenObject {
  std::string kind, name, host;  // kind: region or site
  uint32_t number = 0;
  Hash secretHash;
  int64_t expiresMs = 0;
  std::optional<Hash> usedBy;
  bool revoked = false;
  AuthoritySeq seq;  // of its last change
  bool callsHome = false;  // an approval: its id is a host's identity, and there is no secret
};
struct UserObject {
  Bytes gen, statement;
};

// The labels in force: an operator's before those of the manifest.
std::map<std::string, std::string> labelsOf(schema::Site::Reader manifest,
                                            std::map<std::string, std::string> operatorLabels);

using TenantAndName = std::pair<std::string, std::string>;

class Registry {
public:
  std::map<std::string, TenantObject> tenants;
  std::map<std::string, RegionObject> regions;
  std::map<std::string, SiteObject> sites;
  std::map<TenantAndName, ApplicationObject> applications;
  std::map<std::string, TokenObject> tokens;
  std::map<std::string, UserObject> users;  // by NAME or TENANT/NAME
  People people;                            // the same, by their keys
  RevokedKeys revoked{CENTRAL_DOCUMENT};    // of regions and people

  // Each counter grows by one per call and never goes back; the row is written with what uses it.
  AuthoritySeq nextSeq(Batch& rows);
  uint32_t nextNumber(Batch& rows);
  void setEra(uint64_t era, Batch& rows);
  // After a restore: numbers given out since the backup are not given again.
  void skipNumbers(Batch& rows);
  uint64_t getEra() const { return era; }
  // Of the row that keeps it.
  static uint64_t eraOf(BytesView row);

  // Writes the object's row, or erases it when the object is not in the map any more.
  void saveTenant(const std::string& name, Batch& rows) const;
  void saveRegion(const std::string& name, Batch& rows) const;
  void saveSite(const std::string& name, Batch& rows) const;
  void saveApplication(const TenantAndName& name, Batch& rows) const;
  void saveToken(const std::string& id, Batch& rows) const;
  // Whose key, if there was another one, is revoked.
  void putUser(const Person& person, UserObject object, Batch& rows);
  void removeUser(const std::string& id, Batch& rows);

  // From the rows of CENTRAL_DOCUMENT. FAILED names a row that cannot be read.
  void load(const std::vector<Row>& objects, const std::vector<Row>& tokenRows,
            const std::vector<Row>& meta);

private:
  uint64_t era = 0, seq = 0;
  uint32_t number = CENTRAL_NUMBER;
};

}  // namespace skerry
