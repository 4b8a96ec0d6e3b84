// What keepers say and write, as the driver reads it: lines of their protocol, state files, and
// rings of log lines.
#include "test/fuzz/fuzz.h"
#include "tier_site/drivers/keeper_status.h"
#include "tier_site/drivers/ring_reader.h"
#include "tier_site/keeper/ring_format.h"
#include <kj/filesystem.h>
#include <cstring>

namespace skerry {
namespace {

constexpr size_t READS_MAX = 64;

void readLine(std::string_view line) {
  KeeperStatus status(line);
  status.head();
  status.error();
  for (auto key : {"state", "pid", "code", "incarnation", "deadlineMs", "x"}) {
    status.get(key);
    status.number(key);
    status.signedNumber(key);
  }
  InstanceId id;
  id.tenant = "acme";
  id.app = "pos";
  id.service = "web";
  observedFrom(id, status);
  Rendered rendered;
  rendered.id = id;
  explainKeeperError(status.error(), rendered);
  if (auto logged = parseRingLine(line)) {
    mustHold(logged->text.size() < line.size(), "a logged line is part of what was read");
  }
}

void readRing(BytesView content) {
  auto file = kj::newInMemoryFile(kj::nullClock());
  file->write(0, content);
  RingReader reader(kj::mv(file));
  for (size_t i = 0; i < READS_MAX && !reader.next().empty(); ++i) {}
}

void run(BytesView input) {
  readRing(input);
  auto all = text(input);
  for (std::string_view rest = all; !rest.empty();) {
    auto end = std::min(rest.find('\n'), rest.size());
    readLine(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

Bytes ring(uint64_t capacity, uint64_t written, std::string_view lines) {
  RingHeader header = {};
  memcpy(header.magic, RING_MAGIC, sizeof RING_MAGIC);
  header.capacity = capacity;
  header.reserved = header.committed = written;
  Bytes file(RING_DATA_OFFSET + capacity);
  memcpy(file.data(), &header, sizeof header);
  for (size_t i = 0; i < capacity; ++i) {
    file[RING_DATA_OFFSET + i] = uint8_t(lines[i % lines.size()]);
  }
  return file;
}

std::vector<Bytes> seeds() {
  std::string lines = "1700000000.123 o hello\n1700000000.124 E a piece\n";
  auto gone = "state state=idle pid=0 code=1 signal=0 incarnation=3 oom=1 startedMs=5 endedMs=9\n";
  return {copy(view("skerry-keeper state=running pid=42 incarnation=1 startTicks=9 nonce=ab\n"
                    "ok state=stopping pid=42\nerr not-running state=idle\n")),
          copy(view(gone)), copy(view("err exec: No such file or directory state=idle\n")),
          copy(view("event state=idle code=-1 signal=9 deadlineMs=18446744073709551615\n")),
          copy(view(lines)), ring(lines.size(), lines.size(), lines),
          ring(lines.size(), 3 * lines.size() + 5, lines)};
}

FUZZ_TARGET("keeper", run, seeds);

}  // namespace
}  // namespace skerry
