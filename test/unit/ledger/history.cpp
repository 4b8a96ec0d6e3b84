#include "test/unit/ledger/history.h"

namespace skerry {

namespace {

constexpr uint64_t SHORT_MS = 60'000;
constexpr int64_t YEAR_MS = int64_t(365) * 24 * 3'600 * 1'000;

// What exists according to the orders of one replica.
class OrdersPresence final : public Presence {
public:
  OrdersPresence(const Orders& orders, const OrdersReader& reader)
      : orders(orders), reader(reader) {}
  bool hasObject(const std::string& object, const Gen& gen) const override {
    auto entry = orders.find(appKey(object));
    return entry && entry->gen == gen;
  }
  bool hasRevision(const std::string& object, const Hash& revision) const override {
    auto assignment = reader.assignment(appKey(object), *orders.find(appKey(object)));
    auto& allowed = assignment->allowed;
    return revision == assignment->revision ||
           std::find(allowed.begin(), allowed.end(), revision) != allowed.end();
  }
  bool hasScope(const std::string&) const override { return true; }

private:
  const Orders& orders;
  const OrdersReader& reader;
};

}  // namespace

History::History(uint64_t seed): fleet(seed), oracle(fleet) {
  OrdersEdit inherited;
  inherited.puts["legacy"] = entryOf({genOf(9), {7, genOf(9), 1, 1}, bytes("as it was"), {}});
  afterEdit(REGION_BELOW, fleet.at(REGION_BELOW).edit(inherited, 0, fleet.authorOf(REGION_BELOW)));
  for (auto host: HOSTS) {
    clocks[host] = {"boot-0-" + std::to_string(host), 0,
                    int64_t(fleet.entropy.between(0, 60)) * YEAR_MS};
  }
  editApp("pos");
  projectCentral();
  if (fleet.entropy.chance(15)) return;  // else everybody begins with the first orders
  fleet.connect(CENTRAL, REGION_ABOVE);
  pump();
  projectRegion(100);
  for (auto host: HOSTS) fleet.connect(REGION_BELOW, host);
  pump();
}

void History::run() {
  play(fleet.entropy.between(25, 75));
  heal();
  oracle.checkHealed();
  for (auto host: HOSTS) oracle.checkEffective(host);

  // Whatever was to expire has done so, and nothing is left of lives that are over.
  for (auto host: HOSTS) tick(host);
  trueMs += 2 * ENDED_SHOWN_MS;
  for (auto host: HOSTS) {
    clocks[host].bootMs += 2 * ENDED_SHOWN_MS;
    tick(host);
    sweep(host);
  }
  heal();
  oracle.checkHealed();
  for (auto& [dot, live]: fleet.at(HOST_1).local().entries()) {
    if (live.entry.expires.durationMs != 0) throw Violation("L9: an entry is kept for ever");
    auto app = apps.find(live.entry.key.object);
    if (app == apps.end() || !app->second.exists || app->second.gen != live.entry.key.gen) {
      throw Violation("L13: an entry of a life that is over is still there");
    }
  }
}

void History::play(size_t steps) {
  for (size_t i = 0; i < steps; i++) {
    step();
    if (i % 8 == 0) oracle.checkEffective(anyHost());
    if (i % 8 == 4) oracle.checkHashes(anyHost(), anyHost());
  }
}

void History::step() {
  uint64_t drawn = fleet.entropy.between(0, 99);
  if (!stepAbove(drawn) && !stepHost(drawn) && !stepFault(drawn)) transport();
}

bool History::stepAbove(uint64_t drawn) {
  if (drawn < 7) editApp(anyApp());
  else if (drawn < 10) projectCentral();
  else if (drawn < 13) overrideAtRegion();
  else if (drawn < 19) projectRegion(fleet.entropy.chance(50) ? 100 : 50);
  else return false;
  return true;
}

bool History::stepHost(uint64_t drawn) {
  if (drawn < 31) writeOverride(anyHost());
  else if (drawn < 35) writeHold(anyHost());
  else if (drawn < 38) refuse(anyHost());
  else if (drawn < 42) clear(anyHost());
  else if (drawn < 45) endMismatched(anyHost());
  else if (drawn < 47) sweep(anyHost());
  else return false;
  return true;
}

bool History::stepFault(uint64_t drawn) {
  if (drawn < 51) wipe(anyHost());
  else if (drawn < 53) restore(anyHost());
  else if (drawn < 56) restart(fleet.entropy.between(0, PLACES - 1));
  else if (drawn < 57) moveHome();
  else if (drawn < 58) forge(anyHost());
  else if (drawn < 59) rebel(anyHost());
  else if (drawn < 61) replay(anyHost());
  else if (drawn < 64) passTime();
  else return false;
  return true;
}

// --- Above ---------------------------------------------------------------------------------------

void History::afterEdit(size_t place, const Orders::Edited& edited) {
  if (!edited.refused.empty()) throw Violation("refused: " + edited.refused);
  fleet.replicas[place].keep(edited.rows);
  if (!edited.advanced) return;
  oracle.published(place);
  fleet.spread(place);
}

void History::editApp(const std::string& name) {
  auto& app = apps[name];
  dirtyAtCentral.insert(appKey(name));
  if (app.exists && fleet.entropy.chance(12)) {
    app.exists = false;
    central.erase(appKey(name));
    return;
  }
  if (!app.exists) app = {true, genOf(fleet.entropy.next()), 0, app.intents, {}};
  app.intents++;
  // A re-apply is a newer intent for the same revision.
  if (!fleet.entropy.chance(30)) {
    app.before.insert(app.before.begin(), app.revision);
    if (app.before.size() > 3) app.before.pop_back();
    app.revision = unsigned(fleet.entropy.between(0, 7));
  }
  Assignment assignment{name, app.gen, Catalogue::revision(name, app.revision),
                        {1, app.intents}, {}};
  for (auto revision: app.before) {
    assignment.allowed.push_back(Catalogue::revision(name, revision));
  }
  OrderEntry entry{app.gen, {0, app.gen, 1, app.intents}, encodeAssignment(assignment), {}};
  auto writer = fleet.entropy.chance(30) ? Writer::FUTURE : Writer::PRESENT;
  central[appKey(name)] = entryOf(entry, writer);
}

void History::projectCentral() {
  Readings readings;
  for (auto& key: dirtyAtCentral) {
    auto entry = central.find(key);
    if (entry == central.end()) readings[key] = std::nullopt;
    else readings[key] = entry->second;
  }
  dirtyAtCentral.clear();
  afterEdit(CENTRAL, fleet.at(CENTRAL).project(readings, 0, fleet.authorOf(CENTRAL)));
}

void History::projectRegion(unsigned percentDirty) {
  auto& above = fleet.at(REGION_ABOVE);
  auto& below = fleet.at(REGION_BELOW);
  CatalogueReader reader(fleet.catalogue, above.orders());
  Readings readings;
  for (auto& [key, entry]: below.orders().entries()) readings[key] = std::nullopt;
  for (auto& [key, written]: below.table().rows()) readings[key] = std::nullopt;
  for (auto& [key, entry]: above.orders().entries()) readings[key] = entry.bytes;
  auto apps = effective(above.orders(), above.local(), DefaultPolicy(), reader, {"site:oslo"});
  for (auto& [name, app]: apps) {
    for (auto& [path, value]: app.overrides) {
      readings[fieldKey(name, path)] = entryOf({app.gen, value.origin, value.value, {}});
    }
  }
  std::erase_if(readings, [&](auto&) { return !fleet.entropy.chance(percentDirty); });
  afterEdit(REGION_BELOW, below.project(readings, 0, fleet.authorOf(REGION_BELOW)));
}

void History::overrideAtRegion() {
  auto name = anyApp();
  auto& document = fleet.at(REGION_ABOVE);
  auto app = appAt(REGION_ABOVE, name);
  if (!app || !app->revision) return;
  CatalogueReader reader(fleet.catalogue, document.orders());
  LocalDraft draft;
  draft.key = {name, app->gen, TEST_PATHS[fleet.entropy.between(0, 1)],
               fleet.entropy.chance(50) ? "site:oslo" : ""};
  if (fleet.entropy.chance(30)) {
    fleet.replicas[REGION_ABOVE].keep(document.remove(draft.key).rows);
  } else {
    draft.value = bytes(fleet.entropy.chance(50) ? "one" : "region");
    draft.basis = basisUnder(app->gen, *app->revision, draft.key.path, reader);
    fleet.replicas[REGION_ABOVE].keep(document.write(draft, 0, fleet.entropy.next()).rows);
  }
  fleet.spread(REGION_ABOVE);
}

std::optional<EffectiveApp> History::appAt(size_t place, const std::string& name) const {
  auto& document = fleet.at(place);
  CatalogueReader reader(fleet.catalogue, document.orders());
  auto entry = document.orders().find(appKey(name));
  if (!entry) return std::nullopt;
  return effectiveApp(*reader.assignment(appKey(name), *entry), document.local(), DefaultPolicy(),
                      reader, {"site:oslo"});
}

// --- At the site ---------------------------------------------------------------------------------

void History::write(size_t host, LocalDraft draft, std::optional<Bytes> saw) {
  draft.author = "host " + std::to_string(host);
  auto result = fleet.at(host).write(draft, clocks[host].wallMs, fleet.entropy.next());
  fleet.replicas[host].keep(result.rows);
  if (!result.done()) throw Violation("a host cannot write: " + result.text);
  oracle.wrote(host, result, kj::mv(saw), trueMs);
  fleet.spread(host);
}

void History::writeOverride(size_t host) {
  auto name = anyApp();
  auto app = appAt(host, name);
  if (!app || !app->revision) return;
  CatalogueReader reader(fleet.catalogue, fleet.at(host).orders());
  LocalDraft draft;
  draft.key = {name, app->gen, TEST_PATHS[fleet.entropy.between(0, 1)], ""};
  draft.value = bytes("local " + std::to_string(++values));
  draft.basis = basisUnder(app->gen, *app->revision, draft.key.path, reader);
  if (fleet.entropy.chance(25)) draft.expires = {clocks[host].bootId, SHORT_MS};
  write(host, draft, reader.valueAt(*app->revision, draft.key.path));
}

void History::writeHold(size_t host) {
  auto name = anyApp();
  auto app = appAt(host, name);
  if (!app || !app->revision) return;
  LocalDraft draft;
  draft.key = LocalKey::hold(name, app->gen);
  draft.kind = LocalKind::HOLD;
  draft.value = copy(app->revision->view());
  write(host, draft, std::nullopt);
}

void History::refuse(size_t host) {
  auto name = anyApp();
  auto app = appAt(host, name);
  if (!app || !app->revision) return;
  CatalogueReader reader(fleet.catalogue, fleet.at(host).orders());
  auto assignment = reader.assignment(appKey(name), *fleet.at(host).orders().find(appKey(name)));
  LocalDraft draft;
  draft.key = LocalKey::refused(name, app->gen, *app->revision);
  draft.kind = LocalKind::REFUSED;
  draft.value = refusedUnder(assignment->intent);
  write(host, draft, std::nullopt);
}

void History::clear(size_t host) {
  auto& keys = fleet.at(host).local().byKey();
  if (keys.empty()) return;
  auto chosen = keys.begin();
  std::advance(chosen, fleet.entropy.between(0, keys.size() - 1));
  auto result = fleet.at(host).remove(LocalKey(chosen->first));
  fleet.replicas[host].keep(result.rows);
  oracle.removed(result.removed);
  fleet.spread(host);
}

void History::endMismatched(size_t host) {
  auto name = anyApp();
  auto app = appAt(host, name);
  if (!app || !app->revision || app->mismatched.empty()) return;
  CatalogueReader reader(fleet.catalogue, fleet.at(host).orders());
  for (auto& dot: app->mismatched) {
    auto entry = fleet.at(host).local().find(dot)->entry;
    auto record = endingOf(fleet.at(host).local(), dot, *app->revision, reader, "healthy");
    if (!record) continue;
    auto result = fleet.at(host).end(dot, *record, "sweeper", clocks[host].wallMs,
                                     fleet.entropy.next());
    fleet.replicas[host].keep(result.rows);
    if (!result.done()) continue;
    oracle.endedAt(host, entry, *app->revision);
    oracle.wrote(host, result, std::nullopt, trueMs);
  }
  fleet.spread(host);
}

void History::sweep(size_t host) {
  auto& document = fleet.at(host);
  CatalogueReader reader(fleet.catalogue, document.orders());
  OrdersPresence presence(document.orders(), reader);
  std::map<Dot, LocalEntry> before;
  for (auto& [dot, live]: document.local().entries()) before[dot] = live.entry;
  auto result = document.sweep(presence);
  fleet.replicas[host].keep(result.rows);
  for (auto& dot: result.removed) oracle.sweptAt(host, before.at(dot));
  oracle.removed(result.removed);
  fleet.spread(host);
}

}  // namespace skerry
