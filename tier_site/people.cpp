// The people that may come to a site, from its own orders: also with every upper tier gone.
#include "shared/daemon/person_door.h"
#include "tier_site/core.h"

namespace skerry {

void SiteCore::takePeople(const std::set<std::string>& keys) {
  people.update(keys, [this](const std::string& key) -> std::optional<Bytes> {
    auto entry = document->orders().find(key);
    if (!entry) return std::nullopt;
    return entry->value;
  }, view(authorityKey));
  if (persons == nullptr) return;
  persons->sweep([this](const Hash& key, const Principal& principal) {
    auto person = people.find(key);
    return person != nullptr && person->principal() == principal;
  });
}

void SiteCore::receive(kj::Own<kj::ConnectionReceiver> port, PersonDoor& door) {
  persons = &door;
  listener = kj::heap<Listener>(kj::mv(port), host.timer, *handshaker, Listener::Doors{
      [this](Secured peer) { return servePerson(kj::mv(peer)); },
      // Nobody joins at a site.
      [](Secured) -> kj::Promise<void> { return kj::READY_NOW; }});
}

kj::Promise<void> SiteCore::servePerson(Secured peer) {
  bool isPerson = peer.peer.key && peer.peer.name.starts_with(PERSON_PREFIX);
  if (!isPerson) return KJ_EXCEPTION(FAILED, "only people come to a site", peer.peer.name.c_str());
  auto person = people.find(*peer.peer.key);
  kj::Maybe<Principal> who;
  if (person != nullptr) who = person->principal();
  return persons->serve(kj::mv(peer), kj::mv(who), clock.nowMs());
}

}  // namespace skerry
