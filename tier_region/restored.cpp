// A region after a restore from a backup. It decides nothing that central does not, so it says
// nothing to its sites before central said what it wants now; and what a site holds beyond that
// stays as it is.
#include "shared/daemon/held_statements.h"
#include "shared/daemon/log.h"
#include "shared/model/encoded.h"
#include "shared/replica/document_store.h"
#include "shared/replica/read_back.h"
#include "tier_region/core.h"
#include "capnp/authority.capnp.h"

namespace skerry {
namespace {

constexpr int64_t SECOND_MS = 1'000;
constexpr uint32_t CENTRAL = 0;  // as an authority
constexpr std::string_view SITE = "site:", TOKEN = "token/", APP = "app/";

}  // namespace

void RegionCore::takeRestored(const Restored& restored) {
  isRestored = true;
  auto& rows = writer->rows();
  recovery.begin(restored, rows);
  recovery.awaitsParent = true;
  recovery.save(rows);
  beginEra(restored.eraSeen);
  RowChanges anew;
  upward->beginHistory(host.entropy.next(), anew);
  addRows(rows, upward->ids().name, anew);
}

void RegionCore::beginEra(uint64_t above) {
  era = eraAfterRestore(std::max(era, above), clock.nowMs() / SECOND_MS);
  writer->rows().put(Table::META, SELF_DOCUMENT, view("era"), view(pack(era)));
  logEvent(Severity::WARNING, "region.restored", {{"era", era}, {"next", "skerry restore status"}});
}

void RegionCore::hearCentral(schema::ParentHello::Reader hello) {
  // Left out: central holds what we hold.
  centralHolds = upward->orders().version();
  if (hello.hasDocument()) {
    auto said = decodeHello(hello.getDocument());
    if (said) centralHolds = said->version;
  }
  noteCaughtUp();
}

// What it wanted when it greeted us is here.
void RegionCore::noteCaughtUp() {
  if (!recovery.awaitsParent || !centralHolds) return;
  if (upward->orders().version() < *centralHolds) return;
  recovery.awaitsParent = false;
  recovery.save(writer->rows());
  for (auto& [site, child] : children) {
    projectAll(*child);
    endInherited(site);
    child->ordersChanged();
  }
  changes.note();
}

// An application that a site held and the backup did not list stays until it is certain that
// central ended it: it was signed before the newest word of central that came here, in one era,
// and is not among what central wants now.
void RegionCore::endInherited(const std::string& site) {
  auto& document = children.at(site)->document();
  auto& head = headRelay->newest();
  bool mayKnow = recovery.wasRestored() && !recovery.awaitsParent && head.has_value();
  if (!mayKnow || document.isUnread()) return;
  OrdersEdit edit;
  for (auto& [key, stored] : document.orders().entries()) {
    bool isInherited = key.starts_with(APP) && document.table().find(key) == nullptr &&
                       upward->orders().bytesOf(key) == nullptr;
    if (!isInherited) continue;
    auto entry = document.orders().find(key);
    bool isBefore = entry && entry->origin.authority == CENTRAL &&
                    entry->origin.era == head->seq.era && entry->origin.fieldSeq <= head->seq.n;
    if (!isBefore) continue;
    edit.erases.insert(key);
    recovery.note(site, key, "deleted");
  }
  if (edit.erases.empty()) return;
  auto edited = document.edit(edit, clock.nowMs(), authorOf(site));
  KJ_REQUIRE(edited.refused.empty(), edited.refused.c_str());
  addRows(writer->rows(), document.ids().name, edited.rows);
  recovery.save(writer->rows());
  children.at(site)->ordersChanged();
}

void RegionCore::forgetChildren(const std::string& except) {
  for (auto& [site, child] : children) {
    if (site == except) continue;
    RowChanges rows;
    child->document().forgetChild(rows);
    addRows(writer->rows(), child->document().ids().name, rows);
    child->end("this region was restored from a backup; come again");
  }
}

void RegionCore::wasRead(const std::string& site) {
  projectAll(*children.at(site));
  children.at(site)->ordersChanged();
  changes.note();
}

kj::Promise<void> RegionCore::shown(const std::string& site, const Orders& shown) {
  auto& child = *children.at(site);
  // As in central: our files were put back without `restore`, or the clock stood still.
  if (shown.version().era >= era) {
    if (!child.document().isUnread()) forgetChildren(site);
    beginEra(shown.version().era);
  }
  std::set<Hash> wanted;
  for (auto& [key, entry] : shown.entries()) wanted.insert(entry.blobs.begin(), entry.blobs.end());
  arriving.insert(wanted.begin(), wanted.end());
  auto arrived = kj::defer([this, wanted] {
    for (auto& hash : wanted) arriving.erase(arriving.find(hash));
  });
  auto reading = readBlobs(KJ_ASSERT_NONNULL(child.downlink()), std::move(wanted), blobs, *writer);
  return reading.then([this, site, &shown] {
    adopt(site, shown);
    return writer->durable();
  }).attach(kj::mv(arrived));
}

void RegionCore::adopt(const std::string& site, const Orders& shown) {
  auto& child = *children.at(site);
  auto verdicts = judgeReadBack(shown, child.document().table(), [&](const std::string& key) {
    return assigner->read(site, key);
  });
  for (auto& [key, verdict] : verdicts) {
    if (key == HEAD_KEY) continue;
    if (verdict == ReadBackVerdict::NEWER_THERE) recovery.note(site, key, "adopted");
    if (verdict == ReadBackVerdict::UNKNOWN_HERE) recovery.note(site, key, "inherited");
    if (verdict == ReadBackVerdict::DELETED_THERE) recovery.note(site, key, "deleted");
    if (verdict == ReadBackVerdict::CONFLICT) recovery.note(site, key, "conflict");
  }
  auto edited = child.document().adopt(shown, clock.nowMs(), authorOf(site));
  KJ_REQUIRE(edited.refused.empty(), edited.refused.c_str());
  addRows(writer->rows(), child.document().ids().name, edited.rows);
  recovery.save(writer->rows());
  projectAll(child);
  endInherited(site);
  changes.note();
}

// Its certificate is of our own issuing key and of the time that was forgotten; who was replaced
// before is revoked in the backup. Of two such the one that joined later stays.
const Members::Member* RegionCore::takeBack(const PeerIdentity& peer) {
  auto& name = peer.name;
  auto slash = name.find('/');
  if (!recovery.wasRestored() || !peer.key || !name.starts_with(SITE) || slash == name.npos) {
    return nullptr;
  }
  // Of which life of the site it is central has to say first.
  if (recovery.awaitsParent) return nullptr;
  bool isOurs = peer.issuer == keyHash(*caChain[0]) && !isRevoked(*peer.key) &&
                peer.issuedMs + CLOCK_TOLERANCE_MS >= recovery.backupMs;
  Members::Member member{name.substr(SITE.size(), slash - SITE.size()), name.substr(slash + 1), 0,
                         peer.issuedMs};
  auto before = members.ofSite(member.site);
  bool isReplaced = before != nullptr && before->joinedMs > member.joinedMs + CLOCK_TOLERANCE_MS;
  if (!isOurs || isReplaced || !children.contains(member.site)) return nullptr;
  if (before != nullptr) {
    children.at(member.site)->end("another machine took the place of this one");
  }
  members.add(*peer.key, member, writer->rows());
  recovery.note(member.site, "host/" + member.host, "adopted");
  recovery.save(writer->rows());
  reportLink(member.site);
  return members.find(*peer.key);
}

void RegionCore::learnNumber(const std::string& site, uint32_t number) {
  auto* member = members.ofSite(site);
  if (number == 0 || member == nullptr || member->number != 0) return;
  auto& rows = writer->rows();
  members.setNumber(site, number, rows);
  auto device = members.keyOf(site);
  for (auto& [key, stored] : upward->orders().entries()) {
    if (!key.starts_with(TOKEN)) continue;
    Decoded<schema::TokenOrder> order(upward->orders().find(key)->value);
    bool isItsOwn = order.get().getHostNumber() == number && text(order.get().getSite()) == site;
    if (!isItsOwn || !device) continue;
    members.useToken(key.substr(TOKEN.size()), *device, rows);
  }
  reportUses();
}

}  // namespace skerry
