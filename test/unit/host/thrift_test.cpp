#include "shared/host/thrift.h"
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <cstdio>
#include <memory>
#include <string>

namespace skerry {
namespace {

// Of this program's mappings of files, in KiB.
long residentOfFiles() {
  std::unique_ptr<FILE, int (*)(FILE*)> status(fopen("/proc/self/status", "re"), fclose);
  char line[256];
  long kib = 0;
  while (fgets(line, sizeof line, status.get()) != nullptr) {
    if (sscanf(line, "RssFile: %ld kB", &kib) == 1) break;
  }
  return kib;
}

TEST_CASE("pages that only a busy moment touched go back and come again when they are used") {
  // The program's own file, mapped once more and touched: what starting does to libraries.
  std::unique_ptr<FILE, int (*)(FILE*)> self(fopen("/proc/self/exe", "re"), fclose);
  REQUIRE(self != nullptr);
  constexpr size_t BYTES = 1 << 20;
  auto mapped = static_cast<const char*>(
      mmap(nullptr, BYTES, PROT_READ, MAP_PRIVATE, fileno(self.get()), 0));
  REQUIRE(mapped != MAP_FAILED);
  std::string before(mapped, BYTES);
  auto resident = residentOfFiles();
  giveBackMemory();
  CHECK(residentOfFiles() < resident - long(BYTES / 1024) / 2);
  CHECK(std::string(mapped, BYTES) == before);
  munmap(const_cast<char*>(mapped), BYTES);
}

TEST_CASE("what a program wrote into its own mapping of a file survives thrift") {
  std::unique_ptr<FILE, int (*)(FILE*)> self(fopen("/proc/self/exe", "re"), fclose);
  REQUIRE(self != nullptr);
  constexpr size_t BYTES = 1 << 16;
  void* mapped = mmap(nullptr, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, fileno(self.get()), 0);
  REQUIRE(mapped != MAP_FAILED);
  static_cast<char*>(mapped)[5] = 'x';
  // As the loader does with relocated data.
  REQUIRE(mprotect(mapped, BYTES, PROT_READ) == 0);
  giveBackMemory();
  CHECK(static_cast<char*>(mapped)[5] == 'x');
  munmap(mapped, BYTES);
}

}  // namespace
}  // namespace skerry
