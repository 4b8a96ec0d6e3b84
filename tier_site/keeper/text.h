// Small text, file and clock helpers of the keeper. C headers only, like all of it: it is built
// with musl, which brings no C++ library.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

namespace skerry {

inline uint64_t clockNs(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000ULL + t.tv_nsec;
}
inline uint64_t bootMs() { return clockNs(CLOCK_BOOTTIME) / 1000000; }

// Reads at most size - 1 bytes and ends them with a NUL. The number of bytes, or -1 with errno.
inline ssize_t readText(const char* file, char* out, size_t size) {
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);
  int error = errno;
  if (fd >= 0) close(fd);
  errno = error;
  out[n > 0 ? n : 0] = 0;
  return n;
}

// Writes an existing file in one call, as the kernel's own files want it. 0, or -1 with errno.
inline int writeText(const char* file, const char* value) {
  int fd = open(file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t n = write(fd, value, strlen(value));
  int error = errno;
  close(fd);
  errno = error;
  return n < 0 ? -1 : 0;
}

// Writes FILE of the current folder by rename. Synced only where it has to be true after a power
// cut. On a full disk it is written over instead: its own room is there, and what outdated words
// would lead to is worse than half a line.
enum class Durability { PROCESS, POWER_CUT };
inline void replaceFile(const char* name, const char* text, Durability durability) {
  char temporary[64];
  snprintf(temporary, sizeof temporary, "%s.new", name);
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return;
  bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  if (durability == Durability::POWER_CUT) ok = ok && fsync(fd) == 0;
  close(fd);
  if (!ok) {
    unlink(temporary);
    fd = open(name, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t size = pwrite(fd, text, strlen(text), 0);
    if (size > 0) (void)!ftruncate(fd, size);
    close(fd);
    return;
  }
  if (rename(temporary, name) < 0 || durability == Durability::PROCESS) return;
  int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fsync(dir);
  close(dir);
}

// Field 22 of /proc/PID/stat; the name in field 2 may contain anything, so count from its end.
// Zero when there is no such process.
inline uint64_t startTime(pid_t pid) {
  char file[64], text[1024];
  snprintf(file, sizeof file, "/proc/%d/stat", pid);
  if (readText(file, text, sizeof text) <= 0) return 0;
  const char* at = strrchr(text, ')');
  for (int field = 2; at != nullptr && field < 22; ++field) at = strchr(at + 1, ' ');
  return at == nullptr ? 0 : strtoull(at + 1, nullptr, 10);
}

// The value of KEY in a line of KEY=VALUE words, up to the line's end; null when it is not there.
inline const char* findField(const char* line, const char* key) {
  size_t n = strlen(key);
  for (const char* at = line; at != nullptr; at = strchr(at, ' ')) {
    while (*at == ' ') ++at;
    if (strncmp(at, key, n) == 0 && at[n] == '=') return at + n + 1;
  }
  return nullptr;
}
inline uint64_t numberField(const char* line, const char* key, uint64_t otherwise) {
  const char* value = findField(line, key);
  return value == nullptr ? otherwise : strtoull(value, nullptr, 10);
}

}  // namespace skerry
