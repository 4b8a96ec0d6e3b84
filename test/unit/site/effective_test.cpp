#include "tier_site/effective.h"
#include "tier_site/render.h"
#include "test/support/authority.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

const TenantAndName POS{"acme", "pos"};
const std::string OBJECT = "app/acme/pos", PRINTER = "services.web.environment.PRINTER";

// As a policy that central wrote would be, once policies can say so.
class EverythingGoes final : public OverridePolicy {
public:
  bool allows(LocalKind, const std::string&, const std::string&, BytesView) const override {
    return true;
  }
};

// Two services; `web` knows its printer.
Bytes revisionOf(const std::string& printer) {
  capnp::MallocMessageBuilder message, outer;
  auto application = message.initRoot<schema::Application>();
  application.setTenant("acme");
  application.setName("pos");
  auto services = application.initServices(2);
  for (auto& [i, name] : std::map<unsigned, const char*>{{0, "sync"}, {1, "web"}}) {
    services[i].setName(name);
    services[i].initCommand(1).set(0, "/bin/run");
    services[i].initSkerry().setKind("process");
  }
  auto variable = services[1].initEnvironment(1)[0];
  variable.setName("PRINTER");
  variable.setValue(printer);
  auto revision = outer.initRoot<schema::Revision>();
  revision.setTenant("acme");
  revision.setApp("pos");
  revision.setApplication(view(canonicalApplication(application.asReader())));
  return encode<schema::Revision>(revision);
}
Hash named(const std::string& printer) { return sha256(view(revisionOf(printer))); }

struct Site {
  Authority central;
  std::map<Hash, Bytes> blobs;
  Assignments::App app;
  Local written{DocumentKind::SITE, 1};  // by another replica of the site
  EverythingGoes everything;
  SitePolicy usual;

  Site() {
    RowChanges rows;
    written.takeIncarnation(1, rows);
    accept("lp0");
  }
  BlobLookup content() const {
    return [this](const Hash& hash) -> std::optional<Bytes> {
      auto found = blobs.find(hash);
      if (found == blobs.end()) return std::nullopt;
      return found->second;
    };
  }
  void accept(const std::string& printer, std::vector<Hash> allowed = {}, uint8_t life = 7) {
    auto body = revisionOf(printer);
    IntentDraft draft;
    draft.gen = lifeOf(life);
    draft.revision = sha256(view(body));
    draft.allowed = std::move(allowed);
    blobs[draft.revision] = body;
    auto signedRevision = central.revision("acme", "pos", view(body));
    auto assignment = assignmentOf(central.intent(draft), signedRevision);
    if (app.acted) app.earlier.insert(app.earlier.begin(), *app.acted);
    app.acted = reopenActed(POS, view(assignment), content());
    REQUIRE(app.acted.has_value());
  }
  Gen gen() const { return Gen::from(view(app.acted->gen)); }
  void put(const LocalKey& key, LocalKind kind, Bytes value, Hash basis = {},
           std::string author = "kim", std::string reason = "") {
    LocalDraft draft;
    draft.key = key;
    draft.kind = kind;
    draft.value = std::move(value);
    draft.basis = basis;
    draft.author = std::move(author);
    draft.reason = std::move(reason);
    auto result = written.write(draft);
    REQUIRE_MESSAGE(result.done(), result.text);
  }
  void hold(const std::string& printer) {
    put(LocalKey::hold(OBJECT, gen()), LocalKind::HOLD, copy(named(printer).view()));
  }
  void refuse(const std::string& printer) {
    put(LocalKey::refused(OBJECT, gen(), named(printer)), LocalKind::REFUSED,
        refusedUnder({app.acted->seq.era, app.acted->seq.n}));
  }
  // Written while the accepted revision was the one selected.
  void overrideAt(const std::string& path, const std::string& json) {
    Decoded<schema::Revision> revision(blobs.at(app.acted->revision));
    auto says = valueAt(revision.get().getApplication(), path);
    put({OBJECT, gen(), path, ""}, LocalKind::OVERRIDE, copy(view(json)),
        basisOf(gen(), path, says));
  }
  InForce read(const OverridePolicy& policy) const {
    // As it arrives: encoded entries, joined.
    Local here(DocumentKind::SITE, 0);
    auto joined = here.join(written.knowledgeFor({}));
    REQUIRE(joined.refused.empty());
    return inForce(POS, app, here, policy, content(), {"site:oslo", "host:host1"});
  }
  InForce read() const { return read(usual); }
  InForce accepted() const {
    return {app.acted->revision, app.acted->priority, app.acted->spec, {}, {}, {}};
  }
  std::string printer(const InForce& now) const {
    return now.spec.services.at(1).environment.at("PRINTER");
  }
};

