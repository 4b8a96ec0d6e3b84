#include "tier_site/drivers/ring_reader.h"
#include "tier_site/drivers/driver_limits.h"
#include "tier_site/keeper/ring_format.h"
#include <cstring>
#include <doctest/doctest.h>
#include <functional>
#include <kj/debug.h>

namespace skerry {

namespace {

// The keeper's writer, in memory; one that can stop half-way.
class Ring {
public:
  explicit Ring(uint64_t capacity) : capacity(capacity) {
    memcpy(header.magic, RING_MAGIC, sizeof RING_MAGIC);
    header.capacity = capacity;
    flush();
  }
  void append(const std::string& text) {
    reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i)
      file->write(RING_DATA_OFFSET + (header.committed + i) % capacity,
                  kj::arrayPtr(reinterpret_cast<const kj::byte*>(&text[i]), 1));
    header.committed += text.size();
    flush();
  }
  // As a writer that died, or is at it.
  void reserve(uint64_t size) {
    header.reserved += size;
    flush();
  }
  void line(uint64_t n) {
    append("1700000000.00" + std::to_string(n % 10) + " o line " + std::to_string(n) + "\n");
  }
  void flush() {
    file->write(0, kj::arrayPtr(reinterpret_cast<const kj::byte*>(&header), sizeof header));
  }
  kj::Own<const kj::ReadableFile> open() { return file->clone(); }

  uint64_t capacity;
  RingHeader header = {};
  kj::Own<const kj::File> file = kj::newInMemoryFile(kj::nullClock());
};

// A file whose writer is quick: `meanwhile` happens after the first data was read.
class Racing final : public kj::ReadableFile {
public:
  Racing(kj::Own<const kj::ReadableFile> file, std::function<void()> meanwhile)
      : file(kj::mv(file)), meanwhile(kj::mv(meanwhile)) {}
  size_t read(uint64_t offset, kj::ArrayPtr<kj::byte> buffer) const override {
    size_t size = file->read(offset, buffer);
    if (offset >= RING_DATA_OFFSET && !raced) {
      raced = true;
      meanwhile();
    }
    return size;
  }
  kj::Array<const kj::byte> mmap(uint64_t, uint64_t) const override { KJ_UNIMPLEMENTED("mmap"); }
  kj::Array<kj::byte> mmapPrivate(uint64_t, uint64_t) const override { KJ_UNIMPLEMENTED("mmap"); }
  Metadata stat() const override { return file->stat(); }
  void sync() const override {}
  void datasync() const override {}

private:
  kj::Own<const kj::FsNode> cloneFsNode() const override { KJ_UNIMPLEMENTED("clone"); }
  kj::Own<const kj::ReadableFile> file;
  std::function<void()> meanwhile;
  mutable bool raced = false;
};

std::vector<LogLine> all(RingReader& reader) {
  std::vector<LogLine> lines;
  for (auto more = reader.next(); !more.empty(); more = reader.next())
    lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

}  // namespace

TEST_CASE("a ring's lines are read once, in order, as they come") {
  Ring ring(65536);
  RingReader reader(ring.open());
  CHECK(reader.next().empty());
  ring.line(0);
  ring.line(1);
  auto lines = all(reader);
  REQUIRE(lines.size() == 2);
  CHECK(lines[1] == LogLine{1700000000001, LogLine::Stream::OUT, "line 1"});
  CHECK(all(reader).empty());
  ring.line(2);
  CHECK(all(reader).size() == 1);
}

TEST_CASE("a reader left behind goes on with the oldest whole line") {
  Ring ring(65536);
  RingReader reader(ring.open());
  for (uint64_t i = 0; i < 10000; ++i) ring.line(i);
  auto lines = all(reader);
  REQUIRE(lines.size() > 1000);
  CHECK(lines.size() < 3000);
  uint64_t first = 10000 - lines.size();
  for (size_t i = 0; i < lines.size(); ++i)
    CHECK(lines[i].text == "line " + std::to_string(first + i));
}

TEST_CASE("what a writer may be overwriting is not read") {
  Ring ring(65536);
  for (uint64_t i = 0; i < 10000; ++i) ring.line(i);
  RingReader whole(ring.open());
  auto before = all(whole).size();
  ring.reserve(30000);
  RingReader careful(ring.open());
  auto lines = all(careful);
  CHECK(lines.size() < before);
  CHECK(lines.back().text == "line 9999");
}

TEST_CASE("what a writer overtook while it was read is dropped, and reading goes on behind it") {
  for (uint64_t more : {1, 700, 1500, 2600, 5000}) {
    CAPTURE(more);
    Ring ring(65536);
    for (uint64_t i = 0; i < 3000; ++i) ring.line(i);
    RingReader reader(kj::heap<Racing>(ring.open(), [&]() {
      for (uint64_t i = 3000; i < 3000 + more; ++i) ring.line(i);
      ring.reserve(5000);
    }));
    auto lines = all(reader);
    REQUIRE(!lines.empty());
    CHECK(lines.back().text == "line " + std::to_string(3000 + more - 1));
    for (size_t i = 1; i < lines.size(); ++i)
      CHECK(std::stoul(lines[i].text.substr(5)) > std::stoul(lines[i - 1].text.substr(5)));
    // None is older than what the ring held whole when it was read to its end.
    CHECK(std::stoul(lines[0].text.substr(5)) > 3000 + more - 2900);
  }
}

TEST_CASE("a ring made anew is read from its beginning") {
  Ring ring(65536);
  RingReader reader(ring.open());
  for (uint64_t i = 0; i < 100; ++i) ring.line(i);
  all(reader);
  ring.header.reserved = ring.header.committed = 0;
  ring.line(7);
  auto lines = all(reader);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text == "line 7");
}

