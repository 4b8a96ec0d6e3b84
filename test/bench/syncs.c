// Counts what a program asks the disk to make durable: preloaded, into the file of eight bytes that
// SKERRY_BENCH_SYNCS names.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic uint64_t* counter;

__attribute__((constructor)) static void begin(void) {
  const char* path = getenv("SKERRY_BENCH_SYNCS");
  int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* page = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) counter = page;
  close(file);
}

static void count(void) {
  if (counter != NULL) atomic_fetch_add(counter, 1);
}

int fsync(int file) {
  count();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}

int fdatasync(int file) {
  count();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}
