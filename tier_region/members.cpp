#include "tier_region/members.h"
#include "capnp/stored.capnp.h"
#include "shared/daemon/self.h"
#include "shared/model/encoded.h"

namespace skerry {

const Members::Member* Members::find(const Hash& deviceKey) const {
  auto found = members.find(deviceKey);
  return found == members.end() ? nullptr : &found->second;
}

const Members::Member* Members::ofSite(const std::string& site) const {
  auto keys = keysOf.find(site);
  return keys == keysOf.end() ? nullptr : &members.at(*keys->second.begin());
}

void Members::put(const Hash& deviceKey, Member member) {
  auto& place = members[deviceKey];
  auto before = keysOf.find(place.site);
  if (before != keysOf.end()) before->second.erase(deviceKey);
  if (before != keysOf.end() && before->second.empty()) keysOf.erase(before);
  keysOf[member.site].insert(deviceKey);
  place = std::move(member);
}

std::optional<Hash> Members::keyOf(const std::string& site) const {
  auto keys = keysOf.find(site);
  if (keys == keysOf.end()) return std::nullopt;
  return *keys->second.begin();
}

void Members::add(const Hash& deviceKey, const Member& member, Batch& rows) {
  removeOthers(member.site, &deviceKey, rows);
  put(deviceKey, member);
  save(deviceKey, member, rows);
}

void Members::setNumber(const std::string& site, uint32_t number, Batch& rows) {
  auto keys = keysOf.find(site);
  if (keys == keysOf.end()) return;
  for (auto& key : keys->second) {
    auto& member = members.at(key);
    if (member.number != 0) continue;
    member.number = number;
    save(key, member, rows);
  }
}

void Members::save(const Hash& deviceKey, const Member& member, Batch& rows) {
  capnp::MallocMessageBuilder message;
  auto peer = message.initRoot<schema::StoredPeer>();
  peer.setSite(member.site);
  peer.setHost(member.host);
  peer.setNumber(member.number);
  peer.setJoinedMs(member.joinedMs);
  rows.put(Table::PEER, SELF_DOCUMENT, deviceKey.view(), view(encode<schema::StoredPeer>(peer)));
}

void Members::removeSite(const std::string& site, Batch& rows) {
  removeOthers(site, nullptr, rows);
}

void Members::removeOthers(const std::string& site, const Hash* kept, Batch& rows) {
  auto found = keysOf.find(site);
  if (found == keysOf.end()) return;
  std::erase_if(found->second, [&](const Hash& key) {
    if (kept != nullptr && key == *kept) return false;
    revoked.add(key, rows);
    rows.erase(Table::PEER, SELF_DOCUMENT, key.view());
    members.erase(key);
    return true;
  });
  if (found->second.empty()) keysOf.erase(found);
}

std::optional<Hash> Members::tokenUser(const std::string& tokenId) const {
  auto found = used.find(tokenId);
  if (found == used.end()) return std::nullopt;
  return found->second;
}

void Members::useToken(const std::string& tokenId, const Hash& deviceKey, Batch& rows) {
  used[tokenId] = deviceKey;
  rows.put(Table::TOKEN, SELF_DOCUMENT, view(tokenId), deviceKey.view());
}

void Members::load(const std::vector<Row>& peers, const std::vector<Row>& tokens) {
  for (auto& row : peers) {
    Decoded<schema::StoredPeer> decoded(row.value);
    auto peer = decoded.get();
    put(Hash::from(view(row.key)), {text(peer.getSite()), text(peer.getHost()), peer.getNumber(),
                                    peer.getJoinedMs()});
  }
  for (auto& row : tokens) used[text(view(row.key))] = Hash::from(view(row.value));
}

}  // namespace skerry
