#include "tier_site/verified.h"
#include "capnp/authority.capnp.h"
#include "shared/model/encoded.h"

namespace skerry {
namespace {

std::string str(capnp::Text::Reader from) { return std::string(from.begin(), from.size()); }

struct Refused { std::string reason; };

// Opens what must be there, or says what is wrong with it.
Statement open(const Trust& trust, const Marks& marks, std::string_view kind,
               const std::string& id, BytesView envelope, const std::string& called) {
  Disbelief why;
  auto statement = openStatement(view(trust.authorityKey), kind, envelope, why);
  if (!statement) throw Refused{called + " is not believed: " + why.reason};
  if (statement->id != id) {
    throw Refused{called + " is about '" + statement->id + "', not '" + id + "'"};
  }
  auto mark = marks.find({std::string(kind), id});
  if (mark != marks.end() && statement->seq < mark->second) {
    throw Refused{called + " is older than one acted on before (sequence " +
                  std::to_string(statement->seq.n) + ", mark " +
                  std::to_string(mark->second.n) + ")"};
  }
  return std::move(*statement);
}

Bytes envelopeOf(schema::Signed::Reader from) { return encode<schema::Signed>(from); }

Labels readLabels(const Trust& trust, const Statement& record) {
  Decoded<schema::SiteRecord> decoded(record.body);
  if (str(decoded.get().getName()) != trust.site) {
    throw Refused{"the site record is about another site"};
  }
  Labels labels;
  for (auto pair : decoded.get().getLabels()) labels[str(pair.getName())] = str(pair.getValue());
  return labels;
}

// The revision's body, out of the blob named by its signed hash.
std::optional<ApplicationSpec> readRevision(const TenantAndName& app, const Hash& hash,
                                            const BlobLookup& blobs) {
  auto body = blobs(hash);
  if (!body) return std::nullopt;
  Decoded<schema::Revision> revision(*body);
  if (str(revision.get().getTenant()) != app.first || str(revision.get().getApp()) != app.second) {
    throw Refused{"the revision belongs to another application"};
  }
  return readApplication(revision.get().getApplication());
}

class Judge {
public:
  Judge(const Trust& trust, const Marks& marks, const TenantAndName& app,
        const OrderLookup& orders, const BlobLookup& blobs)
      : trust(trust), marks(marks), app(app), id(app.first + "/" + app.second), orders(orders),
        blobs(blobs) {}

  Judgement judge(BytesView entryGen, BytesView assignment) {
    Judgement result;
    Decoded<schema::Assignment> decoded(assignment);
    auto intentStatement =
        open(trust, marks, "intent", id, view(envelopeOf(decoded.get().getIntent())), "the intent");
    auto revisionStatement = open(trust, {}, "revision", id,
                                  view(envelopeOf(decoded.get().getRevision())), "the revision");
    Decoded<schema::Intent> intent(intentStatement.body);
    checkIntent(intent.get(), entryGen, revisionStatement.bodyHash);
    auto policy = required("policy/" + app.first, "policy", app.first, "the tenant's policy");
    auto record = required("site", "site", trust.site, "the site record");
    if (!policy || !record) {
      result.verdict = Judgement::Verdict::WAITING;
      result.reason = !policy ? "the tenant's policy has not arrived"
                              : "the site record has not arrived";
      return result;
    }
    checkSelector(str(intent.get().getSelector()), readLabels(trust, *record));
    auto spec = readRevision(app, revisionStatement.bodyHash, blobs);
    if (!spec) {
      result.verdict = Judgement::Verdict::WAITING;
      result.reason = "the revision's content has not arrived";
      result.missing = revisionStatement.bodyHash;
      return result;
    }
    result.verdict = Judgement::Verdict::ACCEPTED;
    result.acted = Acted{copy(intent.get().getGen()), intentStatement.seq,
                         revisionStatement.bodyHash, intent.get().getPriority(), std::move(*spec),
                         copy(assignment)};
    result.raised = {{{"intent", id}, intentStatement.seq},
                     {{"policy", app.first}, policy->seq},
                     {{"site", trust.site}, record->seq}};
    return result;
  }

private:
  void checkIntent(schema::Intent::Reader intent, BytesView entryGen, const Hash& revision) {
    if (str(intent.getTenant()) != app.first || str(intent.getApp()) != app.second) {
      throw Refused{"the intent belongs to another application"};
    }
    if (intent.getGen() != entryGen) {
      throw Refused{"the orders name another life of the application than its intent"};
    }
    bool inside = false;
    for (auto one : intent.getAllowed()) inside |= Hash::from(one) == revision;
    if (!inside) throw Refused{"the revision is not among those the intent allows"};
  }

