#include "shared/daemon/audit_log.h"
#include "capnp/stored.capnp.h"
#include "shared/daemon/log.h"
#include "shared/host/files.h"
#include "shared/model/encoded.h"
#include "shared/model/time_text.h"
#include <algorithm>
#include <capnp/compat/json.h>
#include <deque>
#include <utility>

namespace skerry {
namespace {

constexpr size_t NAME_DIGITS = 12;
constexpr std::string_view ENDING = ".log";

std::string segmentName(uint64_t first) {
  auto digits = std::to_string(first);
  if (digits.size() < NAME_DIGITS) digits.insert(0, NAME_DIGITS - digits.size(), '0');
  return digits + std::string(ENDING);
}

uint64_t firstOf(const std::string& segment) { return strtoull(segment.c_str(), nullptr, 10); }

// Calls `take` with every whole line. Answers where the last of them ended.
template <typename Take>
size_t eachLine(std::string_view content, Take&& take) {
  size_t begin = 0;
  for (size_t end; (end = content.find('\n', begin)) != std::string_view::npos; begin = end + 1) {
    take(content.substr(begin, end - begin));
  }
  return begin;
}

std::string shortened(const std::string& text) {
  return text.size() <= AUDIT_TEXT_BYTES_MAX ? text : text.substr(0, AUDIT_TEXT_BYTES_MAX) + "...";
}

// What is empty is left out.
void fill(schema::AuditRecord::Builder record, const AuditEntry& entry) {
  const std::pair<const char*, std::string> fields[] = {
      {"who", entry.who},         {"role", entry.role},       {"from", entry.from},
      {"action", entry.action},   {"kind", entry.kind},       {"tenant", entry.tenant},
      {"name", entry.name},       {"outcome", entry.outcome}, {"before", entry.before},
      {"after", entry.after},     {"text", shortened(entry.text)}};
  capnp::DynamicStruct::Builder to = record;
  for (auto& [field, value] : fields) {
    if (!value.empty()) to.set(field, capnp::Text::Reader(value.c_str(), value.size()));
  }
  record.setOf(entry.of);
}

AuditHead decodeHead(BytesView row) {
  Decoded<schema::StoredAudit> decoded(row);
  auto stored = decoded.get();
  return {stored.getSeq(), Hash::from(stored.getHash()), stored.getFirst(), stored.getBad(),
          stored.getRestoredFromMs()};
}

}  // namespace

Bytes encodeHead(const AuditHead& head) {
  capnp::MallocMessageBuilder message;
  auto stored = message.initRoot<schema::StoredAudit>();
  stored.setSeq(head.seq);
  stored.setHash(head.hash.view());
  stored.setFirst(head.first);
  stored.setBad(head.bad);
  stored.setRestoredFromMs(head.restoredFromMs);
  return encode<schema::StoredAudit>(stored);
}

Bytes restoredHead(kj::Maybe<BytesView> row, int64_t takenMs) {
  AuditHead head;
  KJ_IF_MAYBE(bytes, row) head = decodeHead(*bytes);
  head.restoredFromMs = takenMs;
  return encodeHead(head);
}

AuditLog::AuditLog(const kj::Directory& files, Clock& clock, kj::Timer& timer, SaveHead save)
    : files(files), clock(clock), save(kj::mv(save)),
      denials(timer, AUDIT_DENIALS_PER_SECOND, AUDIT_DENIALS_AT_ONCE) {}

kj::Path AuditLog::pathOf(const std::string& segment) const {
  return kj::Path({AUDIT_FOLDER, kj::StringPtr(segment.c_str())});
}

std::vector<std::string> AuditLog::segments() const {
  std::vector<std::string> names;
  KJ_IF_MAYBE(folder, files.tryOpenSubdir(kj::Path(AUDIT_FOLDER))) {
    for (auto& name : (*folder)->listNames()) {
      std::string found(name.cStr());
      if (found.ends_with(ENDING) && firstOf(found) > 0) names.push_back(found);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string AuditLog::read(const std::string& segment) const {
  auto content = readFile(files, pathOf(segment), AUDIT_FILE_BYTES_MAX);
  KJ_IF_MAYBE(bytes, content) return text(view(*bytes));
  return "";
}

void AuditLog::open(kj::Maybe<Bytes> row) {
  KJ_IF_MAYBE(bytes, row) head = decodeHead(view(*bytes));
  auto takenMs = head.restoredFromMs;
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
    if (takenMs != 0) setAside();
    examineTail();
  })) {
    beginSegment("it cannot be read: " + text(reason->getDescription()));
  }
  if (takenMs != 0) recordRestore(takenMs);
  opened = true;
  if (!soon.empty()) note(std::exchange(soon, {}));
}

// The files of another life that ends before the head of the backup: they stay, beside the log.
void AuditLog::setAside() {
  auto names = segments();
  if (names.empty()) return;
  AuditChecker checker;
  eachLine(read(names.back()), [&](std::string_view line) { checker.take(line); });
  if (checker.lastSeq() >= head.seq) return;
  auto aside = text(AUDIT_FOLDER) + "-to-" + std::to_string(checker.lastSeq());
  for (auto& name : names) {
    files.openFile(kj::Path({aside, name}), kj::WriteMode::CREATE | kj::WriteMode::MODIFY |
                                                kj::WriteMode::CREATE_PARENT |
                                                kj::WriteMode::PRIVATE)->writeAll(read(name));
    files.remove(pathOf(name));
  }
}

void AuditLog::recordRestore(int64_t takenMs) {
  AuditEntry entry;
  entry.action = "restore";
  entry.outcome = "done";
  entry.text = "this daemon came back from its backup of " + printTime(takenMs);
  note({entry});
}

bool AuditLog::isAfterHead(const std::string& segment) const {
  return head.restoredFromMs != 0 && firstOf(segment) > head.seq + 1;
}

// The newest segment ends with the head, or with records that follow it: those were written just
// before a crash.
void AuditLog::examineTail() {
  auto names = segments();
  if (names.empty()) {
    if (head.restoredFromMs != 0) head.first = head.seq + 1;
    else if (head.seq > 0) beginSegment("its files are gone");
    return;
  }
  if (isAfterHead(names.back())) head.first = std::max(head.first, firstOf(names.front()));
  auto content = read(names.back());
  AuditHead before;
  before.seq = firstOf(names.back()) - 1;
  auto checker = before.seq == head.seq ? AuditChecker(head) : AuditChecker();
  bool isBehind = head.seq == 0 || before.seq == head.seq || isAfterHead(names.back());
  auto end = eachLine(content, [&](std::string_view line) {
    checker.take(line);
    isBehind |= checker.lastSeq() == head.seq && checker.lastHash() == head.hash;
  });
  bool isRight = checker.whole() && checker.lastSeq() >= head.seq && isBehind &&
                 (checker.firstSeq() == 0 || checker.firstSeq() == before.seq + 1);
  if (!isRight) {
    return beginSegment(!checker.whole() ? checker.reason()
                        : "it does not end with record " + std::to_string(head.seq) +
                              " as that was written");
  }
  current = names.back();
  size = end;
  if (end < content.size()) {  // a power cut in the middle of a line
    files.openFile(pathOf(current), kj::WriteMode::MODIFY)->truncate(end);
  }
  if (checker.lastSeq() > head.seq) {
    head.seq = checker.lastSeq();
    head.hash = checker.lastHash();
  }
}

// Behind what was found to be wrong, which stays for whoever looks into it.
void AuditLog::beginSegment(std::string why) {
  logEvent(Severity::ERROR, "audit.damaged", {{"reason", why}});
  if (head.bad == 0) head.bad = std::max<uint64_t>(head.seq, 1);
  current.clear();
  AuditEntry entry;
  entry.action = "segment";
  entry.outcome = "failed";
  entry.text = "the log before this was changed by others: " + why;
  note({entry});
}

void AuditLog::note(const std::vector<AuditEntry>& entries) {
  if (closed) return;
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] { append(entries); })) {
    logEvent(Severity::ERROR, "audit.unwritable", {{"reason", reason->getDescription()}});
  }
}

