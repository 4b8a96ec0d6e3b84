#include "shared/daemon/audit_log.h"
#include "test/unit/daemon/stopped_clock.h"
#include <capnp/message.h>
#include <doctest/doctest.h>
#include <kj/timer.h>

namespace skerry {
namespace {

// A folder, a store that keeps the head, and daemons that come and go.
struct Book {
  StoppedClock clock;
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  kj::Own<const kj::Directory> files = kj::newInMemoryDirectory(kj::nullClock());
  kj::Maybe<Bytes> row;
  kj::Own<AuditLog> log;

  Book() { start(); }
  void start() {
    log = kj::refcounted<AuditLog>(*files, clock, timer,
                                   [this](Bytes saved) { row = kj::mv(saved); });
    log->open(row.map([](Bytes& bytes) { return bytes; }));
  }
  void write(const std::string& name, int times = 1) {
    for (int i = 0; i < times; ++i) {
      AuditEntry entry;
      entry.who = "user:kari";
      entry.action = "apply";
      entry.kind = "application";
      entry.tenant = "acme";
      entry.name = name;
      entry.outcome = "created";
      log->append({entry});
    }
  }
  kj::Array<kj::String> segments() { return files->openSubdir(kj::Path("audit"))->listNames(); }
  kj::Path path(size_t segment = 0) { return kj::Path({"audit", segments()[segment]}); }
  std::string read(size_t segment = 0) {
    return files->openFile(path(segment))->readAllText().cStr();
  }
  void overwrite(const std::string& text, size_t segment = 0) {
    files->openFile(path(segment), kj::WriteMode::MODIFY)->truncate(0);
    files->openFile(path(segment), kj::WriteMode::MODIFY)->write(0, view(std::string_view(text)));
  }
  size_t count(const char* name) {
    capnp::MallocMessageBuilder message;
    auto query = message.initRoot<schema::AuditQuery>();
    return log->find(query.asReader(), [name](schema::AuditRecord::Reader record) {
      return record.getName() == name;
    }).json.size();
  }
};

// The first bad record, 0 for none, as a daemon that starts now finds it.
uint64_t badAfterStart(Book& book) {
  book.start();
  return book.log->verify().badSeq();
}

TEST_CASE("records are a chain that another start goes on with") {
  Book book;
  book.write("pos", 3);
  book.start();
  CHECK(book.log->finding().empty());
  book.write("till", 2);
  auto checker = book.log->verify();
  CHECK(checker.whole());
  CHECK(checker.firstSeq() == 1);
  CHECK(checker.lastSeq() == 5);
  CHECK(book.segments().size() == 1);
  CHECK(book.count("pos") == 3);
  CHECK(book.count("till") == 2);
}

TEST_CASE("a log that was truncated is noticed, named and gone on behind") {
  Book book;
  book.write("pos", 6);
  auto text = book.read();
  auto third = text.find("\n", text.find("\n", text.find("\n") + 1) + 1) + 1;
  book.overwrite(text.substr(0, third));
  CHECK(badAfterStart(book) == 4);
  CHECK(book.log->finding().find("from record") != std::string::npos);
  book.write("till");
  CHECK(book.log->verify().badSeq() == 4);
  CHECK(book.log->verify().reason().find("4 to 6 are missing") != std::string::npos);
  CHECK(book.log->verify().lastSeq() == 8);  // the note of it is the seventh
  CHECK(book.count("till") == 1);
  // Also to those that come later.
  book.start();
  CHECK(!book.log->finding().empty());
}

TEST_CASE("a record that was edited is noticed, wherever it stands") {
  for (auto name : {"one", "two", "three"}) {
    Book book;
    for (auto each : {"one", "two", "three"}) book.write(each);
    auto text = book.read();
    text.replace(text.find(name), 3, "xxx");
    book.overwrite(text);
    CHECK(badAfterStart(book) == (name[0] == 'o' ? 1 : name[1] == 'w' ? 2 : 3));
    CHECK(!book.log->finding().empty());
  }
}

TEST_CASE("an edited record with its hash made anew is noticed by the one behind it") {
  Book book;
  for (auto name : {"one", "two", "three"}) book.write(name);
  auto text = book.read();
  auto begin = text.find('\n') + 1, end = text.find('\n', begin);
  auto json = text.substr(begin + 65, end - begin - 65);
  json.replace(json.find("two"), 3, "xxx");
  book.overwrite(text.substr(0, begin) + sha256(view(std::string_view(json))).hex() + " " + json +
                 text.substr(end));
  CHECK(badAfterStart(book) == 3);
}

TEST_CASE("a log that was replaced by another sound one is noticed") {
  Book book, other;
  book.write("pos", 4);
  other.write("innocent", 4);
  book.overwrite(other.read());
  CHECK(book.log->verify().badSeq() == 4);
  CHECK(badAfterStart(book) > 0);
  CHECK(!book.log->finding().empty());
}

TEST_CASE("a log whose files are gone is noticed, and another begins") {
  Book book;
  book.write("pos", 4);
  book.files->remove(kj::Path("audit"));
  CHECK(badAfterStart(book) == 1);
  book.write("till");
  CHECK(book.count("till") == 1);
}

// As `restore` puts it back: the row of the backup, whatever the files are.
void restoreRow(Book& book, kj::Maybe<Bytes> backup) {
  kj::Maybe<BytesView> row;
  KJ_IF_MAYBE(bytes, backup) row = view(*bytes);
  book.row = restoredHead(row, 1'700'000'000'000);
  book.start();
}

TEST_CASE("a restore is recorded and no damage: over the same folder, on another machine, twice") {
  Book book;
  book.write("one", 3);
  auto backup = book.row.map([](Bytes& bytes) { return bytes; });
  book.write("two", 2);
  for (uint64_t last : {6, 7}) {
    restoreRow(book, backup.map([](Bytes& bytes) { return bytes; }));
    CHECK(book.log->verify().whole());
    CHECK(book.log->verify().lastSeq() == last);
    CHECK(book.count("two") == 2);
    CHECK(book.log->finding() == "");
  }
  CHECK(book.read().find("came back from its backup of 2023-11-14") != std::string::npos);
  CHECK(badAfterStart(book) == 0);
  // Nothing but the backup came along.
  book.files = kj::newInMemoryDirectory(kj::nullClock());
  restoreRow(book, backup.map([](Bytes& bytes) { return bytes; }));
  CHECK(book.log->verify().whole());
  CHECK(book.log->verify().firstSeq() == 4);
  CHECK(badAfterStart(book) == 0);
  // A later backup of the other life, over that.
  Book other;
  other.write("one", 9);
  restoreRow(book, other.row.map([](Bytes& bytes) { return bytes; }));
  CHECK(book.log->verify().whole());
  CHECK(book.log->verify().lastSeq() == 10);
  CHECK(book.files->exists(kj::Path("audit-to-4")));
  CHECK(badAfterStart(book) == 0);
  // A backup from before the first record.
  restoreRow(book, nullptr);
  CHECK(book.log->verify().whole());
  CHECK(badAfterStart(book) == 0);
}

TEST_CASE("a restore over a log that went on for many segments is no damage") {
  Book book;
  book.write("one");
  auto backup = book.row.map([](Bytes& bytes) { return bytes; });
  book.write(std::string(200, 'x'), 4'000);
  CHECK(book.segments().size() > 1);
  restoreRow(book, kj::mv(backup));
  CHECK(book.log->verify().whole());
  CHECK(book.log->finding() == "");
}

TEST_CASE("a log that was edited is noticed after a restore, too") {
  Book book;
  book.write("one", 5);
  auto backup = book.row.map([](Bytes& bytes) { return bytes; });
  auto text = book.read();
  text.replace(text.find("kari"), 4, "kurt");
  book.overwrite(text);
  restoreRow(book, kj::mv(backup));
  CHECK_FALSE(book.log->verify().whole());
  CHECK(book.log->finding() != "");
}

TEST_CASE("what a crash leaves is no damage: a head that is behind, half a line") {
  Book book;
  book.write("pos", 2);
  auto early = book.row.map([](Bytes& bytes) { return bytes; });
  book.write("pos", 2);
  book.row = kj::mv(early);  // the store had not got the rest
  book.overwrite(book.read() + "0123 {\"seq\":\"5\"");
  book.start();
  CHECK(book.log->finding().empty());
  book.write("pos");
  CHECK(book.log->verify().whole());
  CHECK(book.log->verify().lastSeq() == 5);
}

TEST_CASE("what was only asked for when the power went is the last record, and no damage") {
  Book book;
  book.write("pos", 2);
  auto before = book.row.map([](Bytes& bytes) { return bytes; });
  AuditEntry asked;
  asked.name = "till";
  CHECK(book.log->ask(asked) == 3);
  CHECK((book.row == before));  // the store is left alone until something came of it
  book.start();
  CHECK(book.log->finding().empty());
  CHECK(book.count("till") == 1);
  book.write("pos");
  CHECK(book.log->verify().whole());
  CHECK(book.log->verify().lastSeq() == 4);
  CHECK(badAfterStart(book) == 0);
}

TEST_CASE("a log stays within its bounds, and that is no damage") {
  Book book;
  book.clock.ms += 1;
  AuditEntry large;
  large.text = std::string(AUDIT_TEXT_BYTES_MAX, 'x');
  std::vector<AuditEntry> many(4000, large);
  for (size_t i = 0; i < AUDIT_SEGMENTS_MAX + 3; ++i) book.log->append(many);
  CHECK(book.segments().size() == AUDIT_SEGMENTS_MAX);
  auto checker = book.log->verify();
  CHECK(checker.whole());
  CHECK(checker.firstSeq() == 3 * 4000 + 1);
  book.files->remove(book.path());
  CHECK(book.log->verify().badSeq() == 3 * 4000 + 1);
}

TEST_CASE("a folder that takes nothing is an error, told as a finding until it does") {
  Book book;
  book.files->openFile(kj::Path("audit"), kj::WriteMode::CREATE);
  CHECK_THROWS(book.write("pos"));
  CHECK(book.log->finding().find("cannot be written") != std::string::npos);
  book.files->remove(kj::Path("audit"));
  book.write("pos");
  CHECK(book.log->finding().empty());
  CHECK(book.log->verify().whole());
}

TEST_CASE("somebody who is refused again and again does not fill the log") {
  Book book;
  AuditEntry entry;
  entry.name = "pos";
  entry.outcome = "denied";
  for (int i = 0; i < 1000; ++i) book.log->deny(entry);
  CHECK(book.count("pos") == AUDIT_DENIALS_AT_ONCE);
  book.timer.advanceTo(kj::origin<kj::TimePoint>() + 10 * kj::SECONDS);
  book.log->deny(entry);
  CHECK(book.count("pos") == AUDIT_DENIALS_AT_ONCE + 1);
  CHECK(book.read().find("940 more were refused") != std::string::npos);
}

}  // namespace
}  // namespace skerry
