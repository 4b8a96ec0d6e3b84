#include "test/sim/fleet/hostile_region.h"
#include "capnp/authority.capnp.h"
#include "shared/model/encoded.h"
#include "shared/replica/document_store.h"
#include <kj/debug.h>

namespace skerry {

namespace {
constexpr uint64_t DISK_MS_MAX = 10'000;
}  // namespace

HostileRegion::HostileRegion(Fleet& fleet, RegionMachine& region, kj::Maybe<Identity> identity)
    : fleet(fleet), host(region.host.host()), clock(host.clock) {
  auto& world = fleet.world;
  store = world.run(openStore(host, REGION_DATABASE), DISK_MS_MAX);
  auto loaded = world.run(loadSelf(*store), DISK_MS_MAX);
  self = kj::mv(KJ_REQUIRE_NONNULL(loaded, "this region never joined"));
  keys = loadRegionKeys(host, self.name, TrustedClock(host.clock));
  KJ_IF_MAYBE(other, identity) keys.identity = kj::mv(*other);
  rootKey = keyHash(*keys.identity.root);
  blobs = world.run(Blobs::load(*store), DISK_MS_MAX);
  members.load(world.run(store->scan(Table::PEER, SELF_DOCUMENT), DISK_MS_MAX),
               world.run(store->scan(Table::TOKEN, SELF_DOCUMENT), DISK_MS_MAX));
  writer = kj::heap<Writer>(*store, [](kj::Exception) {});
  for (auto& site : fleet.sites) {
    if (site->region == region.name()) serve(site->name());
  }
  auto address = world.run(host.network.parseAddress("0.0.0.0:443"), DISK_MS_MAX);
  handshaker = fleet.transport->newHandshaker(host, *this, keys.identity);
  listener = kj::heap<Listener>(address->listen(), host.timer, *handshaker, Listener::Doors{
      [this](Secured peer) -> kj::Promise<void> {
        auto member = members.find(peer.peer.key.value());
        KJ_REQUIRE(member != nullptr);
        return children.at(member->site)->serve(kj::mv(peer.stream));
      },
      [](Secured) -> kj::Promise<void> { return kj::NEVER_DONE; }});
}

HostileRegion::~HostileRegion() noexcept(false) {
  parent = nullptr;
  listener = nullptr;
  children.clear();
  writer = nullptr;
}

void HostileRegion::serve(const std::string& site) {
  Batch first;
  DocumentIds ids{"site/" + site, DocumentKind::SITE, DocumentEnd::PARENT, 0};
  auto document = fleet.world.run(openDocument(*store, kj::mv(ids), first), DISK_MS_MAX);
  writer->rows().append(kj::mv(first));
  children[site] = kj::heap<Child>(site, kj::mv(document),
                                   Child::Parts{host, blobs, *writer, *this});
}

void HostileRegion::fillHello(const std::string& site, schema::ChildHello::Reader,
                              schema::ParentHello::Builder hello) {
  if (saysNothing) return;
  Decoded<schema::Signed> authority(self.authority);
  hello.setAuthority(authority.get());
  Decoded<schema::Signed> home(entry(site, "home").value);
  hello.setHome(home.get());
}

void HostileRegion::followCentral() {
  Batch first;
  DocumentIds ids{"region/" + self.name, DocumentKind::REGION, DocumentEnd::CHILD, self.number};
  upward = fleet.world.run(openDocument(*store, kj::mv(ids), first), DISK_MS_MAX);
  auto epoch = fleet.world.run(nextCounter(*store, "statusEpoch", 1), DISK_MS_MAX);
  registers = kj::heap<RegisterSource>(epoch);
  for (auto& [site, child] : children) {
    std::vector<std::string> keys;
    for (auto& [key, value] : child->mirror().all()) keys.push_back(key);
    statusChanged(site, keys);
  }
  parent = kj::heap<Parent>(
      Parent::Parts{host, *handshaker, *upward, *registers, blobs, *writer, *this, clock},
      self.parents);
}

void HostileRegion::fillHello(schema::ChildHello::Builder hello) {
  hello.setAdvertise(self.name + ":443");
  hello.setDocumentKey(view(keys.documents->publicKey()));
}

void HostileRegion::statusChanged(const std::string& site,
                                  const std::vector<std::string>& changed) {
  if (registers.get() == nullptr) return;
  auto& child = *children.at(site);
  registers->set(site + "/link", linkStatus(child.online(), child.sinceMs()));
  for (auto& key : changed) {
    KJ_IF_MAYBE(value, child.mirror().find(key)) registers->set(site + "/" + key, *value);
    else registers->erase(site + "/" + key);
  }
  if (parent.get() != nullptr) parent->statusChanged();
}

bool HostileRegion::isOnline(const std::string& site) { return children.at(site)->online(); }

std::optional<OrderEntry> HostileRegion::find(const std::string& site, const std::string& key) {
  return children.at(site)->document().orders().find(key);
}

OrderEntry HostileRegion::entry(const std::string& site, const std::string& key) {
  auto found = find(site, key);
  KJ_REQUIRE(found.has_value(), "the site's orders have no such key", site.c_str(), key.c_str());
  return *found;
}

void HostileRegion::tell(const std::string& site, const std::string& key,
                         std::optional<OrderEntry> entry) {
  auto& child = *children.at(site);
  auto held = child.document().orders().version();
  OrdersEdit edit;
  if (entry) edit.puts[key] = encodeOrderEntry(*entry);
  else edit.erases.insert(key);
  auto edited = child.document().edit(edit, host.clock.wallMs(),
                                      Authorship{held.homeGen, held.era, *keys.documents});
  KJ_REQUIRE(edited.advanced, edited.refused.c_str());
  addRows(writer->rows(), child.document().ids().name, edited.rows);
  child.ordersChanged();
}

void HostileRegion::offer(const Bytes& blob) {
  KJ_REQUIRE(blobs.put(sha256(view(blob)), blob, writer->rows()));
}

}  // namespace skerry
