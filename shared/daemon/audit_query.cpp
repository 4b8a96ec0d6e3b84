#include "shared/daemon/audit_query.h"
#include "shared/daemon/problems.h"
#include "shared/model/time_text.h"
#include <capnp/compat/json.h>
#include <set>

namespace skerry {
namespace {

class Wanted {
public:
  Wanted(const Principal& principal, schema::AuditQuery::Reader query, int64_t nowMs)
      : principal(principal), user(text(query.getUser())), kind(text(query.getKind())),
        name(text(query.getName())), tenant(text(query.getTenant())),
        sinceMs(query.getSinceMs() == 0 ? 0 : nowMs - query.getSinceMs()) {}

  // Newest first: what came of a change is seen before that it was asked for, and says enough.
  bool operator()(schema::AuditRecord::Reader record) {
    if (record.getOf() != 0) answered.insert(record.getOf());
    if (record.getOutcome() == "asked" && answered.contains(record.getSeq())) return false;
    auto whose = text(record.getTenant());
    if (!permits(principal, Action::AUDIT, {"record", whose})) return false;
    auto who = text(record.getWho());
    bool isAsked = (user.empty() || who == user || who == "user:" + user) &&
                   (kind.empty() || record.getKind() == kind) &&
                   (name.empty() || record.getName() == name) &&
                   (tenant.empty() || whose == tenant);
    return isAsked && (sinceMs == 0 || parseTime(text(record.getTime())).value_or(0) >= sinceMs);
  }

private:
  const Principal& principal;
  const std::string user, kind, name, tenant;
  const int64_t sinceMs;
  std::set<uint64_t> answered;
};

}  // namespace

void answerAudit(const AuditLog& log, const Principal& principal, schema::AuditQuery::Reader query,
                 schema::Admin::AuditResults::Builder results) {
  bool isOfAll = permits(principal, Action::AUDIT, {"record", principal.scope.name});
  if (!isOfAll || (query.getVerify() && !principal.isUnbounded())) {
    return refuse(results, {denied(principal, Action::AUDIT, isOfAll ? "all" : "record")});
  }
  auto found = log.find(query, Wanted(principal, query, log.nowMs()));
  auto records = results.initRecords(found.json.size());
  capnp::JsonCodec codec;
  for (size_t i = 0; i < found.json.size(); ++i) {
    codec.decode(kj::arrayPtr(found.json[i].data(), found.json[i].size()), records[i]);
  }
  results.setOmitted(found.omitted);
  if (!query.getVerify()) return;
  auto checker = log.verify();
  auto verdict = results.initVerdict();
  verdict.setWhole(checker.whole());
  verdict.setFirst(checker.firstSeq());
  verdict.setLast(checker.lastSeq());
  verdict.setBad(checker.badSeq());
  verdict.setText(checker.reason());
}

}  // namespace skerry
