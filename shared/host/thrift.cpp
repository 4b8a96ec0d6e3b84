#include "shared/host/thrift.h"
#include <malloc.h>
#include <sys/mman.h>
#include <cinttypes>
#include <cstdio>
#include <memory>

namespace skerry {

void giveBackMemory() {
  malloc_trim(0);
  std::unique_ptr<FILE, int (*)(FILE*)> maps(fopen("/proc/self/smaps", "re"), fclose);
  if (maps == nullptr) return;
  char line[512];
  uintptr_t begin = 0, end = 0;
  bool ofFile = false;
  while (fgets(line, sizeof line, maps.get()) != nullptr) {
    uintptr_t from, to;
    char mode[5];
    unsigned long inode, kib;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %lu", &from, &to, mode, &inode) == 4) {
      begin = from;
      end = to;
      ofFile = inode != 0 && mode[0] == 'r' && mode[1] == '-' && mode[3] == 'p';
    } else if (ofFile && sscanf(line, "Anonymous: %lu kB", &kib) == 1 && kib == 0) {
      // Read-only, and no page of it is our own copy (relocated data is): the file has it all.
      madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
  }
}

}  // namespace skerry
