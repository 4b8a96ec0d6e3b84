#include "test/unit/ledger/catalogue.h"
#include <doctest/doctest.h>

using namespace skerry;

namespace {

const std::string PATH = "services.web.environment.PRINTER";

// Revisions by name; "r1" says p1, "r2" says p2, "same" says p1, "silent" says nothing.
class FewRevisions final : public OrdersReader {
public:
  std::optional<Assignment> assignment(const std::string&, const OrderEntry&) const override {
    return std::nullopt;
  }
  std::optional<Bytes> valueAt(const Hash& revision, const std::string& path) const override {
    if (path != PATH || revision == sha256(view("silent"))) return std::nullopt;
    return bytes(revision == sha256(view("r2")) ? "p2" : "p1");
  }
};

class NoHolds final : public OverridePolicy {
public:
  bool allows(LocalKind kind, const std::string&, const std::string&, BytesView) const override {
    return kind != LocalKind::HOLD;
  }
};

Hash named(std::string_view name) { return sha256(view(name)); }

struct Site {
  Local local{DocumentKind::SITE, 1};
  FewRevisions reader;
  DefaultPolicy policy;
  Assignment assignment{"pos", genOf(1), named("r1"), {1, 1}, {named("r2"), named("r1")}};

  Site() {
    RowChanges rows;
    local.takeIncarnation(1, rows);
  }
  Dot put(const LocalKey& key, LocalKind kind, Bytes value, Hash basis = {}) {
    LocalDraft draft;
    draft.key = key;
    draft.kind = kind;
    draft.value = kj::mv(value);
    draft.basis = basis;
    auto result = local.write(draft);
    REQUIRE(result.done());
    return *result.dot;
  }
  Dot overridePrinter(std::string_view value, std::string_view revision = "r1",
                      std::string scope = "") {
    return put({"pos", genOf(1), PATH, kj::mv(scope)}, LocalKind::OVERRIDE, bytes(value),
               basisUnder(genOf(1), named(revision), PATH, reader));
  }
  void hold(std::string_view revision) {
    put(LocalKey::hold("pos", genOf(1)), LocalKind::HOLD, copy(named(revision).view()));
  }
  void refuse(std::string_view revision, IntentSeq intent) {
    put(LocalKey::refused("pos", genOf(1), named(revision)), LocalKind::REFUSED,
        refusedUnder(intent));
  }
  EffectiveApp app(const std::vector<std::string>& scopes = {}) const {
    return effectiveApp(assignment, local, policy, reader, scopes);
  }
  std::string printer(const std::vector<std::string>& scopes = {}) const {
    auto found = app(scopes);
    auto in = found.overrides.find(PATH);
    return in == found.overrides.end() ? "-" : text(view(in->second.value));
  }
};

}  // namespace

TEST_CASE("an override holds through a new revision that leaves its value alone") {
  Site site;
  site.overridePrinter("local");
  CHECK(site.printer() == "local");
  site.assignment.revision = named("same");
  CHECK(site.printer() == "local");
  CHECK(site.app().mismatched.empty());
}

TEST_CASE("an override is without effect as soon as the revision says something else") {
  Site site;
  auto dot = site.overridePrinter("local");
  site.assignment.revision = named("r2");
  CHECK(site.printer() == "-");
  CHECK(site.app().mismatched == std::vector<Dot>{dot});
  site.assignment.revision = named("silent");
  CHECK(site.printer() == "-");
  site.assignment.revision = named("r1");
  CHECK(site.printer() == "local");
}

TEST_CASE("an override of something the parent does not say ends when the parent says it") {
  Site site;
  site.assignment.revision = named("silent");
  site.overridePrinter("local", "silent");
  CHECK(site.printer() == "local");
  site.assignment.revision = named("r1");
  CHECK(site.printer() == "-");
}

TEST_CASE("a hold freezes the revision and changes nothing else") {
  Site site;
  site.overridePrinter("local");
  site.hold("r1");
  site.assignment.revision = named("r2");
  auto app = site.app();
  CHECK(app.revision == named("r1"));
  CHECK(app.selectedBy == SelectedBy::HOLD);
  CHECK(site.printer() == "local");
  CHECK(app.mismatched.empty());
}

TEST_CASE("a hold that policy does not allow is without effect and said to be denied") {
  Site site;
  site.hold("r1");
  site.assignment.revision = named("r2");
  auto app = effectiveApp(site.assignment, site.local, NoHolds(), site.reader);
  CHECK(app.revision == named("r2"));
  CHECK(app.denied.size() == 1);
}

TEST_CASE("a refused revision gives way to the best allowed one, until a newer intent") {
  Site site;
  site.assignment.revision = named("same");
  site.refuse("same", {1, 1});
  auto app = site.app();
  CHECK(app.revision == named("r2"));
  CHECK(app.selectedBy == SelectedBy::FALLBACK);
  site.refuse("r2", {1, 1});
  CHECK(site.app().revision == named("r1"));
  site.refuse("r1", {1, 1});
  CHECK_FALSE(site.app().revision.has_value());
  CHECK(site.app().selectedBy == SelectedBy::NOTHING);
  site.assignment.intent = {1, 2};
  CHECK(site.app().revision == named("same"));
}