TEST_CASE("what is no ring, or a damaged one, holds no lines") {
  auto file = kj::newInMemoryFile(kj::nullClock());
  RingReader empty(file->clone());
  CHECK(empty.next().empty());
  Ring zero(65536);
  zero.line(1);
  zero.header.capacity = 0;
  zero.flush();
  RingReader none(zero.open());
  CHECK(none.next().empty());
  Ring odd(65536);
  odd.line(1);
  odd.header.committed = UINT64_MAX / 2;
  odd.header.reserved = 3;
  odd.flush();
  RingReader wrong(odd.open());
  CHECK(wrong.next().empty());
  Ring apart(48);  // what is reserved lies further ahead than a ring is long
  apart.header.committed = 149;
  apart.header.reserved = uint64_t(7) << 56;
  apart.flush();
  RingReader endless(apart.open());
  CHECK(endless.next().empty());
  Ring huge(uint64_t(1) << 60);  // claims more than the file holds
  huge.line(1);
  huge.header.committed = huge.header.reserved = uint64_t(1) << 59;
  huge.flush();
  RingReader beyond(huge.open());
  CHECK(all(beyond).size() <= 1);
  Ring garbage(4 * LOG_READ_BYTES);
  garbage.append(std::string(2 * LOG_READ_BYTES, 'x'));  // no line in sight
  garbage.append("\n");
  garbage.line(3);
  RingReader patient(garbage.open());
  auto lines = all(patient);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text == "line 3");
}

TEST_CASE("a line of the ring is read strictly") {
  CHECK(parseRingLine("5.007 E text")->stream == LogLine::Stream::ERR);
  CHECK(parseRingLine("5.007 e ")->text == "");
  CHECK(parseRingLine("5.007 o a b ")->text == "a b ");
  CHECK(parseRingLine("5.007 o x")->wallMs == 5007);
  for (std::string text :
       {"", "5", "5.", "5.07 o x", "5.0007 o x", "5.007 x x", "5.007 o", "5.007ox", "x",
        "170000000000000000.123 o x", "9223372036854775807.123 o x", "-5.007 o x", "5.-12 o x"})
    CHECK(!parseRingLine(text));
}

}  // namespace skerry
