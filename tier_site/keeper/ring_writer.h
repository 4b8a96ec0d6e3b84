// The writing end of a ring (ring_format.h). Plain pread and pwrite on purpose: a mapping of a
// truncated file or on a full disk is a SIGBUS.
#pragma once
#include "tier_site/keeper/ring_format.h"
#include "tier_site/keeper/text.h"
#include <stddef.h>
#include <sys/stat.h>

namespace skerry {

class RingWriter {
public:
  // Keeps the content of an existing file of the same capacity. 0, or -1 with errno.
  int open(const char* path, uint64_t capacity) {
    fd = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) return -1;
    ssize_t n = pread(fd, &header, sizeof header, 0);
    if (n == sizeof header && memcmp(header.magic, RING_MAGIC, 8) == 0 &&
        header.capacity == capacity) {
      header.reserved = header.committed;
      return 0;
    }
    header = { {}, capacity, 0, 0 };
    memcpy(header.magic, RING_MAGIC, 8);
    if (ftruncate(fd, 0) < 0) return -1;
    // Space is taken now, so that a disk that fills up later cannot stop the log.
    int error = posix_fallocate(fd, 0, RING_DATA_OFFSET + (off_t)capacity);
    if (error != 0) {
      errno = error;
      return -1;
    }
    return pwrite(fd, &header, sizeof header, 0) == sizeof header ? 0 : -1;
  }
  // `size` is at most the capacity; the caller writes whole lines.
  void append(const char* data, size_t size) {
    put(offsetof(RingHeader, reserved), header.reserved += size);
    uint64_t at = header.committed % header.capacity;
    size_t first = size < header.capacity - at ? size : header.capacity - at;
    write(data, first, RING_DATA_OFFSET + at);
    write(data + first, size - first, RING_DATA_OFFSET);
    put(offsetof(RingHeader, committed), header.committed += size);
  }
  uint64_t position() const { return header.committed; }
  // Pieces that a failing disk did not take.
  uint64_t lost() const { return lostWrites; }

private:
  void put(off_t offset, uint64_t value) { write((const char*)&value, sizeof value, offset); }
  void write(const char* data, size_t size, off_t offset) {
    if (size > 0 && pwrite(fd, data, size, offset) < 0) ++lostWrites;
  }
  int fd = -1;
  RingHeader header = {};
  uint64_t lostWrites = 0;
};

}  // namespace skerry
