// Central after a restore from a backup: what its regions hold and it does not know of is read back
// before anything goes down, and before anything may be declared.
#include "capnp/uplink.capnp.h"
#include "shared/daemon/log.h"
#include "shared/model/encoded.h"
#include "shared/replica/document_store.h"
#include "shared/replica/read_back.h"
#include "tier_central/adopt.h"
#include "tier_central/core.h"
#include <algorithm>

namespace skerry {
namespace {

constexpr int64_t SECOND_MS = 1'000;

}  // namespace

void CentralCore::takeRestored(const Restored& restored) {
  auto& rows = writer->rows();
  recovery.begin(restored, rows);
  registry.skipNumbers(rows);
  beginEra(restored.eraSeen);
}

void CentralCore::beginEra(uint64_t above) {
  auto era = eraAfterRestore(std::max(registry.getEra(), above), clock.nowMs() / SECOND_MS);
  registry.setEra(era, writer->rows());
  logEvent(Severity::WARNING, "central.restored", {{"era", era},
           {"next", "skerry restore status"}});
}

std::vector<std::string> CentralCore::awaited() const {
  std::vector<std::string> names;
  for (auto& [name, child] : children) {
    if (child->document().isUnread() && !recovery.writtenOff.contains(name)) names.push_back(name);
  }
  return names;
}

kj::Promise<void> CentralCore::writeOff(const std::string& region) {
  recovery.writtenOff.insert(region);
  recovery.save(writer->rows());
  settleRestore();
  changes.note();
  return writer->durable();
}

void CentralCore::rememberEnded(const Touched& touched, Batch& rows) {
  bool isUnread = std::any_of(children.begin(), children.end(), [](auto& child) {
    return child.second->document().isUnread();
  });
  if (touched.ended.empty() || !isUnread) return;
  for (auto& life : touched.ended) recovery.end(life);
  recovery.save(rows);
}

void CentralCore::settleRestore() {
  if (!recovery.wasRestored() || !awaited().empty()) return;
  Batch rows;
  Touched touched;
  declarations->agree(rows, touched);
  commit(kj::mv(rows), touched).detach([](kj::Exception&&) {});  // the writer tells who has to know
}

void CentralCore::wasRead(const std::string& region) {
  projectAll(*children.at(region));
  settleRestore();
  children.at(region)->ordersChanged();
  heads->follow(region);
  changes.note();
}

// The certificate is the one that it joined with, of the time that was forgotten: who was revoked
// before is in the backup. What a region issued itself proves nothing, since a machine that was
// replaced still has the key to issue with. Of two such machines the one that joined later stays.
bool CentralCore::mayReturn(const PeerIdentity& peer) const {
  constexpr std::string_view REGION = "region:";
  if (!recovery.wasRestored() || !peer.key || !peer.name.starts_with(REGION)) return false;
  auto known = registry.regions.find(peer.name.substr(REGION.size()));
  bool isReplaced = known != registry.regions.end() && known->second.joinedMs > peer.issuedMs;
  return peer.issuer == rootKey && !isReplaced &&
         peer.issuedMs + CLOCK_TOLERANCE_MS >= recovery.backupMs;
}

kj::Promise<void> CentralCore::takeBack(const PeerIdentity& peer) {
  auto name = peer.name.substr(peer.name.find(':') + 1);
  auto& region = registry.regions[name];
  if (region.gen.empty()) {
    region.gen = issuer->newLife();
    capnp::MallocMessageBuilder message;
    auto manifest = message.initRoot<schema::Region>();
    manifest.setName(name);
    region.manifest = encode<schema::Region>(manifest);
  }
  auto& rows = writer->rows();
  if (region.deviceKey && region.deviceKey != peer.key) {
    registry.revoked.add(*region.deviceKey, rows);
    auto before = children.find(name);
    if (before != children.end()) {
      before->second->end("another machine took the place of this one");
    }
  }
  region.deviceKey = peer.key;
  region.joinedMs = peer.issuedMs;
  // Known on disk no sooner than its document is to be read.
  auto known = children.contains(name) ? kj::Promise<void>(kj::READY_NOW) : addChild(name, true);
  return known.then([this, name] {
    registry.saveRegion(name, writer->rows());
    recovery.note(name, "region/" + name, "adopted");
    recovery.save(writer->rows());
    return writer->durable();
  });
}

// What a region that joined after the backup said when it joined, and the token it did it with.
void CentralCore::learnKeys(const std::string& name, schema::ChildHello::Reader hello) {
  auto& region = registry.regions.at(name);
  auto& rows = writer->rows();
  if (region.number == 0 && hello.getWriter() != 0) {
    region.number = hello.getWriter();
    registry.saveRegion(name, rows);
  }
  for (auto& [id, token] : registry.tokens) {
    bool isItsOwn = token.kind == "region" && token.name == name && !token.usedBy &&
                    token.number == hello.getWriter();
    if (!isItsOwn) continue;
    token.usedBy = region.deviceKey;
    registry.saveToken(id, rows);
  }
  if (hello.getDocumentKey() == view(region.documentKey)) return;
  // Its sites have a home that names that key, which is read back; what lacks one gets it then.
  region.documentKey = copy(hello.getDocumentKey());
  registry.saveRegion(name, rows);
}

// Orders of this era that we do not know: somebody put our files back without `restore`, or the
// clock stood still between two restores. Then every child may know more than we do.
void CentralCore::forgetChildren(const std::string& except) {
  for (auto& [name, child] : children) {
    if (name == except) continue;
    RowChanges rows;
    child->document().forgetChild(rows);
    heads->forget(name);
    addRows(writer->rows(), child->document().ids().name, rows);
    child->end("central was restored from a backup; come again");
  }
}

kj::Promise<void> CentralCore::shown(const std::string& region, const Orders& shown) {
  auto& child = *children.at(region);
  if (shown.version().era >= registry.getEra()) {
    if (!child.document().isUnread()) forgetChildren(region);
    beginEra(shown.version().era);
  }
  auto begin = [this, region, &shown] {
    return Adoption({registry, blobs, *declarations, recovery, authority->publicKey()}, region,
                    children.at(region)->document(), shown);
  };
  auto wanted = begin().blobs();
  declarations->arriving.insert(wanted.begin(), wanted.end());
  auto arrived = kj::defer([this, wanted] {
    auto& arriving = declarations->arriving;
    for (auto& hash : wanted) arriving.erase(arriving.find(hash));
  });
  auto reading = readBlobs(KJ_ASSERT_NONNULL(child.downlink()), std::move(wanted), blobs, *writer);
  return reading.then([this, region, &shown, begin] {
    auto adoption = begin();
    adopt(region, shown, adoption);
    return writer->durable();
  }).attach(kj::mv(arrived));
}

void CentralCore::adopt(const std::string& region, const Orders& shown, Adoption& adoption) {
  auto& child = *children.at(region);
  Batch rows;
  Touched touched;
  adoption.run(rows, touched);
  auto edited = child.document().adopt(shown, host.clock.wallMs(), authorship());
  KJ_REQUIRE(edited.refused.empty(), edited.refused.c_str());
  addRows(rows, child.document().ids().name, edited.rows);
  writer->rows().append(kj::mv(rows));
  projectAll(child);
  Batch more;
  adoption.erase(more, touched);
  auto& known = registry.regions.at(region);
  declarations->regionJoined(region, *known.deviceKey, view(known.documentKey), more, touched);
  recovery.writtenOff.erase(region);
  recovery.save(more);
  commit(kj::mv(more), touched).detach([](kj::Exception&&) {});  // the writer tells who has to know
  projectAll(child);
  settleRestore();
  heads->follow(region);
}

}  // namespace skerry
