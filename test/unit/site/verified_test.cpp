#include "tier_site/verified.h"
#include "test/sim/seeded_entropy.h"
#include "test/support/authority.h"
#include <doctest/doctest.h>
#include <functional>

namespace skerry {
namespace {

using Verdict = Judgement::Verdict;

const TenantAndName POS{"acme", "pos"};

// A site, what its region relays, and the central that signed it.
struct Gate {
  Authority central;
  Authority stranger{2};
  Trust trust{"oslo", central.key()};
  Marks marks;
  IntentDraft draft;
  Bytes body = revisionBody("acme", "pos", {{"web", "one"}});
  std::map<std::string, Bytes> orders;
  std::map<Hash, Bytes> blobs;
  Bytes gen = lifeOf(7);
  Bytes intent, revision, assignment;

  Gate() {
    draft.revision = sha256(view(body));
    draft.selector = "customer = acme";
    blobs[draft.revision] = body;
    orders["policy/acme"] = central.policy("acme");
    orders["site"] = central.site("oslo", {{"customer", "acme"}});
    revision = central.revision("acme", "pos", view(body));
    sign();
  }
  void sign() {
    intent = central.intent(draft);
    assignment = assignmentOf(intent, revision);
  }
  Judgement judge() {
    return judgeAssignment(
        trust, marks, POS, view(gen), view(assignment),
        [this](const std::string& key) -> std::optional<Bytes> {
          auto found = orders.find(key);
          if (found == orders.end()) return std::nullopt;
          return found->second;
        },
        [this](const Hash& hash) -> std::optional<Bytes> {
          auto found = blobs.find(hash);
          if (found == blobs.end()) return std::nullopt;
          return found->second;
        });
  }
};

TEST_CASE("an assignment that central signed for this site is accepted, and raises its marks") {
  Gate gate;
  auto judged = gate.judge();
  CHECK(judged.reason == "");
  REQUIRE(judged.verdict == Verdict::ACCEPTED);
  REQUIRE(judged.acted.has_value());
  CHECK(judged.acted->gen == gate.gen);
  CHECK(judged.acted->seq == gate.central.seq);
  CHECK(judged.acted->revision == gate.draft.revision);
  CHECK(judged.acted->spec.services.at(0).name == "web");
  CHECK(judged.raised.size() == 3);
  CHECK(judged.raised.at({"intent", "acme/pos"}) == gate.central.seq);
  CHECK(judged.raised.at({"policy", "acme"}) == AuthoritySeq{1, 1});
  CHECK(judged.raised.at({"site", "oslo"}) == AuthoritySeq{1, 2});
  CHECK(!judged.missing.has_value());
}

struct Row {
  const char* condition;
  std::function<void(Gate&)> breakIt;
  Verdict verdict;
  const char* says;
};

// What central did not sign, signed for something else, or signed before what was acted on.
std::vector<Row> wrongSignatures() {
  return {
      {"the intent is signed by somebody else",
       [](Gate& g) { g.assignment = assignmentOf(g.stranger.intent(g.draft), g.revision); },
       Verdict::REFUSED, "signature is not the authority's"},
      {"the revision is signed by somebody else",
       [](Gate& g) {
         g.assignment =
             assignmentOf(g.intent, g.stranger.revision("acme", "pos", view(g.body)));
       },
       Verdict::REFUSED, "revision is not believed"},
      {"the policy is signed by somebody else",
       [](Gate& g) { g.orders["policy/acme"] = g.stranger.policy("acme"); }, Verdict::REFUSED,
       "policy is not believed"},
      {"the site record is signed by somebody else",
       [](Gate& g) { g.orders["site"] = g.stranger.site("oslo", {{"customer", "acme"}}); },
       Verdict::REFUSED, "site record is not believed"},
      {"the intent was signed for another purpose",
       [](Gate& g) {
         auto other = g.central.sign("policy", "acme/pos", view(Authority::intentBody(g.draft)));
         g.assignment = assignmentOf(other, g.revision);
       },
       Verdict::REFUSED, "intent is not believed"},
      {"the revision was signed for another purpose",
       [](Gate& g) { g.assignment = assignmentOf(g.intent, g.intent); }, Verdict::REFUSED,
       "revision is not believed"},
      {"the intent is older than one acted on",
       [](Gate& g) { g.marks[{"intent", "acme/pos"}] = {1, g.central.seq.n + 1}; },
       Verdict::REFUSED, "older than one acted on"},
      {"the intent is of an earlier era than one acted on",
       [](Gate& g) { g.marks[{"intent", "acme/pos"}] = {2, 0}; }, Verdict::REFUSED,
       "older than one acted on"},
      {"the policy is older than one acted on",
       [](Gate& g) { g.marks[{"policy", "acme"}] = {1, 99}; }, Verdict::REFUSED,
       "policy is older"},
      {"the site record is older than one acted on",
       [](Gate& g) { g.marks[{"site", "oslo"}] = {1, 99}; }, Verdict::REFUSED,
       "site record is older"},
  };
}

// What central signed about somebody else.
std::vector<Row> wrongSubjects() {
  return {
      {"the intent is about another application",
       [](Gate& g) {
         g.draft.app = "erp";
         g.sign();
       },
       Verdict::REFUSED, "is about 'acme/erp'"},
      {"the intent names this application outside and another inside",
       [](Gate& g) {
         g.draft.app = "erp";
         auto inside = Authority::intentBody(g.draft);
         g.assignment = assignmentOf(g.central.sign("intent", "acme/pos", view(inside)),
                                     g.revision);
       },
       Verdict::REFUSED, "belongs to another application"},
      {"the intent is another tenant's",
       [](Gate& g) {
         g.draft.tenant = "rival";
         g.sign();
       },
       Verdict::REFUSED, "is about 'rival/pos'"},
      {"the revision is about another application",
       [](Gate& g) {
         g.assignment =
             assignmentOf(g.intent, g.central.revision("acme", "erp", view(g.body)));
       },
       Verdict::REFUSED, "is about 'acme/erp'"},
      {"the revision's content is another application's",
       [](Gate& g) {
         g.body = revisionBody("acme", "erp", {{"web", "one"}});
         g.draft.revision = sha256(view(g.body));
         g.blobs[g.draft.revision] = g.body;
         g.revision = g.central.revision("acme", "pos", view(g.body));
         g.sign();
       },
       Verdict::REFUSED, "revision belongs to another application"},
      {"the policy is another tenant's",
       [](Gate& g) { g.orders["policy/acme"] = g.central.policy("rival"); }, Verdict::REFUSED,
       "is about 'rival'"},
      {"the site record is another site's",
       [](Gate& g) { g.orders["site"] = g.central.site("bergen", {{"customer", "acme"}}); },
       Verdict::REFUSED, "is about 'bergen'"},
  };
}

// What central signed and does not let run here, and what has not arrived.
std::vector<Row> wrongContents() {
  return {
      {"the orders name another life of the application",
       [](Gate& g) { g.gen = lifeOf(8); }, Verdict::REFUSED, "another life"},
      {"the revision is not allowed",
       [](Gate& g) {
         g.draft.allowsRevision = false;
         g.sign();
       },
       Verdict::REFUSED, "not among those the intent allows"},
      {"the site's labels do not match",
       [](Gate& g) { g.orders["site"] = g.central.site("oslo", {{"customer", "rival"}}); },
       Verdict::REFUSED, "do not match"},
      {"the selector cannot be read",
       [](Gate& g) {
         g.draft.selector = "customer = = acme";
         g.sign();
       },
       Verdict::REFUSED, "cannot be read"},
      {"the revision's content is no application",
       [](Gate& g) { g.blobs[g.draft.revision] = Bytes(24, 0xff); }, Verdict::REFUSED, "malformed"},
      {"the assignment is no struct", [](Gate& g) { g.assignment = Bytes(3, 1); },
       Verdict::REFUSED, "malformed"},
      {"the assignment is empty", [](Gate& g) { g.assignment.clear(); }, Verdict::REFUSED, ""},
      {"the policy has not arrived", [](Gate& g) { g.orders.erase("policy/acme"); },
       Verdict::WAITING, "policy has not arrived"},
      {"the site record has not arrived", [](Gate& g) { g.orders.erase("site"); },
       Verdict::WAITING, "site record has not arrived"},
      {"the revision's content has not arrived", [](Gate& g) { g.blobs.clear(); },
       Verdict::WAITING, "content has not arrived"},
  };
}

TEST_CASE("each condition alone keeps an assignment from being acted on") {
  auto rows = wrongSignatures();
  for (auto more : {wrongSubjects(), wrongContents()}) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  CHECK(rows.size() == 27);
  for (auto& row : rows) {
    CAPTURE(row.condition);
    Gate gate;
    row.breakIt(gate);
    auto judged = gate.judge();
    CHECK(judged.verdict == row.verdict);
    CHECK(!judged.acted.has_value());
    CHECK(judged.raised.empty());
    CAPTURE(judged.reason);
    CHECK(judged.reason.find(row.says) != std::string::npos);
    CHECK(judged.reason != "");
    CHECK(judged.missing.has_value() ==
          (judged.reason.find("content has not arrived") != std::string::npos));
  }
}

TEST_CASE("the same sequence as the mark is acted on again, and an allowed older revision too") {
  Gate gate;
  gate.marks = gate.judge().raised;
  CHECK(gate.judge().verdict == Verdict::ACCEPTED);
  auto older = gate.draft.revision;
  auto newer = revisionBody("acme", "pos", {{"web", "two"}});
  gate.draft.revision = sha256(view(newer));
  gate.draft.allowed = {older};
  gate.sign();
  auto judged = gate.judge();
  REQUIRE(judged.verdict == Verdict::ACCEPTED);
  CHECK(judged.acted->revision == older);
}

TEST_CASE("an envelope whose inline body was taken out or exchanged is not believed") {
  Gate gate;
  for (bool exchanged : {false, true}) {
    capnp::MallocMessageBuilder message;
    auto assignment = message.initRoot<schema::Assignment>();
    setSigned(assignment.initIntent(), gate.intent);
    setSigned(assignment.initRevision(), gate.revision);
    IntentDraft other = gate.draft;
    other.selector = "";
    auto body = exchanged ? Authority::intentBody(other) : Bytes();
    assignment.getIntent().setBody(view(body));
    gate.assignment = encode<schema::Assignment>(assignment);
    CHECK(gate.judge().verdict == Verdict::REFUSED);
  }
}

// Everything signed is covered by the signature or by the hash in it, so no flipped bit may be
// acted on unless the judgement comes out the same without it: padding and pointers of a form that
// reads alike.
TEST_CASE("no flipped bit is acted on as something else, and none throws") {
  Gate whole;
  auto right = whole.judge();
  struct Part {
    const char* name;
    std::function<Bytes&(Gate&)> of;
  };
  std::vector<Part> parts{
      {"assignment", [](Gate& g) -> Bytes& { return g.assignment; }},
      {"policy", [](Gate& g) -> Bytes& { return g.orders["policy/acme"]; }},
      {"site", [](Gate& g) -> Bytes& { return g.orders["site"]; }},
  };
  for (auto& part : parts) {
    CAPTURE(part.name);
    Gate gate;
    auto& bytes = part.of(gate);
    size_t accepted = 0;
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      bytes[bit / 8] ^= uint8_t(1 << bit % 8);
      auto judged = gate.judge();
      bytes[bit / 8] ^= uint8_t(1 << bit % 8);
      if (judged.verdict != Verdict::ACCEPTED) continue;
      ++accepted;
      CAPTURE(bit);
      CHECK(*judged.acted == *right.acted);
      CHECK(judged.acted->spec == right.acted->spec);
      CHECK(judged.raised == right.raised);
    }
    CAPTURE(accepted);
    CHECK(accepted < 64);
  }
}

TEST_CASE("no flipped bit of a signed statement, signature or body is accepted at all") {
  Gate gate;
  Decoded<schema::Assignment> decoded(gate.assignment);
  auto intent = decoded.get().getIntent();
  auto statement = copy(intent.getStatement()), signature = copy(intent.getSignature()),
       body = copy(intent.getBody());
  for (auto field : {&statement, &signature, &body}) {
    for (size_t bit = 0; bit < field->size() * 8; ++bit) {
      (*field)[bit / 8] ^= uint8_t(1 << bit % 8);
      capnp::MallocMessageBuilder message;
      auto assignment = message.initRoot<schema::Assignment>();
      auto to = assignment.initIntent();
      to.setStatement(view(statement));
      to.setSignature(view(signature));
      to.setBody(view(body));
      setSigned(assignment.initRevision(), gate.revision);
      gate.assignment = encode<schema::Assignment>(assignment);
      (*field)[bit / 8] ^= uint8_t(1 << bit % 8);
      CAPTURE(bit);
      CHECK(gate.judge().verdict == Verdict::REFUSED);
    }
  }
}

TEST_CASE("random bytes in the place of anything relayed never throw and are never accepted") {
  constexpr uint64_t SEED = 5;
  SeededEntropy chance(SEED);
  for (int i = 0; i < 2'000; ++i) {
    Gate gate;
    Bytes junk(chance.between(0, 60) * (chance.chance(80) ? 8 : 1));
    chance.fill({junk.data(), junk.size()});
    auto where = chance.between(0, 3);
    if (where == 0) gate.assignment = junk;
    if (where == 1) gate.orders["policy/acme"] = junk;
    if (where == 2) gate.orders["site"] = junk;
    if (where == 3) gate.blobs[gate.draft.revision] = junk;
    CAPTURE(i);
    CHECK(gate.judge().verdict == Verdict::REFUSED);
    Disbelief why;
    CHECK(!openHome(gate.trust, {}, view(junk), why));
    CHECK(!why.reason.empty());
    CHECK(!reopenActed(POS, view(junk), [](const Hash&) { return std::nullopt; }));
  }
}

TEST_CASE("a home is believed when central signed it for this site, and not an older one") {
  Gate gate;
  auto key = Bytes(32, 9);
  auto envelope = gate.central.home("oslo", view(key), 3);
  Disbelief why;
  auto home = openHome(gate.trust, {}, view(envelope), why);
  REQUIRE(home.has_value());
  CHECK(home->region == "north");
  CHECK(home->documentKey == key);
  CHECK(home->homeGen == 3);
  CHECK(home->seq == gate.central.seq);
  CHECK(!openHome(gate.trust, {}, view(gate.stranger.home("oslo", view(key))), why));
  CHECK(why.reason.find("not believed") != std::string::npos);
  CHECK(!openHome(gate.trust, {}, view(gate.central.home("bergen", view(key))), why));
  CHECK(why.reason.find("bergen") != std::string::npos);
  Marks marks{{{"home", "oslo"}, {1, 99}}};
  CHECK(!openHome(gate.trust, marks, view(envelope), why));
  CHECK(why.reason.find("older") != std::string::npos);
}

TEST_CASE("what was acted on is read back as it was, and not without its content") {
  Gate gate;
  auto acted = *gate.judge().acted;
  auto blobs = [&](const Hash& hash) -> std::optional<Bytes> { return gate.blobs.at(hash); };
  auto again = reopenActed(POS, view(acted.assignment), blobs);
  REQUIRE(again.has_value());
  CHECK(*again == acted);
  CHECK(again->spec == acted.spec);
  CHECK(again->assignment == acted.assignment);
  CHECK(!reopenActed(POS, view(acted.assignment), [](const Hash&) { return std::nullopt; }));
  CHECK(!reopenActed({"acme", "erp"}, view(acted.assignment), blobs));
}

}  // namespace
}  // namespace skerry
