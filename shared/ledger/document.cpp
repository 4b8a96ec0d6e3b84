#include "shared/ledger/document.h"
#include "shared/ledger/mutant.h"
#include <algorithm>
#include <kj/debug.h>

namespace skerry {

namespace {

const std::string NEW_ROW = "new", UNREAD_ROW = "unread";
constexpr uint64_t DAY_MS = uint64_t(24) * 3'600 * 1'000;

// The value of a row that is there or not.
std::optional<Bytes> flag(bool isSet) {
  return isSet ? std::optional<Bytes>(Bytes{1}) : std::nullopt;
}

}  // namespace

Document::Document(DocumentIds ids, RowChanges& rows)
    : identity(kj::mv(ids)), ordersHalf(identity.kind, identity.name),
      localHalf(identity.kind, identity.writer) {
  if (identity.end == DocumentEnd::CHILD) setNew(true, rows);
}

Document::Document(DocumentIds ids, const StoredRows& rows)
    : identity(kj::mv(ids)), ordersHalf(identity.kind, identity.name),
      localHalf(identity.kind, identity.writer) {
  ordersHalf.load(rows);
  localHalf.load(rows);
  projected.load(rows);
  expiring.load(rows);
  for (auto& row: rows) {
    if (row.part != Part::META) continue;
    if (text(view(row.key)) == NEW_ROW) newDatabase = true;
    if (text(view(row.key)) == UNREAD_ROW) unread = true;
  }
}

HelloState Document::hello() const { return helloOf(ordersHalf, localHalf, newDatabase); }

void Document::setNew(bool isNew, RowChanges& rows) {
  if (newDatabase == isNew) return;
  newDatabase = isNew;
  rows.push_back({Part::META, copy(view(NEW_ROW)), flag(isNew)});
}

void Document::setUnread(bool isUnread, RowChanges& rows) {
  if (unread == isUnread) return;
  unread = isUnread;
  rows.push_back({Part::META, copy(view(UNREAD_ROW)), flag(isUnread)});
}

Orders::Edited Document::edit(const OrdersEdit& edit, int64_t nowMs, const Authorship& author) {
  KJ_REQUIRE(identity.end == DocumentEnd::PARENT, "only the parent writes orders", identity.name);
  return ordersHalf.edit(edit, nowMs, author);
}

Orders::Edited Document::project(const Readings& readings, int64_t nowMs,
                                 const Authorship& author) {
  if (unread) return {};
  auto wanted = skerry::project(readings, projected, ordersHalf);
  if (wanted.empty()) return {};
  auto edited = edit(wanted.edit, nowMs, author);
  if (edited.refused.empty()) projected.record(wanted, ordersHalf.version(), edited.rows);
  return edited;
}

void Document::forgetChild(RowChanges& rows) {
  KJ_REQUIRE(identity.end == DocumentEnd::PARENT, "a child has no child", identity.name);
  setUnread(true, rows);
}

bool Document::isMore(const VersionId& version, const Hash& root) const {
  auto& held = ordersHalf.version();
  if (version != held) return version > held;
  return unread ? root != ordersHalf.root() : root > ordersHalf.root();
}

void Document::setRead(RowChanges& rows) { setUnread(false, rows); }

Orders::Edited Document::adopt(const Orders& shown, int64_t nowMs, const Authorship& author) {
  KJ_REQUIRE(author.era > shown.version().era || mutated(Mutant::RESTORE_WITHOUT_ERA),
             "what a child holds is read in a later era", identity.name, shown.version().text());
  OrdersEdit edit;
  for (auto& [key, entry]: shown.entries()) edit.puts[key] = entry.bytes;
  for (auto& [key, entry]: ordersHalf.entries()) {
    if (!edit.puts.contains(key)) edit.erases.insert(key);
  }
  Authorship ours{std::max(author.homeGen, shown.version().homeGen), author.era, author.signer};
  auto edited = ordersHalf.edit(edit, nowMs, ours);
  if (!edited.refused.empty()) return edited;
  projected.align(ordersHalf, edited.rows);
  setRead(edited.rows);
  return edited;
}

void Document::trust(const TrustedParent& parent, RowChanges& rows) {
  KJ_REQUIRE(identity.end == DocumentEnd::CHILD, "a parent follows nobody", identity.name);
  ordersHalf.trust(parent, rows);
}

void Document::beginHistory(uint64_t random, RowChanges& rows) {
  localHalf.takeIncarnation(incarnationFrom(random), rows);
  setNew(true, rows);
}

void Document::settleHistory(uint64_t random, RowChanges& rows) {
  if (localHalf.needsIncarnation()) beginHistory(random, rows);
}

LocalResult Document::write(LocalDraft draft, int64_t wallMs, uint64_t random) {
  RowChanges rows;
  settleHistory(random, rows);
  draft.seen = ordersHalf.version();
  draft.hlc = lastHlc = nextHlc(lastHlc, wallMs);
  auto result = localHalf.write(draft);
  result.rows.insert(result.rows.begin(), rows.begin(), rows.end());
  return result;
}

LocalResult Document::remove(const LocalKey& key) {
  KJ_REQUIRE(identity.writer != 0, "the local half belongs to the child", identity.name);
  return localHalf.remove(key);
}

LocalResult Document::end(const Dot& dot, const EndedRecord& why, std::string author,
                          int64_t wallMs, uint64_t random) {
  RowChanges rows;
  settleHistory(random, rows);
  LocalDraft by;
  by.seen = ordersHalf.version();
  by.expires.durationMs = ENDED_SHOWN_MS;
  by.author = kj::mv(author);
  by.hlc = lastHlc = nextHlc(lastHlc, wallMs);
  auto result = localHalf.end(dot, why, by, ordersHalf.version());
  result.rows.insert(result.rows.begin(), rows.begin(), rows.end());
  return result;
}

LocalResult Document::sweep(const Presence& presence) {
  return localHalf.sweep(presence, ordersHalf.version());
}

LocalResult Document::rewriteOwn(uint64_t random) {
  RowChanges rows;
  beginHistory(random, rows);
  auto result = localHalf.rewriteOwn();
  result.rows.insert(result.rows.begin(), rows.begin(), rows.end());
  return result;
}

Document::Ticked Document::tick(const std::string& bootId, uint64_t bootMs) {
  Ticked ticked;
  for (auto& dot: expiring.tick(localHalf, bootId, bootMs, ticked.rows)) {
    ticked.expired.push_back(localHalf.find(dot)->entry);
    auto removed = localHalf.removeDot(dot);
    ticked.rows.insert(ticked.rows.end(), removed.rows.begin(), removed.rows.end());
  }
  if (expiring.clockMs() - forgivenAtMs >= DAY_MS) {
    forgivenAtMs = expiring.clockMs();
    localHalf.forgiveClaims();
  }
  return ticked;
}

}  // namespace skerry
