#include "tier_central/core.h"
#include "capnp/authority.capnp.h"
#include "shared/async/task.h"
#include "shared/daemon/held_statements.h"
#include "shared/daemon/listen.h"
#include "shared/daemon/log.h"
#include "shared/daemon/person_door.h"
#include "shared/ledger/order_entry.h"
#include "shared/model/encoded.h"
#include "shared/replica/document_store.h"
#include "tier_central/init.h"
#include "tier_central/orders.h"

namespace skerry {
namespace {

DocumentIds idsOf(const std::string& region) {
  return {"region/" + region, DocumentKind::REGION, DocumentEnd::PARENT, 0};
}

}  // namespace

// The steps of opening, apart, because each waits.
class CentralOpening {
public:
  static Task<kj::Own<CentralCore>> run(Host& host, const Transport& transport,
                                        CentralConfig config, Chronicle& chronicle,
                                        CentralCore::Failed failed) {
    auto core = kj::Own<CentralCore>(new CentralCore(host, std::move(config), chronicle),
                                     kj::_::HeapDisposer<CentralCore>::instance);
    auto opening = openStore(host, CENTRAL_DATABASE);
    core->store = co_await opening;
    auto objects = core->store->scan(Table::OBJECT, CENTRAL_DOCUMENT);
    auto objectRows = co_await objects;
    auto tokens = core->store->scan(Table::TOKEN, CENTRAL_DOCUMENT);
    auto tokenRows = co_await tokens;
    auto meta = core->store->scan(Table::META, CENTRAL_DOCUMENT);
    auto metaRows = co_await meta;
    core->registry.load(objectRows, tokenRows, metaRows);
    auto revoked = core->store->scan(Table::REVOKED, CENTRAL_DOCUMENT);
    auto revokedRows = co_await revoked;
    core->registry.revoked.load(revokedRows);
    for (auto& row : metaRows) {
      if (text(view(row.key)) == ADVERTISE_ROW) core->config.advertise = text(view(row.value));
      if (text(view(row.key)) == NAME_ROW) core->fleet = text(view(row.value));
    }
    auto loading = Blobs::load(*core->store);
    core->blobs = co_await loading;
    for (auto& row : metaRows) {
      if (text(view(row.key)) == RECOVERY_ROW) core->recovery.load(view(row.value));
    }
    equip(*core, kj::mv(failed));
    core->chronicle.begin(1, SKERRY_VERSION);
    auto looking = findRestored(*core->store, CENTRAL_DOCUMENT);
    auto restored = co_await looking;
    KJ_IF_MAYBE(mark, restored) core->takeRestored(*mark);
    std::vector<std::string> joined;
    for (auto& [name, region] : core->registry.regions) {
      if (region.joined()) joined.push_back(name);
    }
    for (auto& name : joined) {
      auto adding = core->addChild(name, restored != nullptr);
      co_await adding;
    }
    // Until then a crash begins the restore again, from the mark.
    if (restored != nullptr) eraseMark(CENTRAL_DOCUMENT, core->writer->rows());
    auto settled = core->writer->durable();
    co_await settled;
    auto listening = listenOn(host, core->config.listen);
    auto port = co_await listening;
    core->openDoor(transport, kj::mv(port));
    co_return kj::mv(core);
  }

private:
  static void equip(CentralCore& core, CentralCore::Failed failed) {
    auto keys = loadCentralKeys(core.host);
    core.identity = kj::mv(keys.identity);
    core.clock.atLeast(centralClock(core.host, *core.identity.root).floor());
    core.rootKey = keyHash(*core.identity.root);
    core.authority = std::move(keys.authority);
    core.documents = std::move(keys.documents);
    core.authorityEnvelope = std::move(keys.envelope);
    core.writer = kj::heap<Writer>(*core.store, kj::mv(failed));
    core.issuer = kj::heap<AuthorityIssuer>(core.registry, *core.authority, core.host.clock,
                                            core.host.entropy);
    core.declarations = kj::heap<Declarations>(core.registry, core.blobs, *core.issuer);
    core.heads = kj::heap<Heads>(core.host, core.registry, [&core](const std::string& region) {
      return core.signHead(region);
    });
  }
};

kj::Promise<kj::Own<CentralCore>> CentralCore::open(Host& host, const Transport& transport,
                                                    CentralConfig config, Chronicle& chronicle,
                                                    Failed failed) {
  return CentralOpening::run(host, transport, std::move(config), chronicle, kj::mv(failed));
}

CentralCore::~CentralCore() noexcept(false) {
  heads = nullptr;
  door = nullptr;
  children.clear();
  writer = nullptr;
}

void CentralCore::openDoor(const Transport& transport, kj::Own<kj::ConnectionReceiver> port) {
  door = kj::heap<FrontDoor>(FrontDoor::Parts{
      host, transport, *this, *this, *this,
      [this](Secured peer) { return serveSession(kj::mv(peer)); },
      [this]() -> const Identity& { return identity = loadCentralKeys(host).identity; },
      [](Handshaker&) {}}, identity, config.listen, kj::mv(port));
  address = door->address();
}

kj::Promise<void> CentralCore::addChild(const std::string& region, bool isUnread) {
  // Rows of a new document go with whatever is being gathered.
  auto first = kj::heap<Batch>();
  auto& batch = *first;
  return openDocument(*store, idsOf(region), batch)
      .then([this, region, isUnread,
             first = kj::mv(first)](kj::Own<Document>&& document) mutable {
    auto declared = registry.regions.find(region);
    bool isJoined = declared != registry.regions.end() && declared->second.joined();
    if (!isJoined || children.contains(region)) return;
    writer->rows().append(kj::mv(*first));
    auto child = kj::heap<Child>(region, kj::mv(document),
                                 Child::Parts{host, blobs, *writer, *this});
    if (isUnread) {
      RowChanges unread;
      child->document().forgetChild(unread);
      addRows(writer->rows(), child->document().ids().name, unread);
    }
    projectAll(*child);
    // A head names the version it comes with, so it waits until there can be one.
    if (!child->document().isUnread()) heads->follow(region);
    children[region] = kj::mv(child);
  });
}

void CentralCore::projectAll(Child& child) {
  project(child, orderKeys(registry, child.getName()));
  // What the table lists but nobody declares any more goes as well.
  std::set<std::string> stale;
  for (auto& [key, written] : child.document().table().rows()) stale.insert(key);
  project(child, stale);
}

void CentralCore::project(Child& child, const std::set<std::string>& keys) {
  Readings readings;
  auto& ids = child.document().ids();
  auto region = ids.name.substr(ids.name.find('/') + 1);
  for (auto& key : keys) readings[key] = readingOf(registry, region, key);
  auto edited = child.document().project(readings, host.clock.wallMs(), authorship());
  if (!edited.refused.empty()) {
    logEvent(Severity::ERROR, "document.full", {{"region", region}, {"reason", edited.refused}});
  }
  addRows(writer->rows(), ids.name, edited.rows);
}

kj::Promise<void> CentralCore::commit(Batch rows, const Touched& touched) {
  rememberEnded(touched, rows);
  writer->rows().append(kj::mv(rows));
  for (auto& [name, child] : children) {
    auto keys = touched.everywhere;
    for (auto& [region, key] : touched.inRegion) {
      if (region == name) keys.insert(key);
    }
    if (!keys.empty()) project(*child, keys);
  }
  auto durable = writer->durable();
  for (auto& [name, child] : children) child->ordersChanged();
  sweepPersons();
  changes.note();
  return durable;
}

void CentralCore::sweepPersons() {
  if (persons == nullptr) return;
  persons->sweep([this](const Hash& key, const Principal& principal) {
    auto person = registry.people.find(key);
    return person != nullptr && person->principal() == principal;
  });
}

// In a version of its own, which it names.
kj::Promise<void> CentralCore::signHead(const std::string& name) {
  auto child = children.find(name);
  auto region = registry.regions.find(name);
  if (child == children.end() || region == registry.regions.end()) return kj::READY_NOW;
  Batch rows;
  Touched touched;
  AuthoritySeq version{registry.getEra(), child->second->document().orders().version().n + 1};
  region->second.head =
      issuer->head(name, statementsInForce(registry, name), version, rows);
  registry.saveRegion(name, rows);
  touched.in(name, HEAD_KEY);
  return commit(kj::mv(rows), touched);
}

void CentralCore::removeRegion(const std::string& name, Batch& rows) {
  auto found = children.find(name);
  if (found == children.end()) return;
  eraseDocument(rows, found->second->document().ids().name);
  found->second->end("this region was deleted");
  children.erase(found);
  heads->forget(name);
}

void CentralCore::greeted(const std::string& name, schema::ChildHello::Reader hello) {
  door->admit(writer->durable());
  noteRegion(name, true);
  auto found = registry.regions.find(name);
  auto at = text(hello.getAdvertise());
  if (found != registry.regions.end() && found->second.address != at) {
    found->second.address = at;
    registry.saveRegion(name, writer->rows());
  }
  if (recovery.wasRestored()) learnKeys(name, hello);
  changes.note();
}

void CentralCore::fillHello(const std::string&, schema::ChildHello::Reader said,
                            schema::ParentHello::Builder hello) {
  showUnheld(said, view(authorityEnvelope), nullptr, hello);
}

void CentralCore::statusChanged(const std::string& region, const std::vector<std::string>& keys) {
  auto child = children.find(region);
  if (keys.empty() && child != children.end()) noteRegion(region, child->second->online());
  changes.note();
}

kj::Promise<void> CentralCore::serveSession(Secured peer) {
  auto name = peer.peer.key ? regionOf(*peer.peer.key) : nullptr;
  auto child = name == nullptr ? children.end() : children.find(*name);
  if (child != children.end()) {
    return child->second->serve(kj::mv(peer.stream), restOfLife(peer.peer, nowMs()));
  }
  if (persons != nullptr && peer.peer.key && peer.peer.name.starts_with(PERSON_PREFIX)) {
    auto person = registry.people.find(*peer.peer.key);
    kj::Maybe<Principal> who;
    if (person != nullptr) who = person->principal();
    return persons->serve(kj::mv(peer), kj::mv(who), nowMs());
  }
  if (name == nullptr && mayReturn(peer.peer)) {
    return takeBack(peer.peer).then([]() -> kj::Promise<void> {
      return KJ_EXCEPTION(DISCONNECTED, "central knows this region again; dial anew");
    });
  }
  return KJ_EXCEPTION(FAILED, "no region joined with this key", peer.peer.name.c_str());
}

}  // namespace skerry