void AuditLog::noteSoon(AuditEntry entry) {
  soon.push_back(std::move(entry));
  if (soon.size() > 1) return;
  noting = kj::evalLast([this] {
    if (opened) note(std::exchange(soon, {}));
  }).eagerlyEvaluate(nullptr);
}

uint64_t AuditLog::append(const std::vector<AuditEntry>& entries) {
  auto first = record(entries);
  save(encodeHead(head));
  return first;
}

uint64_t AuditLog::ask(const AuditEntry& entry) { return record({entry}); }

uint64_t AuditLog::record(const std::vector<AuditEntry>& entries) {
  if (closed) kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "the daemon is ending"));
  auto after = head;
  std::string lines;
  for (auto& entry : entries) {
    capnp::MallocMessageBuilder message;
    auto record = message.initRoot<schema::AuditRecord>();
    fill(record, entry);
    record.setTime(printTime(clock.wallMs()));
    lines += chainRecord(after, record);
  }
  auto first = head.seq + 1;
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] { write(lines); })) {
    trouble = text(reason->getDescription());
    kj::throwFatalException(kj::mv(*reason));
  }
  trouble.clear();
  head.seq = after.seq;
  head.hash = after.hash;
  head.restoredFromMs = 0;
  return first;
}

void AuditLog::write(const std::string& lines) {
  if (size > AUDIT_SEGMENT_BYTES_MAX) current.clear();
  auto mode = kj::WriteMode::MODIFY;
  if (current.empty()) {
    rotate();
    current = segmentName(head.seq + 1);
    size = 0;
    mode = kj::WriteMode::CREATE | kj::WriteMode::MODIFY | kj::WriteMode::CREATE_PARENT |
           kj::WriteMode::PRIVATE;
  }
  auto file = files.openFile(pathOf(current), mode);
  file->truncate(size);  // what a failed write left
  file->write(size, view(std::string_view(lines)));
  file->datasync();
  if (size == 0) files.openSubdir(kj::Path(AUDIT_FOLDER))->sync();
  size += lines.size();
}

