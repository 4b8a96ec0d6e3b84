#include "tier_region/core.h"
#include "capnp/authority.capnp.h"
#include "shared/async/task.h"
#include "shared/daemon/held_statements.h"
#include "shared/daemon/listen.h"
#include "shared/daemon/log.h"
#include "shared/daemon/person_door.h"
#include "shared/model/encoded.h"
#include "shared/replica/document_store.h"
#include "tier_region/join.h"

namespace skerry {
namespace {

constexpr uint64_t CENTRAL_HOME_GEN = 1;  // regions do not move

DocumentIds upwardIds(const Self& self) {
  return {"region/" + self.name, DocumentKind::REGION, DocumentEnd::CHILD, self.number};
}
DocumentIds siteIds(const std::string& site) {
  return {"site/" + site, DocumentKind::SITE, DocumentEnd::PARENT, 0};
}

std::set<std::string> keysOf(const Orders& orders) {
  std::set<std::string> keys;
  for (auto& [key, entry] : orders.entries()) keys.insert(key);
  return keys;
}

// Whether the document was made for a site that was deleted and declared anew since.
bool isOfEarlierLife(const Document& document, const Gen& gen) {
  auto record = document.orders().find("site");
  return record && record->gen != gen;
}

struct Opened {
  std::string site;
  kj::Own<Document> document;
  kj::Own<Batch> first;
};

constexpr std::string_view APP_KEY = "app/";

Assigner::Targets heldBy(const kj::Array<Opened>& opened) {
  Assigner::Targets held;
  for (auto& one : opened) {
    for (auto& [key, written] : one.document->table().rows()) {
      if (key.starts_with(APP_KEY)) held.insert({one.site, key});
    }
  }
  return held;
}

Bytes leftOutStatus(const Assigner::LeftOut& leftOut) {
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::AppStatus>();
  status.setEra(leftOut.intent.era);
  status.setSeq(leftOut.intent.n);
  status.setVerdict(schema::AppStatus::Verdict::BLOCKED);
  status.setReason(leftOut.reason);
  return encode<schema::AppStatus>(status);
}

}  // namespace

// The steps of opening, apart, because each waits.
class RegionOpening {
public:
  static Task<kj::Own<RegionCore>> run(Host& host, const Transport& transport,
                                       RegionConfig config, Chronicle& chronicle,
                                       RegionCore::Failed failed) {
    auto core = kj::Own<RegionCore>(new RegionCore(host, transport, std::move(config), chronicle),
                                    kj::_::HeapDisposer<RegionCore>::instance);
    auto opening = openStore(host, REGION_DATABASE);
    core->store = co_await opening;
    auto joining = loadSelf(*core->store);
    auto joined = co_await joining;
    takeSelf(*core, kj::mv(joined));
    auto peers = core->store->scan(Table::PEER, SELF_DOCUMENT);
    auto peerRows = co_await peers;
    auto tokens = core->store->scan(Table::TOKEN, SELF_DOCUMENT);
    auto tokenRows = co_await tokens;
    core->members.load(peerRows, tokenRows);
    auto revoked = core->store->scan(Table::REVOKED, SELF_DOCUMENT);
    auto revokedRows = co_await revoked;
    core->members.revoked.load(revokedRows);
    core->startedMs = host.clock.wallMs();
    auto loading = Blobs::load(*core->store);
    core->blobs = co_await loading;
    auto looking = findRestored(*core->store, SELF_DOCUMENT);
    auto restored = co_await looking;
    auto recalling = core->store->get(Table::META, SELF_DOCUMENT, view(RECOVERY_ROW));
    auto recovery = co_await recalling;
    KJ_IF_MAYBE(row, recovery) core->recovery.load(view(*row));
    auto counting = nextCounter(*core->store, "statusEpoch",
                                restored == nullptr ? 1 : host.clock.wallMs());
    auto epoch = co_await counting;
    core->registers = kj::heap<RegisterSource>(statusEpoch(epoch, host.entropy.next()));
    core->chronicle.begin(epoch, SKERRY_VERSION);
    auto aging = core->store->get(Table::META, SELF_DOCUMENT, view("era"));
    auto eraRow = co_await aging;
    KJ_IF_MAYBE(bytes, eraRow) core->era = unpackNumber(view(*bytes)).value_or(1);
    core->writer = kj::heap<Writer>(*core->store, kj::mv(failed));
    Batch first;
    auto upward = openDocument(*core->store, upwardIds(core->self), first);
    core->upward = co_await upward;
    core->writer->rows().append(kj::mv(first));
    trustCentral(*core);
    core->takeTime();
    core->takePeople(keysOf(core->upward->orders()));
    KJ_IF_MAYBE(mark, restored) core->takeRestored(*mark);
    core->assigner = kj::heap<Assigner>(core->upward->orders(), core->documents->publicKey());
    for (auto& [site, plan] : core->assigner->sites()) core->unopened.insert(site);
    auto adding = core->addMissingChildren();
    co_await adding;
    core->isRestored = false;
    // Until then a crash begins the restore again, from the mark.
    if (restored != nullptr) eraseMark(SELF_DOCUMENT, core->writer->rows());
    core->reportUses();
    auto settled = core->writer->durable();
    co_await settled;
    auto listening = listenOn(host, core->config.listen);
    auto port = co_await listening;
    core->openDoor(kj::mv(port));
    core->headRelay->begin();
    core->forgetting = core->forgetCallers().eagerlyEvaluate([](kj::Exception&&) {});
    core->rollingUp = core->rollUpForEver().eagerlyEvaluate(nullptr);
    co_return kj::mv(core);
  }

private:
  static void takeSelf(RegionCore& core, kj::Maybe<Self> joined) {
    KJ_IF_MAYBE(self, joined) {
      core.self = kj::mv(*self);
    } else {
      KJ_FAIL_REQUIRE("this folder never joined; first: skerry-region join TOKEN --data DIR "
                      "(token from: skerry token create region NAME)", core.host.path);
    }
    core.outward = kj::heap<Outward>(core.host, core.self.proxy);
    auto keys = loadRegionKeys(core.host, core.self.name, core.clock);
    core.identity = kj::mv(keys.identity);
    core.caKey = kj::mv(keys.caKey);
    core.caChain = kj::mv(keys.caChain);
    core.documents = std::move(keys.documents);
    core.rootKey = keyHash(*core.identity.root);
  }

