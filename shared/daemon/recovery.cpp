#include "shared/daemon/recovery.h"
#include "capnp/stored.capnp.h"
#include "shared/daemon/log.h"
#include "shared/model/encoded.h"
#include "shared/model/time_text.h"

namespace skerry {

void Recovery::begin(const Restored& restored, Batch& rows) {
  *this = Recovery(document);
  backupMs = restored.backupMs;
  restoredMs = restored.restoredMs;
  save(rows);
}

void Recovery::note(const std::string& child, const std::string& key, std::string_view outcome) {
  logEvent(outcome == "conflict" ? Severity::WARNING : Severity::INFO, "restore.found",
           {{"child", child}, {"key", key}, {"outcome", std::string(outcome)}});
  if (notes.size() == RECOVERY_NOTES_MAX) notes.erase(notes.begin());
  notes.push_back({child, key, std::string(outcome)});
}

void Recovery::end(const LifeOfKey& life) {
  if (ended.size() < RECOVERY_ENDED_MAX) ended.insert(life);
}

void Recovery::hear(const AuthoritySeq& newest) {
  auto& known = heard[newest.era];
  known = std::max(known, newest.n);
}

bool Recovery::hasHeard(const AuthoritySeq& seq) const {
  auto known = heard.find(seq.era);
  return known != heard.end() && seq.n <= known->second;
}

void Recovery::save(Batch& rows) const {
  capnp::MallocMessageBuilder message;
  auto stored = message.initRoot<schema::StoredRecovery>();
  stored.setBackupMs(backupMs);
  stored.setRestoredMs(restoredMs);
  stored.setAwaitsParent(awaitsParent);
  auto off = stored.initWrittenOff(writtenOff.size());
  size_t i = 0;
  for (auto& name : writtenOff) off.set(i++, name);
  auto eras = stored.initHeard(heard.size());
  i = 0;
  for (auto& [era, n] : heard) {
    eras[i].setEra(era);
    eras[i++].setSeq(n);
  }
  auto lives = stored.initEnded(ended.size());
  i = 0;
  for (auto& [key, life] : ended) {
    lives[i].setKey(key);
    lives[i++].setLife(view(life));
  }
  auto list = stored.initNotes(notes.size());
  for (i = 0; i < notes.size(); ++i) {
    list[i].setChild(notes[i].child);
    list[i].setKey(notes[i].key);
    list[i].setOutcome(notes[i].outcome);
  }
  rows.put(Table::META, document, view(RECOVERY_ROW),
           view(encode<schema::StoredRecovery>(stored)));
}

void writeRecovery(const Recovery& recovery, schema::RestoreView::Builder to) {
  to.setRestored(printTime(recovery.restoredMs));
  to.setBackup(printTime(recovery.backupMs));
  auto findings = to.initFindings(recovery.notes.size());
  for (size_t i = 0; i < recovery.notes.size(); ++i) {
    findings[i].setChild(recovery.notes[i].child);
    findings[i].setKey(recovery.notes[i].key);
    findings[i].setOutcome(recovery.notes[i].outcome);
  }
}

void Recovery::load(kj::Maybe<BytesView> row) {
  KJ_IF_MAYBE(bytes, row) {
    Decoded<schema::StoredRecovery> decoded(*bytes);
    auto stored = decoded.get();
    backupMs = stored.getBackupMs();
    restoredMs = stored.getRestoredMs();
    awaitsParent = stored.getAwaitsParent();
    for (auto name : stored.getWrittenOff()) writtenOff.insert(text(name));
    for (auto era : stored.getHeard()) heard[era.getEra()] = era.getSeq();
    for (auto one : stored.getEnded()) ended.insert({text(one.getKey()), copy(one.getLife())});
    for (auto one : stored.getNotes()) {
      notes.push_back({text(one.getChild()), text(one.getKey()), text(one.getOutcome())});
    }
  }
}

}  // namespace skerry
