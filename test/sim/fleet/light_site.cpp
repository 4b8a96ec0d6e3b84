#include "test/sim/fleet/light_site.h"
#include "capnp/authority.capnp.h"
#include "shared/model/encoded.h"
#include "shared/replica/document_store.h"
#include "tier_region/join.h"
#include <kj/debug.h>

namespace skerry {

namespace {
constexpr uint64_t DISK_MS_MAX = 10'000;
constexpr uint32_t NUMBER = 1;
}  // namespace

LightSite::LightSite(SimWorld& world, const Transport& transport, RegionMachine& regionParam,
                     std::string nameParam)
    : name(std::move(nameParam)), region(regionParam),
      machine(world, kj::StringPtr(name.c_str(), name.size())) {
  machine.powerOn();
  auto& core = KJ_ASSERT_NONNULL(region.tier()->current());
  auto issuer = loadRegionKeys(region.host.host(), region.name(), core.clock);
  identity.key = newKey(machine.host().entropy);
  identity.root = share(*issuer.identity.root);
  identity.chain.push_back(issueLeaf({*issuer.caChain[0], *issuer.caKey}, *identity.key,
                                     "site:" + name + "/host1", clock.nowMs(),
                                     machine.host().entropy));
  identity.chain.push_back(share(*issuer.caChain[0]));
  core.members.add(keyHash(*identity.key), {name, "host1", NUMBER, clock.nowMs()},
                   core.writer->rows());
  authority = openAuthority(*identity.root, view(core.self.authority)).authority;
  Batch first;
  document = world.run(openDocument(store, {"site/" + name, DocumentKind::SITE,
                                             DocumentEnd::CHILD, NUMBER}, first), DISK_MS_MAX);
  writer.rows().append(kj::mv(first));
  handshaker = transport.newHandshaker(machine.host(), *this, identity);
}

LightSite::~LightSite() noexcept(false) { parent = nullptr; }

void LightSite::dial() {
  parent = kj::heap<Parent>(Parent::Parts{machine.host(), *handshaker, *document, registers, blobs,
                                          writer, *this, clock},
                            std::vector<std::string>{region.name() + ":443"});
}

void LightSite::report(const std::string& key, std::string_view value) {
  registers.set(key, copy(kj::arrayPtr(value.data(), value.size()).asBytes()));
  if (parent.get() != nullptr) parent->statusChanged();
}

bool LightSite::inSync() {
  if (!online()) return false;
  auto& child = *KJ_ASSERT_NONNULL(region.tier()->current()).children.at(name);
  return child.document().orders().root() == document->orders().root() &&
         child.mirror().digest() == registers.digest();
}

// As a site does: who may command it is central's word.
void LightSite::greeted(schema::ParentHello::Reader hello) {
  if (!hello.hasHome()) return;
  Disbelief why;
  auto shown = encode<schema::Signed>(hello.getHome());
  auto home = openHome(Trust{name, authority}, Marks(), view(shown), why);
  KJ_REQUIRE(home.has_value(), why.reason.c_str());
  RowChanges rows;
  document->trust({home->documentKey, home->homeGen}, rows);
  addRows(writer.rows(), document->ids().name, rows);
}

}  // namespace skerry
