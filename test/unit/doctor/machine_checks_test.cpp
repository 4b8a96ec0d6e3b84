#include "shared/doctor/machine_checks.h"
#include "shared/doctor/doctor_limits.h"
#include "test/unit/doctor/subject.h"

namespace skerry::test {
namespace {

constexpr uint64_t GIBIBYTE = 1 << 30;

FolderFacts folder() {
  FolderFacts facts;
  facts.isThere = true;
  facts.node = {System::Node::Kind::FOLDER, 0700, true, true};
  return facts;
}

System::Space roomy() { return {100 * GIBIBYTE, 50 * GIBIBYTE, 1'000'000, 900'000, "ext4"}; }

TEST_CASE("a data folder that is absent is fine where it can be made, and a problem elsewhere") {
  auto facts = folder();
  facts.isThere = false;
  checkFinding(judgeFolder(aSite(), facts), OK, "is not there yet");
  facts.node.mayWrite = false;
  checkFinding(judgeFolder(aSite(), facts), PROBLEM, "may not be made",
               "sudo skerry-site join TOKEN --data /data/site");
}

TEST_CASE("a data folder must be a folder of ours that nobody else writes") {
  checkFinding(judgeFolder(aSite(), folder()), OK, "/data/site is ours");
  auto file = folder();
  file.node.kind = System::Node::Kind::FILE;
  checkFinding(judgeFolder(aSite(), file), PROBLEM, "no folder", "mv /data/site");
  auto foreign = folder();
  foreign.node.mayWrite = false;
  checkFinding(judgeFolder(aSite(), foreign), PROBLEM, "not ours to write", "sudo skerry-site");
  auto open = folder();
  open.node.mode = 0777;
  checkFinding(judgeFolder(aSite(), open), WARNING, "everybody", "chmod o-rwx /data/site");
}

TEST_CASE("a disk is full below one limit, and nearly full below another") {
  auto space = roomy();
  checkFinding(judgeSpace("/data", space), OK, "51200 MiB of 102400 MiB");
  space.bytesFree = DISK_FREE_BYTES_LOW;
  checkFinding(judgeSpace("/data", space), OK, "256 MiB");
  space.bytesFree = DISK_FREE_BYTES_LOW - 1;
  checkFinding(judgeSpace("/data", space), WARNING, "nearly full", "du -xh --max-depth=2 /data");
  space.bytesFree = DISK_FREE_BYTES_MIN;
  checkFinding(judgeSpace("/data", space), WARNING, "nearly full");
  space.bytesFree = DISK_FREE_BYTES_MIN - 1;
  checkFinding(judgeSpace("/data", space), PROBLEM, "the disk is full", "du -xh");
}

TEST_CASE("a disk that takes no more files is full, unless it does not count them") {
  auto space = roomy();
  space.filesFree = DISK_FREE_FILES_MIN - 1;
  checkFinding(judgeSpace("/data", space), PROBLEM, "999 more files", "du -x --inodes");
  space.filesTotal = space.filesFree = 0;
  checkFinding(judgeSpace("/data", space), OK, "are free");
}

TEST_CASE("a folder that would not survive a power cut is a warning with the way to a disk") {
  auto space = roomy();
  checkFinding(judgeFileSystem(aSite(), space), OK, "ext4");
  for (auto type : {"tmpfs", "ramfs", "overlay"}) {
    space.type = type;
    checkFinding(judgeFileSystem(aSite(), space), WARNING, "would not survive a power cut",
                 "cp -a /data/site /var/lib/skerry/site");
  }
  space.type = "nfs";
  checkFinding(judgeFileSystem(aSite(), space), WARNING, "network", "cp -a");
  space.type = "";
  checkFinding(judgeFileSystem(aSite(), space), OK, "not known");
}

TEST_CASE("the limit of open files is read from what the kernel says") {
  CHECK(descriptorsIn("Max processes  3  4  processes\n"
                      "Max open files            1024                 524288               files\n")
        == 1024);
  CHECK(descriptorsIn("Max open files            unlimited   unlimited   files\n") == UINT64_MAX);
  CHECK(descriptorsIn("Max open files") == std::nullopt);
  CHECK(descriptorsIn("Max open files   many") == std::nullopt);
  CHECK(descriptorsIn("") == std::nullopt);
}

TEST_CASE("too few open files are a warning that says how many there should be") {
  checkFinding(judgeDescriptors(aSite(), 1024), OK, "1024 open files");
  checkFinding(judgeDescriptors(aSite(), UINT64_MAX), OK, "any number");
  checkFinding(judgeDescriptors(aSite(), 256), WARNING, "only 256", "ulimit -n 1024");
}

TEST_CASE("a clock is doubted before the software was written, or when the parent says otherwise") {
  ClockFacts facts;
  facts.parent = "the region";
  facts.wallMs = SOFTWARE_DATE_MS;
  checkFinding(judgeClock(facts), OK, "2025-01-01T00:00:00Z");
  facts.wallMs = SOFTWARE_DATE_MS - 1;
  checkFinding(judgeClock(facts), WARNING, "cannot be right: it is 2024-12-31T23:59:59Z",
               "timedatectl");
  facts.wallMs = SOFTWARE_DATE_MS;
  facts.behindMs = 0;
  checkFinding(judgeClock(facts), OK, "as it is for the region");
  facts.behindMs = 3 * 60 * 60 * 1000;
  checkFinding(judgeClock(facts), WARNING, "3h behind the region's", "timedatectl");
  facts.behindMs = -3 * 60 * 60 * 1000;
  checkFinding(judgeClock(facts), WARNING, "3h ahead of the region's", "timedatectl");
}

}  // namespace
}  // namespace skerry::test