TEST_CASE("without entries of its own a site runs what was accepted") {
  Site site;
  CHECK(site.read() == site.accepted());
  site.put({"app/acme/other", site.gen(), "@pause", ""}, LocalKind::PAUSE, {});
  CHECK(site.read() == site.accepted());
}

TEST_CASE("a hold freezes the revision that ran while newer ones are accepted, until cleared") {
  Site site;
  site.hold("lp0");
  CHECK(site.read().revision == named("lp0"));
  site.accept("lp1");
  site.accept("lp2");
  auto now = site.read();
  CHECK(now.revision == named("lp0"));
  CHECK(site.printer(now) == "lp0");
  REQUIRE(now.notes.size() == 1);
  CHECK(now.notes[0].find("kim") != std::string::npos);
  site.written.remove(LocalKey::hold(OBJECT, site.gen()));
  CHECK(site.read() == site.accepted());
}

TEST_CASE("a hold of a revision that never ran here, or only in an earlier life, is no hold") {
  Site site;
  site.blobs[named("evil")] = revisionOf("evil");
  site.hold("evil");
  CHECK(site.read() == site.accepted());
  site.accept("new", {}, 8);
  site.put(LocalKey::hold(OBJECT, site.gen()), LocalKind::HOLD, copy(named("lp0").view()));
  CHECK(site.read() == site.accepted());
}

TEST_CASE("a revision refused here is followed by the best that is allowed and here") {
  Site site;
  site.accept("lp1");
  site.accept("lp2", {named("far"), named("lp1"), named("lp0")});
  site.refuse("lp2");
  CHECK(site.printer(site.read()) == "lp1");
  site.refuse("lp1");
  CHECK(site.printer(site.read()) == "lp0");
  site.refuse("lp0");
  // Nothing is left: the accepted one stays.
  CHECK(site.read() == site.accepted());
}

TEST_CASE("what the intent does not allow is not fallen back to, and a newer intent tries again") {
  Site site;
  site.accept("lp1");
  site.accept("lp2", {named("lp0")});
  site.refuse("lp2");
  CHECK(site.printer(site.read()) == "lp0");
  site.accept("lp2", {named("lp0")});
  CHECK(site.printer(site.read()) == "lp2");
}

TEST_CASE("content that is another application's, or damaged, is not fallen back to") {
  Site site;
  auto foreign = revisionBody("acme", "other", {{"web", "x"}});
  site.blobs[sha256(view(foreign))] = foreign;
  Bytes broken(40, 7);
  site.blobs[sha256(view(broken))] = broken;
  site.accept("lp1", {sha256(view(foreign)), sha256(view(broken)), named("lp0")});
  site.refuse("lp1");
  CHECK(site.printer(site.read()) == "lp0");
}