TEST_CASE("after a return to an older revision, the override made under it is in force again") {
  Site site;
  site.overridePrinter("local");
  site.assignment.revision = named("r2");
  site.assignment.allowed = {named("r1")};
  CHECK(site.printer() == "-");
  site.refuse("r2", {1, 1});
  CHECK(site.printer() == "local");
}

TEST_CASE("nothing of another life applies") {
  Site site;
  site.overridePrinter("local");
  site.hold("r2");
  site.assignment.gen = genOf(2);
  auto app = site.app();
  CHECK(app.overrides.empty());
  CHECK(app.selectedBy == SelectedBy::ASSIGNMENT);
  CHECK(app.mismatched.empty());
}

TEST_CASE("the more specific scope wins, and other scopes do not apply") {
  Site site;
  site.overridePrinter("all");
  site.overridePrinter("oslo", "r1", "site:oslo");
  CHECK(site.printer() == "all");
  CHECK(site.printer({"site:oslo"}) == "oslo");
  CHECK(site.printer({"site:bergen"}) == "all");
}

TEST_CASE("of siblings the newest whose author saw the present value is in force") {
  Site one, two;
  RowChanges rows;
  two.local = Local(DocumentKind::SITE, 2);
  two.local.takeIncarnation(2, rows);
  one.overridePrinter("under r1", "r1");
  auto later = two.overridePrinter("under r2", "r2");
  one.local.join(two.local.knowledgeFor(one.local.context()));
  CHECK(one.printer() == "under r1");
  CHECK(one.app().mismatched == std::vector<Dot>{later});
  one.assignment.revision = named("r2");
  CHECK(one.printer() == "under r2");
}

TEST_CASE("paths that decide what runs with which rights cannot be overridden by default") {
  for (auto path: {"services.web.image", "services.web.command", "services.web.user",
                   "services.web.devices[0]", "services.web.secrets.db", "services.web", "services",
                   "", "x-skerry", "x-skerry.isolation", "volumes.data", "services.web.cap_add"}) {
    CAPTURE(path);
    CHECK(isGuardedPath(path));
  }
  for (auto path: {"services.web.environment.image", "services.web.environment.user",
                   "services.web.ports", "x-skerry.probes.web.interval"}) {
    CAPTURE(path);
    CHECK_FALSE(isGuardedPath(path));
  }
  Site site;
  auto dot = site.put({"pos", genOf(1), "services.web.image", ""}, LocalKind::OVERRIDE,
                      bytes("evil"), basisOf(genOf(1), "services.web.image", std::nullopt));
  CHECK(site.app().overrides.empty());
  CHECK(site.app().denied == std::vector<Dot>{dot});
}

TEST_CASE("pauses, restart nonces and pins are read by service") {
  Site site;
  site.put(LocalKey::pause("pos", genOf(1), ""), LocalKind::PAUSE, {});
  site.put(LocalKey::pause("pos", genOf(1), "web"), LocalKind::PAUSE, {});
  site.put(LocalKey::restart("pos", genOf(1), "web"), LocalKind::RESTART_NONCE, bytes("n7"));
  site.put(LocalKey::pin("pos", genOf(1), "db"), LocalKind::PIN, bytes("host2"));
  auto app = site.app();
  CHECK(app.pauses.size() == 2);
  CHECK(app.pauses.contains("web"));
  CHECK(app.restarts.at("web").value == bytes("n7"));
  CHECK(app.pins.at("db").value == bytes("host2"));
  CHECK(app.revision == named("r1"));
}

TEST_CASE("an override says where it comes from") {
  Site site;
  auto dot = site.overridePrinter("local");
  auto value = site.app().overrides.at(PATH);
  CHECK(value.dot == dot);
  CHECK(value.origin == Origin{1, genOf(1), 1, 1});
}

TEST_CASE("the record of an end names both values, and is not made for an override in force") {
  Site site;
  auto dot = site.overridePrinter("local");
  CHECK_FALSE(endingOf(site.local, dot, named("same"), site.reader, "healthy").has_value());
  auto record = endingOf(site.local, dot, named("r2"), site.reader, "r2 is healthy");
  REQUIRE(record);
  CHECK(record->says == bytes("p2"));
  CHECK(decodeLocalEntry(view(record->entry))->value == bytes("local"));
  auto absent = endingOf(site.local, dot, named("silent"), site.reader, "");
  REQUIRE(absent);
  CHECK_FALSE(absent->says.has_value());
}

TEST_CASE("a basis tells a value from none, and one path and life from another") {
  auto empty = basisOf(genOf(1), PATH, Bytes());
  CHECK(empty != basisOf(genOf(1), PATH, std::nullopt));
  CHECK(empty != basisOf(genOf(2), PATH, Bytes()));
  CHECK(empty != basisOf(genOf(1), "other", Bytes()));
  CHECK(basisOf(genOf(1), "ab", bytes("c")) != basisOf(genOf(1), "a", bytes("bc")));
}
