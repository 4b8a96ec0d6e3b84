#include "shared/daemon/line_watch.h"
#include <kj/debug.h>

namespace skerry {

class LineWatch::Sink final : public schema::LineSink::Server {
public:
  explicit Sink(kj::Own<LineWatch> watch) : watch(kj::mv(watch)) {}

  kj::Promise<void> write(WriteContext context) override {
    auto request = watch->asker.writeRequest();
    request.setLines(context.getParams().getLines());
    ++watch->passing;
    return request.send().attach(kj::defer([of = kj::addRef(*watch)]() mutable {
      --of->passing;
      of->heardAt = of->timer.now();
    }));
  }

private:
  kj::Own<LineWatch> watch;
};

schema::LineSink::Client LineWatch::sink() { return kj::heap<Sink>(kj::addRef(*this)); }

kj::Promise<void> LineWatch::untilSilent() {
  auto rest = heardAt + silenceMax - timer.now();
  if (rest <= 0 * kj::SECONDS) {
    if (passing == 0) return kj::READY_NOW;
    rest = silenceMax;
  }
  return timer.afterDelay(rest).then([self = kj::addRef(*this)]() mutable {
    return self->untilSilent();
  });
}

void LineWatch::throwSilent() {
  kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "no lines and no answer in time"));
}

}  // namespace skerry