TEST_CASE("a pause stops the service it names, or all of them, and says by whom") {
  Site site;
  site.put(LocalKey::pause(OBJECT, site.gen(), "web"), LocalKind::PAUSE, {}, {}, "kim", "smoke");
  auto slots = render(site.read(), {"oslo", "host1"});
  auto& web = slots.at({"acme", "pos", "web", 0});
  CHECK(web.standing == Standing::PAUSED);
  CHECK(web.reason == "paused by kim: smoke");
  CHECK(slots.at({"acme", "pos", "sync", 0}).standing == Standing::RUN);
  // It is no other service for it: what runs after the pause is what ran before.
  auto before = render(site.accepted(), {"oslo", "host1"});
  CHECK(web.rendered == before.at({"acme", "pos", "web", 0}).rendered);
  site.put(LocalKey::pause(OBJECT, site.gen(), "", "host:host1"), LocalKind::PAUSE, {});
  CHECK(site.read().paused.size() == 2);
}

TEST_CASE("entries for another host or site are not for us") {
  Site site;
  site.put(LocalKey::pause(OBJECT, site.gen(), "", "host:host2"), LocalKind::PAUSE, {});
  site.put(LocalKey::pause(OBJECT, site.gen(), "", "site:paris"), LocalKind::PAUSE, {});
  CHECK(site.read() == site.accepted());
}

TEST_CASE("each restart asked for is another instance, and only of the service it names") {
  Site site;
  auto digests = [&]() {
    auto slots = render(site.read(), {"oslo", "host1"});
    return std::pair(slots.at({"acme", "pos", "sync", 0}).rendered.digest,
                     slots.at({"acme", "pos", "web", 0}).rendered.digest);
  };
  std::set<Hash> webs{digests().second};
  auto sync = digests().first;
  auto restart = [&](const std::string& service, uint8_t nonce) {
    site.put(LocalKey::restart(OBJECT, site.gen(), service), LocalKind::RESTART_NONCE,
             Bytes(8, nonce));
  };
  for (uint8_t nonce : {1, 2}) {
    restart("web", nonce);
    CHECK(webs.insert(digests().second).second);
    CHECK(digests().first == sync);
  }
  restart("", 3);
  CHECK(webs.insert(digests().second).second);
  CHECK(digests().first != sync);
}

TEST_CASE("an override in force changes what is rendered, as long as above says the same there") {
  Site site;
  site.overrideAt(PRINTER, "\"lp7\"");
  auto now = site.read(site.everything);
  CHECK(site.printer(now) == "lp7");
  CHECK(now.spec.services[0] == site.app.acted->spec.services[0]);
  CHECK(now.revision == named("lp0"));
  REQUIRE(now.notes.size() == 1);
  CHECK(now.notes[0] == PRINTER + " is overridden by kim");
  // Above changed its mind there.
  site.accept("lp1");
  CHECK(site.read(site.everything) == site.accepted());
  // And back.
  site.accept("lp0");
  CHECK(site.printer(site.read(site.everything)) == "lp7");
}

TEST_CASE("an override is judged by the revision that is held, not by the one that was accepted") {
  Site site;
  site.overrideAt(PRINTER, "\"lp7\"");
  site.hold("lp0");
  site.accept("lp1");
  CHECK(site.printer(site.read(site.everything)) == "lp7");
}

TEST_CASE("no value may be overridden as long as no policy says which") {
  Site site;
  site.overrideAt(PRINTER, "\"lp7\"");
  site.overrideAt("services.web.command", "[\"/bin/evil\"]");
  CHECK(site.read() == site.accepted());
}

TEST_CASE("an override that does not fit has no effect, says so, and keeps no other from its own") {
  Site site;
  site.overrideAt("services.web.command", "\"\"");
  site.overrideAt("services.web.nonsense", "1");
  site.overrideAt(PRINTER, "\"lp7\"");
  auto now = site.read(site.everything);
  CHECK(site.printer(now) == "lp7");
  CHECK(now.spec.services[1].command == std::vector<std::string>{"/bin/run"});
  REQUIRE(now.notes.size() == 3);
  CHECK(now.notes[0].find("no effect") != std::string::npos);
}

}  // namespace
}  // namespace skerry
