#include "tier_site/assignments.h"
#include "shared/daemon/self.h"
#include "shared/ledger/order_entry.h"
#include "test/support/authority.h"
#include "test/support/hand_store.h"
#include <doctest/doctest.h>

namespace skerry {
namespace {

using Verdict = Judgement::Verdict;

const TenantAndName POS{"acme", "pos"};
const std::string POS_KEY = "app/acme/pos";

// A site's orders, edited as its region would, and what it makes of them.
struct Site {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  Authority central;
  std::unique_ptr<Signer> region = signerOf(50);
  Orders orders{DocumentKind::SITE, "site/oslo"};
  std::map<Hash, Bytes> blobs;
  HandStore store;
  kj::Own<Assignments> assignments;
  AuthoritySeq lastIntent;
  Hash lastRevision;

  Site() {
    begin();
    relay({{"policy/acme", entry(lifeOf(1), central.policy("acme"))},
           {"site", entry(lifeOf(2), central.site("oslo", {{"customer", "acme"}}))}});
  }
  // A controller's life.
  void begin() {
    assignments = kj::heap<Assignments>(
        Trust{"oslo", central.key()}, orders, [this](const Hash& hash) -> std::optional<Bytes> {
      auto found = blobs.find(hash);
      if (found == blobs.end()) return std::nullopt;
      return found->second;
    });
    Batch rows;
    assignments->load(store.scan(Table::MARK, SELF_DOCUMENT).wait(scope), rows);
    keep(kj::mv(rows));
  }
  void keep(Batch rows) { store.commit(kj::mv(rows)).wait(scope); }
  static Bytes entry(const Bytes& gen, const Bytes& value) {
    OrderEntry made;
    made.gen = Gen::from(view(gen));
    made.value = value;
    return encodeOrderEntry(made);
  }
  std::set<TenantAndName> relay(std::map<std::string, Bytes> puts,
                                std::set<std::string> erases = {}) {
    auto edited = orders.edit({std::move(puts), std::move(erases)}, 1, {1, 1, *region});
    Batch rows;
    auto touched = assignments->update(edited.keys, rows);
    keep(kj::mv(rows));
    return touched;
  }
  // An assignment of this command, as central and region make it.
  Bytes assign(const std::string& command, uint8_t life = 7, bool withContent = true) {
    auto body = revisionBody("acme", "pos", {{"web", command}});
    IntentDraft draft;
    draft.gen = lifeOf(life);
    lastRevision = draft.revision = sha256(view(body));
    draft.selector = "customer = acme";
    if (withContent) blobs[draft.revision] = body;
    auto revision = central.revision("acme", "pos", view(body));
    auto intent = central.intent(draft);
    lastIntent = central.seq;
    return entry(draft.gen, assignmentOf(intent, revision));
  }
  const Assignments::App& pos() const { return assignments->apps().at(POS); }
  std::string running() const {
    if (!assignments->apps().contains(POS) || !pos().acted) return "";
    return pos().acted->spec.services.at(0).command.at(1);
  }
};

TEST_CASE("an assignment that holds is acted on and its marks are raised") {
  Site site;
  auto touched = site.relay({{POS_KEY, site.assign("one")}});
  CHECK(touched == std::set<TenantAndName>{POS});
  CHECK(site.running() == "one");
  CHECK(site.pos().judgement.verdict == Verdict::ACCEPTED);
  CHECK(site.assignments->marks().at({"intent", "acme/pos"}) == site.lastIntent);
}

TEST_CASE("a check that fails leaves what was acted on, and says why") {
  Site site;
  site.relay({{POS_KEY, site.assign("one")}});
  Authority stranger(9);
  std::swap(site.central.signer, stranger.signer);
  auto forged = site.assign("evil");
  std::swap(site.central.signer, stranger.signer);
  site.relay({{POS_KEY, forged}});
  CHECK(site.running() == "one");
  CHECK(site.pos().judgement.verdict == Verdict::REFUSED);
  CHECK(site.pos().judgement.reason != "");
  site.relay({{POS_KEY, site.assign("two")}});
  CHECK(site.running() == "two");
}

TEST_CASE("an assignment older than what was acted on is refused, also after a restart") {
  Site site;
  auto older = site.assign("one");
  site.relay({{POS_KEY, site.assign("two")}});
  for (int lives = 0; lives < 2; ++lives) {
    site.relay({{POS_KEY, older}});
    CHECK(site.running() == "two");
    CHECK(site.pos().judgement.verdict == Verdict::REFUSED);
    site.begin();
    CHECK(site.running() == "two");
  }
}

TEST_CASE("what waits for its content leaves what runs, and is acted on when the content comes") {
  Site site;
  site.relay({{POS_KEY, site.assign("one")}});
  auto next = site.assign("two", 7, false);
  site.relay({{POS_KEY, next}});
  CHECK(site.running() == "one");
  CHECK(site.pos().judgement.verdict == Verdict::WAITING);
  CHECK(site.assignments->missing() == std::set<Hash>{site.lastRevision});
  Batch rows;
  CHECK(site.assignments->blobArrived(sha256(view("something else")), rows).empty());
  site.blobs[site.lastRevision] = revisionBody("acme", "pos", {{"web", "two"}});
  CHECK(site.assignments->blobArrived(site.lastRevision, rows) == std::set<TenantAndName>{POS});
  CHECK(site.running() == "two");
  CHECK(site.assignments->missing().empty());
}

TEST_CASE("what waits for its tenant's policy or the site record is judged again when it comes") {
  for (std::string key : {"policy/acme", "site"}) {
    CAPTURE(key);
    Site site;
    auto there = *site.orders.bytesOf(key);
    site.relay({{POS_KEY, site.assign("one")}}, {key});
    CHECK(site.pos().judgement.verdict == Verdict::WAITING);
    CHECK(site.running() == "");
    CHECK(site.relay({{key, there}}) == std::set<TenantAndName>{POS});
    CHECK(site.running() == "one");
    // Losing it again stops nothing.
    site.relay({}, {key});
    CHECK(site.running() == "one");
  }
}

TEST_CASE("another tenant's policy is not asked about") {
  Site site;
  site.relay({{POS_KEY, site.assign("one")}});
  CHECK(site.relay({{"policy/rival", Site::entry(lifeOf(3), site.central.policy("rival"))}})
            .empty());
}

TEST_CASE("absence from the orders ends an application, for good until a newer intent") {
  Site site;
  auto first = site.assign("one");
  site.relay({{POS_KEY, first}});
  CHECK(site.relay({}, {POS_KEY}) == std::set<TenantAndName>{POS});
  CHECK(!site.assignments->apps().contains(POS));
  site.begin();
  CHECK(!site.assignments->apps().contains(POS));
  auto mark = site.assignments->marks().at({"intent", "acme/pos"});
  site.relay({{POS_KEY, site.assign("again", 8)}});
  CHECK(site.running() == "again");
  CHECK(site.pos().acted->gen == lifeOf(8));
  CHECK(site.assignments->marks().at({"intent", "acme/pos"}) > mark);
  site.relay({{POS_KEY, first}});
  CHECK(site.running() == "again");
}

TEST_CASE("what was acted on survives a restart, with a newer assignment refused beside it") {
  Site site;
  site.relay({{POS_KEY, site.assign("one")}});
  auto acted = *site.pos().acted;
  site.relay({{POS_KEY, Site::entry(lifeOf(7), Bytes(16, 0xaa))}});
  auto marks = site.assignments->marks();
  site.begin();
  CHECK(*site.pos().acted == acted);
  CHECK(site.pos().acted->spec == acted.spec);
  CHECK(site.pos().judgement.verdict == Verdict::REFUSED);
  CHECK(site.assignments->marks() == marks);
}

TEST_CASE("a restart with nothing new writes nothing") {
  Site site;
  site.relay({{POS_KEY, site.assign("one")}});
  auto steps = site.store.stepCount();
  site.begin();
  CHECK(site.running() == "one");
  CHECK(site.store.stepCount() == steps);
}

TEST_CASE("content is kept while it is acted on, even when the orders have gone on") {
  Site site;
  site.relay({{POS_KEY, site.assign("one")}});
  auto first = site.lastRevision;
  site.relay({{POS_KEY, site.assign("two", 7, false)}});
  CHECK(site.assignments->uses(first));
  site.blobs[site.lastRevision] = revisionBody("acme", "pos", {{"web", "two"}});
  Batch rows;
  site.assignments->blobArrived(site.lastRevision, rows);
  CHECK(site.assignments->uses(site.lastRevision));
}

TEST_CASE("the revisions acted on before are kept, as many as may be returned to, for one life") {
  Site site;
  std::vector<Hash> revisions;
  for (std::string command : {"1", "2", "3", "4", "5", "6", "7"}) {
    site.relay({{POS_KEY, site.assign(command)}});
    revisions.push_back(site.lastRevision);
  }
  for (int lives = 0; lives < 2; ++lives) {
    auto& earlier = site.pos().earlier;
    REQUIRE(earlier.size() == Assignments::EARLIER_MAX);
    for (size_t i = 0; i < earlier.size(); ++i) CHECK(earlier[i].revision == revisions[5 - i]);
    CHECK(site.assignments->uses(revisions[1]));
    CHECK(!site.assignments->uses(revisions[0]));
    site.begin();
  }
  // Back to one of them: it is no earlier one any more.
  site.relay({{POS_KEY, site.assign("4")}});
  CHECK(site.pos().earlier.size() == Assignments::EARLIER_MAX);
  for (auto& before : site.pos().earlier) CHECK(before.revision != revisions[3]);
  site.relay({{POS_KEY, site.assign("again", 8)}});
  CHECK(site.pos().earlier.empty());
  CHECK(!site.assignments->uses(revisions[3]));
}

TEST_CASE("the marks of what was acted on only grow") {
  Site site;
  Batch rows;
  site.assignments->raise({{{"intent", "a/b"}, {3, 5}}}, rows);
  site.assignments->raise({{{"intent", "a/b"}, {2, 9}}}, rows);
  site.assignments->raise({{{"intent", "a/b"}, {3, 4}}}, rows);
  CHECK(site.assignments->marks().at({"intent", "a/b"}) == AuthoritySeq{3, 5});
  CHECK(rows.steps().size() == 1);
}

}  // namespace
}  // namespace skerry
