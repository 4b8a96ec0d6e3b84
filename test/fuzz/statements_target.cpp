// What central signed, or somebody who would like to be central: envelopes, heads, homes and
// assignments, as a region relays them to a site.
#include "shared/model/encoded.h"
#include "shared/model/person.h"
#include "test/fuzz/fuzz.h"
#include "test/support/authority.h"
#include "tier_site/verified.h"

namespace skerry {
namespace {

const Trust& trust() {
  static const Trust known{"oslo", Authority().key()};
  return known;
}

// What the orders and the blobs hold beside what is fuzzed: sound.
struct Around {
  Authority authority;
  Bytes body = revisionBody("acme", "pos", {{"web", "--serve"}});
  Bytes policy = authority.policy("acme");
  Bytes record = authority.site("oslo", {{"customer", "acme"}});
};
const Around& around() {
  static const Around made;
  return made;
}

void judge(BytesView assignment, BytesView revision) {
  auto orders = [](const std::string& key) -> std::optional<Bytes> {
    if (key == "policy/acme") return around().policy;
    if (key == "site") return around().record;
    return std::nullopt;
  };
  auto blobs = [&](const Hash& hash) -> std::optional<Bytes> {
    if (hash == sha256(view(around().body))) return around().body;
    return copy(revision);
  };
  TenantAndName app{"acme", "pos"};
  mayRefuse([&] {
    auto judged = judgeAssignment(trust(), {}, app, view(lifeOf(7)), assignment, orders, blobs);
    bool isAccepted = judged.verdict == Judgement::Verdict::ACCEPTED;
    mustHold(isAccepted == judged.acted.has_value(), "what is acted on was accepted");
    mustHold(isAccepted == judged.reason.empty(), "what is not accepted is explained");
  });
  mayRefuse([&] { reopenActed(app, assignment, blobs); });
}

void run(BytesView input) {
  FuzzInput rest(input);
  auto envelope = rest.piece();
  for (auto kind : {"intent", "revision", "policy", "site", "home"}) {
    Disbelief why;
    auto statement = openStatement(view(trust().authorityKey), kind, envelope, why);
    mustHold(statement.has_value() == why.reason.empty(), "what is not believed is explained");
  }
  Disbelief why;
  openHead(view(trust().authorityKey), "north", envelope, why);
  openHead(trust(), {}, "north", envelope, why);
  openHome(trust(), {}, envelope, why);
  mayRefuse([&] { inForceOf(envelope); });
  mayRefuse([&] { readPerson(envelope); });
  Disbelief unsaid;
  auto person = openPerson(view(trust().authorityKey), "acme/kari", envelope, unsaid);
  mustHold(person.has_value() == unsaid.reason.empty(), "who is not believed is explained");
  judge(envelope, rest.remaining());
}

std::vector<Bytes> seeds() {
  Authority authority;
  IntentDraft draft;
  draft.revision = sha256(view(around().body));
  draft.selector = "customer = acme";
  auto intent = authority.intent(draft);
  auto revision = authority.revision("acme", "pos", view(around().body));
  auto other = draft;
  other.revision = sha256(view("another"));
  std::vector<Bytes> all;
  for (auto& envelope : {
         intent, revision, authority.policy("acme"), authority.site("oslo", {{"a", "b"}}),
         authority.home("oslo", view(Bytes(32, 5))), authority.head("north", 1, {intent, revision}),
         assignmentOf(intent, revision),
         assignmentOf(authority.intent(other),
                      authority.sign("revision", "acme/pos", view("x"), BodyIs::BLOB))}) {
    Bytes seed;
    addPiece(seed, view(envelope));
    seed.insert(seed.end(), around().body.begin(), around().body.end());
    all.push_back(seed);
  }
  return all;
}

FUZZ_TARGET("statements", run, seeds);

}  // namespace
}  // namespace skerry