void AuditLog::rotate() {
  auto names = segments();
  while (names.size() >= AUDIT_SEGMENTS_MAX) {
    files.remove(pathOf(names.front()));
    names.erase(names.begin());
    head.first = firstOf(names.front());
    if (head.bad < head.first) head.bad = 0;
  }
}

void AuditLog::deny(AuditEntry entry) {
  if (closed) return;
  if (denials.take() != nullptr) {
    ++unrecorded;
    return;
  }
  if (unrecorded > 0) {
    entry.text += (entry.text.empty() ? "" : "; ") + std::to_string(unrecorded) +
                  " more were refused before this one";
    unrecorded = 0;
  }
  note({entry});
}

std::string AuditLog::finding() const {
  if (!trouble.empty()) {
    return "the audit log cannot be written, so no change is accepted: " + trouble;
  }
  if (head.bad == 0) return "";
  return "the audit log was changed by others, from record " + std::to_string(head.bad) +
         " on, or is missing there";
}

AuditChecker AuditLog::verify() const {
  AuditChecker checker;
  auto names = segments();
  for (auto& name : names) {
    KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&] {
      auto content = read(name);
      if (eachLine(content, [&](std::string_view line) { checker.take(line); }) < content.size()) {
        checker.complain(checker.lastSeq() + 1, "record " + std::to_string(checker.lastSeq() + 1) +
                                                " was cut off");
      }
    })) {
      checker.complain(firstOf(name), name + " cannot be read: " + text(reason->getDescription()));
    }
  }
  if (head.seq > 0 && (checker.firstSeq() == 0 || checker.firstSeq() > head.first)) {
    auto missing = checker.firstSeq() == 0 ? head.seq : checker.firstSeq() - 1;
    checker.complain(head.first, "records " + std::to_string(head.first) + " to " +
                                 std::to_string(missing) + " are missing");
  }
  if (checker.lastSeq() < head.seq) {
    checker.complain(checker.lastSeq() + 1, "records " + std::to_string(checker.lastSeq() + 1) +
                     " to " + std::to_string(head.seq) + " are missing: the end was cut off");
  } else if (checker.lastHash() != head.hash) {
    checker.complain(checker.lastSeq(), "the last record is not the one that was written: the log "
                                        "was replaced");
  }
  return checker;
}

AuditLog::Found AuditLog::find(schema::AuditQuery::Reader query, Matches matches) const {
  std::deque<std::string> found;
  Found result;
  capnp::JsonCodec codec;
  auto names = segments();
  for (auto name = names.rbegin(); name != names.rend() && !result.omitted; ++name) {
    auto content = read(*name);
    std::vector<std::string_view> lines;
    eachLine(content, [&](std::string_view line) { lines.push_back(line); });
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
      AuditLink link;
      if (!parseAuditLine(*line, link)) continue;
      if (query.getBeforeSeq() != 0 && link.seq >= query.getBeforeSeq()) continue;
      capnp::MallocMessageBuilder message;
      auto record = message.initRoot<schema::AuditRecord>();
      codec.decode(kj::arrayPtr(link.json.data(), link.json.size()), record);
      if (!matches(record.asReader())) continue;
      if (found.size() == schema::AUDIT_RECORDS_MAX) {
        result.omitted = true;
        break;
      }
      found.push_front(std::string(link.json));
    }
  }
  result.json.assign(found.begin(), found.end());
  return result;
}

}  // namespace skerry