  static void trustCentral(RegionCore& core) {
    auto keys = openAuthority(*core.identity.root, view(core.self.authority));
    RowChanges rows;
    core.upward->trust({keys.document, CENTRAL_HOME_GEN}, rows);
    addRows(core.writer->rows(), core.upward->ids().name, rows);
    core.headRelay = kj::heap<HeadRelay>(HeadRelay::Parts{
        core.host.timer, core.upward->orders(),
        [&core] {
          std::vector<std::string> sites;
          for (auto& [site, child] : core.children) sites.push_back(site);
          return sites;
        },
        [&core](const std::string& site) { core.project({{site, {HEAD_KEY}}}); },
        [&core] {
          for (auto& [site, child] : core.children) core.endInherited(site);
        }},
        keys.authority, core.self.name);
  }
};

kj::Promise<kj::Own<RegionCore>> RegionCore::open(Host& host, const Transport& transport,
                                                  RegionConfig config, Chronicle& chronicle,
                                                  Failed failed) {
  return RegionOpening::run(host, transport, std::move(config), chronicle, kj::mv(failed));
}

RegionCore::~RegionCore() noexcept(false) {
  asking.cancel("the region's store is being reopened; try again in a moment");
  adding = kj::READY_NOW;
  forgetting = kj::READY_NOW;
  rollingUp = kj::READY_NOW;
  renewal = nullptr;
  headRelay = nullptr;
  parent = nullptr;
  door = nullptr;
  children.clear();
  writer = nullptr;
}

void RegionCore::openDoor(kj::Own<kj::ConnectionReceiver> port) {
  door = kj::heap<FrontDoor>(FrontDoor::Parts{
      host, transport, *this, *this, *this,
      [this](Secured peer) { return serveSession(kj::mv(peer)); },
      [this]() -> const Identity& {
        return identity = loadRegionKeys(host, self.name, clock).identity;
      },
      [this](Handshaker& renewed) { parent->use(renewed); }}, identity, config.listen,
      kj::mv(port));
  address = door->address();
  Renewal::Owner& us = *this;
  renewal = kj::heap<Renewal>(host, clock, us);
  parent = kj::heap<Parent>(
      Parent::Parts{outward->host(), door->handshaker(), *upward, *registers, blobs, *writer,
                    *this, clock},
      self.parents);
}

// A site has a child here while central gives it a home with us. Reading waits for what was written
// before: the document of an earlier life of the site may just be going.
kj::Promise<void> RegionCore::addMissingChildren() {
  return writer->durable().then([this] { return openMissingChildren(); });
}

kj::Promise<void> RegionCore::openMissingChildren() {
  kj::Vector<kj::Promise<Opened>> openings;
  std::erase_if(unopened, [this](const std::string& site) {
    return children.contains(site) || !assigner->sites().contains(site);
  });
  for (auto& site : unopened) {
    auto first = kj::heap<Batch>();
    auto& batch = *first;
    openings.add(openDocument(*store, siteIds(site), batch)
        .then([site, first = kj::mv(first)](kj::Own<Document>&& document) mutable {
      return Opened{site, kj::mv(document), kj::mv(first)};
    }));
  }
  return kj::joinPromises(openings.releaseAsArray()).then([this](kj::Array<Opened>&& opened) {
    // What the sites have already is known before anything is decided about them.
    if (children.empty()) assigner->remember(heldBy(opened));
    for (auto& one : opened) {
      writer->rows().append(kj::mv(*one.first));
      addChild(one.site, kj::mv(one.document));
    }
  });
}

void RegionCore::addChild(const std::string& site, kj::Own<Document> document) {
  if (children.contains(site) || !assigner->sites().contains(site)) return;
  auto child = kj::heap<Child>(site, kj::mv(document), Child::Parts{host, blobs, *writer, *this});
  // A document of nothing may be of a site that the backup knew nothing of.
  bool isUnknown = recovery.wasRestored() && child->document().orders().version().isNone();
  if (isRestored || isUnknown) {
    RowChanges unread;
    child->document().forgetChild(unread);
    addRows(writer->rows(), child->document().ids().name, unread);
  }
  children[site] = kj::mv(child);
  projectAll(*children.at(site));
  reportLink(site);
}

void RegionCore::projectAll(Child& child) {
  std::set<std::string> keys{"home", "site", HEAD_KEY};
  for (auto& [key, written] : child.document().table().rows()) keys.insert(key);
  for (auto& app : assigner->meant(child.getName())) {
    keys.insert("app/" + app);
    keys.insert("policy/" + app.substr(0, app.find('/')));
  }
  for (auto& [id, person] : people.all()) keys.insert(std::string(USER_ORDER) + id);
  projectInto(child, keys);
  reportApps(child.getName(), keys);
}

// Nothing of this life of the site applies to a later one: neither its document nor its hosts.
void RegionCore::dropChild(const std::string& site) {
  auto found = children.find(site);
  if (found == children.end()) return;
  children.erase(found);
  auto& rows = writer->rows();
  eraseDocument(rows, siteIds(site).name);
  members.removeSite(site, rows);
  registers->eraseAll(site + "/");
  chronicle.forget(site);
  note("site.gone", EventSeverity::INFO, site + ": central gives it no home here any more");
  logEvent(Severity::INFO, "site.gone", {{"site", site}});
}

void RegionCore::takePeople(const std::set<std::string>& keys) {
  auto authority = openAuthority(*identity.root, view(self.authority)).authority;
  people.update(keys, [this](const std::string& key) -> std::optional<Bytes> {
    auto entry = upward->orders().find(key);
    if (!entry) return std::nullopt;
    return entry->value;
  }, view(authority));
  if (persons == nullptr) return;
  persons->sweep([this](const Hash& key, const Principal& principal) {
    auto person = people.find(key);
    return person != nullptr && person->principal() == principal;
  });
}

void RegionCore::project(const Assigner::TouchedKeys& touched) {
  for (auto& [site, keys] : touched) {
    auto child = children.find(site);
    if (child == children.end()) {
      unopened.insert(site);
      continue;
    }
    auto plan = assigner->sites().find(site);
    if (plan == assigner->sites().end() ||
        isOfEarlierLife(child->second->document(), plan->second.gen)) {
      dropChild(site);
      unopened.insert(site);
      continue;
    }
    projectInto(*child->second, keys);
    child->second->ordersChanged();
    reportApps(site, keys);
    endBlocked(site);
  }
}

void RegionCore::reportApps(const std::string& site, const std::set<std::string>& keys) {
  auto& mirror = children.at(site)->mirror();
  for (auto& key : keys) {
    if (!key.starts_with(APP_KEY)) continue;
    if (auto left = assigner->leftOut(site, key)) {
      registers->set(site + "/" + key, leftOutStatus(*left));
    } else {
      KJ_IF_MAYBE(value, mirror.find(key)) registers->set(site + "/" + key, *value);
      else registers->erase(site + "/" + key);
    }
  }
  if (parent.get() != nullptr) parent->statusChanged();
}

const BlockWord* RegionCore::blockOf(const Members::Member& member) const {
  auto plan = assigner->sites().find(member.site);
  if (plan == assigner->sites().end()) return nullptr;
  auto block = plan->second.blockedHosts.find(member.host);
  return block == plan->second.blockedHosts.end() ? nullptr : &block->second;
}

void RegionCore::endBlocked(const std::string& site) {
  auto member = members.ofSite(site);
  auto block = member == nullptr ? nullptr : blockOf(*member);
  if (block == nullptr || !children.at(site)->online()) return;
  auto reason = printBlock("host " + site + "/" + member->host, *block);
  logEvent(Severity::WARNING, "host.blocked", {{"site", site}, {"reason", reason}});
  children.at(site)->end(reason);
}

bool RegionCore::isRevoked(const Hash& key) const {
  if (members.revoked.contains(key)) return true;
  auto member = members.find(key);
  return member != nullptr && blockOf(*member) != nullptr;
}

void RegionCore::projectInto(Child& child, const std::set<std::string>& keys) {
  if (recovery.awaitsParent) return;
  auto& site = child.getName();
  Readings readings;
  for (auto& key : keys) readings[key] = assigner->read(site, key);
  auto edited = child.document().project(
      readings, clock.nowMs(), authorOf(site));
  if (!edited.refused.empty()) {
    logEvent(Severity::ERROR, "document.full", {{"site", site}, {"reason", edited.refused}});
  }
  if (!edited.rows.empty()) {
    addRows(writer->rows(), child.document().ids().name, edited.rows);
  }
}

// In the transaction of the orders themselves: a crash in between loses nothing.
void RegionCore::ordersChanged(const std::set<std::string>& keys) {
  takePeople(keys);
  project(assigner->update(keys));
  adding = addMissingChildren().eagerlyEvaluate([](kj::Exception&& reason) {
    logEvent(Severity::ERROR, "site.unopened", {{"reason", reason.getDescription()}});
  });
  if (keys.contains(HEAD_KEY)) {
    takeTime();
    headRelay->begin();
  }
  sweepBlobs();
  auto& entries = upward->orders().entries();
  for (auto& key : keys) {
    auto entry = entries.find(key);
    if (entry != entries.end()) fetchMissing(entry->second);
  }
  noteCaughtUp();
  changes.note();
}

// What came without travelling along: large blobs, and those of a whole list of buckets.
void RegionCore::fetchMissing(const Orders::Stored& entry) {
  for (auto& hash : entry.blobs) parent->fetch(hash);
}

void RegionCore::linkChanged() {
  note(parent->online() ? "link.up" : "link.down",
       parent->online() ? EventSeverity::INFO : EventSeverity::WARNING, "to central");
  if (parent->online()) {
    renewal->linkUp();
    for (auto& [key, entry] : upward->orders().entries()) fetchMissing(entry);
  }
  changes.note();
}

void RegionCore::sweepBlobs() {
  blobs.sweep([this](const Hash& hash) {
    if (upward->orders().refersTo(hash) || arriving.contains(hash)) return true;
    for (auto& [site, child] : children) {
      if (child->document().orders().refersTo(hash)) return true;
    }
    return false;
  }, writer->rows());
}

kj::Promise<void> RegionCore::serveSession(Secured peer) {
  auto member = peer.peer.key ? members.find(*peer.peer.key) : nullptr;
  if (member == nullptr && persons != nullptr && peer.peer.name.starts_with(PERSON_PREFIX)) {
    auto person = people.find(*peer.peer.key);
    kj::Maybe<Principal> who;
    if (person != nullptr) who = person->principal();
    return persons->serve(kj::mv(peer), kj::mv(who), clock.nowMs());
  }
  if (member == nullptr) member = takeBack(peer.peer);
  if (member == nullptr) {
    return KJ_EXCEPTION(FAILED, "no host joined with this key", peer.peer.name.c_str());
  }
  auto child = children.find(member->site);
  if (child == children.end()) {
    return KJ_EXCEPTION(FAILED, "this site has no home here", member->site.c_str());
  }
  return child->second->serve(kj::mv(peer.stream), restOfLife(peer.peer, clock.nowMs()));
}

void RegionCore::greeted(const std::string& site, schema::ChildHello::Reader hello) {
  door->admit(writer->durable());
  noteSite(site, true);
  if (recovery.wasRestored()) learnNumber(site, hello.getWriter());
  registers->set(site + "/link", linkStatus(true, clock.nowMs()));
  parent->statusChanged();
  changes.note();
}

void RegionCore::fillHello(const std::string& site, schema::ChildHello::Reader said,
                           schema::ParentHello::Builder hello) {
  auto home = decodeOrderEntry(view(assigner->sites().at(site).homeEntry));
  showUnheld(said, view(self.authority), view(home->value), hello);
}

void RegionCore::statusChanged(const std::string& site, const std::vector<std::string>& keys) {
  auto child = children.find(site);
  if (child == children.end()) return;
  if (keys.empty()) {
    noteSite(site, child->second->online());
    reportLink(site);
  }
  for (auto& key : keys) {
    if (assigner->leftOut(site, key)) continue;  // ours to tell
    KJ_IF_MAYBE(value, child->second->mirror().find(key)) {
      // Of sites that tell too much, the region passes on what it has room for.
      if (registers->hasRoomFor(site + "/" + key, *value)) registers->set(site + "/" + key, *value);
    } else {
      registers->erase(site + "/" + key);
    }
  }
  parent->statusChanged();
  changes.note();
}

// Its orders stay: they are the site's, whose next host gets them.
kj::Promise<void> RegionCore::left(const std::string& site) {
  logEvent(Severity::INFO, "host.left", {{"site", site}});
  note("host.left", EventSeverity::INFO, "its machine gave its identity up", site);
  if (auto member = members.ofSite(site)) record("leave", *member);
  members.removeSite(site, writer->rows());
  registers->eraseAll(site + "/");
  reportUses();
  parent->statusChanged();
  changes.note();
  return writer->durable();
}

// A site that joined and was not heard since this region started is offline at least since then.
void RegionCore::reportLink(const std::string& site) {
  auto& child = *children.at(site);
  bool hasHost = members.ofSite(site) != nullptr;
  auto sinceMs = hasHost ? child.sinceMs() : 0;
  if (sinceMs == 0 && hasHost) sinceMs = startedMs;
  registers->set(site + "/link", linkStatus(child.online(), sinceMs));
}

void RegionCore::fillHello(schema::ChildHello::Builder hello) {
  hello.setAdvertise(config.advertise.empty() ? address : config.advertise);
  hello.setDocumentKey(view(documents->publicKey()));
  hello.setWriter(self.number);
  sayHeld(self, parent->getKey(), hello);
}

void RegionCore::greeted(schema::ParentHello::Reader hello) {
  hearCentral(hello);
  auto envelope = readShown(self, parent->getKey(), hello).authority;
  if (envelope == self.authority && self.parentKey == parent->getKey()) return;
  KJ_REQUIRE(!envelope.empty(), "this central does not show which keys are central's");
  // Central's keys may change; the root's word for it may not be missing.
  openAuthority(*identity.root, view(envelope));
  self.authority = envelope;
  self.parentKey = parent->getKey();
  saveSelf(self, writer->rows());
  takePeople(keysOf(upward->orders()));
}

}  // namespace skerry