  std::optional<Statement> required(const std::string& key, std::string_view kind,
                                    const std::string& about, const std::string& called) {
    auto envelope = orders(key);
    if (!envelope) return std::nullopt;
    return open(trust, marks, kind, about, view(*envelope), called);
  }

  void checkSelector(const std::string& text, const Labels& labels) {
    auto parsed = parseSelector(text);
    if (!parsed.ok()) throw Refused{"the intent's selector cannot be read: " + text};
    if (!parsed.selector.matches(labels)) {
      throw Refused{"this site's labels do not match the intent's selector: " + text};
    }
  }

  const Trust& trust;
  const Marks& marks;
  const TenantAndName& app;
  std::string id;
  const OrderLookup& orders;
  const BlobLookup& blobs;
};

}  // namespace

std::optional<HomeSeen> openHome(const Trust& trust, const Marks& marks, BytesView envelope,
                                 Disbelief& why) {
  try {
    auto statement = open(trust, marks, "home", trust.site, envelope, "the home");
    Decoded<schema::Home> home(statement.body);
    return HomeSeen{str(home.get().getRegion()), copy(home.get().getDocumentKey()),
                    home.get().getHomeGen(), statement.seq};
  } catch (const Refused& refused) {
    why.reason = refused.reason;
  } catch (const kj::Exception& e) {
    why.reason = "the home is malformed: " + text(e.getDescription());
  }
  return std::nullopt;
}

std::optional<Head> openHead(const Trust& trust, const Marks& marks, const std::string& region,
                             BytesView envelope, Disbelief& why) {
  try {
    open(trust, marks, "head", region, envelope, "central's word");
    return openHead(view(trust.authorityKey), region, envelope, why);
  } catch (const Refused& refused) {
    why.reason = refused.reason;
  }
  return std::nullopt;
}

Judgement judgeAssignment(const Trust& trust, const Marks& marks, const TenantAndName& app,
                          BytesView entryGen, BytesView assignment, const OrderLookup& orders,
                          const BlobLookup& blobs) {
  Judgement refusal;
  try {
    return Judge(trust, marks, app, orders, blobs).judge(entryGen, assignment);
  } catch (const Refused& refused) {
    refusal.reason = refused.reason;
  } catch (const kj::Exception& e) {
    refusal.reason = "the assignment is malformed: " + text(e.getDescription());
  }
  return refusal;
}

std::optional<Acted> reopenActed(const TenantAndName& app, BytesView assignment,
                                 const BlobLookup& blobs) {
  try {
    Decoded<schema::Assignment> decoded(assignment);
    Decoded<schema::Statement> about(decoded.get().getIntent().getStatement());
    Decoded<schema::Statement> revision(decoded.get().getRevision().getStatement());
    Decoded<schema::Intent> intent(decoded.get().getIntent().getBody());
    auto hash = Hash::from(revision.get().getBodyHash());
    auto spec = readRevision(app, hash, blobs);
    if (!spec) return std::nullopt;
    return Acted{copy(intent.get().getGen()), {about.get().getEra(), about.get().getSeq()}, hash,
                 intent.get().getPriority(), std::move(*spec), copy(assignment)};
  } catch (const Refused&) {
    return std::nullopt;
  } catch (const kj::Exception&) {
    return std::nullopt;
  }
}

}  // namespace skerry
