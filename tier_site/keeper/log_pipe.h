// One of the service's two output pipes: cuts lines, stamps them, appends them to the ring.
//
// A named pipe that the service itself opens for reading too: it gets no SIGPIPE when the keeper
// dies, and a new keeper opens the same pipe again without losing a line.
#pragma once
#include "tier_site/keeper/ring_writer.h"
#include <sys/stat.h>

namespace skerry {

constexpr int LINE_BYTES_MAX = 4096;

class LogPipe {
public:
  LogPipe(const char* fifo, char mark) : fifo(fifo), mark(mark) {}
  bool open() {
    if (mkfifo(fifo, 0600) < 0 && errno != EEXIST) return false;
    fd = ::open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    return fd >= 0;
  }
  // False once nothing is left to read.
  bool drainOnce(RingWriter& ring) {
    ssize_t n = read(fd, line + fill, LINE_BYTES_MAX - fill);
    if (n <= 0) return false;
    fill += n;
    writeStamp();
    char* at = line;
    while (char* end = (char*)memchr(at, '\n', line + fill - at)) {
      emit(ring, at, end + 1 - at);
      at = end + 1;
    }
    fill -= at - line;
    memmove(line, at, fill);
    if (fill == LINE_BYTES_MAX) flush(ring, Piece::CONTINUED);
    send(ring);
    return true;
  }
  // The service has ended: there is no end of file on such a pipe.
  void finish(RingWriter& ring) {
    while (drainOnce(ring)) {}
    if (fill == 0) return;
    flush(ring, Piece::LAST);
    send(ring);
  }
  int fd = -1;
  const char* const fifo;

private:
  enum class Piece { CONTINUED, LAST };

  void writeStamp() {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    stampSize = snprintf(stamp, sizeof stamp, "%lld.%03ld %c ", (long long)now.tv_sec,
                         now.tv_nsec / 1000000, mark);
  }
  // Short lines grow by their stamps: a batch is bounded by itself, not by what was read.
  void emit(RingWriter& ring, const char* data, size_t size) {
    if (batchFill + stampSize + size + 1 > sizeof batch) send(ring);
    memcpy(batch + batchFill, stamp, stampSize);
    memcpy(batch + batchFill + stampSize, data, size);
    batchFill += stampSize + size;
  }
  void send(RingWriter& ring) {
    ring.append(batch, batchFill);
    batchFill = 0;
  }
  // A line without an end.
  void flush(RingWriter& ring, Piece piece) {
    if (piece == Piece::CONTINUED) stamp[stampSize - 2] = mark - 'a' + 'A';
    emit(ring, line, fill);
    batch[batchFill++] = '\n';
    fill = 0;
  }
  const char mark;
  char stamp[32] = "";
  int stampSize = 0;
  size_t fill = 0, batchFill = 0;
  char line[LINE_BYTES_MAX];
  char batch[4 * LINE_BYTES_MAX];
};

}  // namespace skerry
