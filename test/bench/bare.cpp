// A program linked with everything that a daemon is, which only waits: what is left when the
// daemon's own memory is taken off.
#include <kj/async-io.h>

int main() {
  auto io = kj::setupAsyncIo();
  kj::Promise<void>(kj::NEVER_DONE).wait(io.waitScope);
}
