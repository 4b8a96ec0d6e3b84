#include "tier_site/drivers/step_queue.h"
#include <doctest/doctest.h>
#include <kj/debug.h>

namespace skerry {

namespace {

const InstanceId A{"t", "a", "s", 0}, B{"t", "b", "s", 0};

struct Loop {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  StepQueue steps;
  std::string order;
  // A step that says its name, and ends when its fulfiller says so.
  StepQueue::Step step(char name, kj::Own<kj::PromiseFulfiller<void>>& fulfiller) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    fulfiller = kj::mv(paf.fulfiller);
    return [this, name, end = kj::mv(paf.promise)]() mutable {
      order += name;
      return end.then([name]() {
        Observed seen;
        seen.incarnation = name;
        return seen;
      });
    };
  }
};

}  // namespace

TEST_CASE("steps of one instance run one after the other, those of two at the same time") {
  Loop l;
  kj::Own<kj::PromiseFulfiller<void>> endX, endY, endZ;
  auto x = l.steps.add(A, l.step('x', endX));
  auto y = l.steps.add(A, l.step('y', endY));
  auto z = l.steps.add(B, l.step('z', endZ));
  CHECK(!x.poll(l.scope));
  CHECK(l.order == "xz");
  CHECK(l.steps.pending(A) == 2);
  endX->fulfill();
  CHECK(x.wait(l.scope).incarnation == 'x');
  CHECK(l.steps.pending(A) == 1);
  CHECK(!y.poll(l.scope));
  CHECK(l.order == "xzy");
  endY->fulfill();
  endZ->fulfill();
  y.wait(l.scope);
  z.wait(l.scope);
  CHECK(l.steps.pending(A) == 0);
  CHECK(l.steps.pending(B) == 0);
}

TEST_CASE("a step that fails fails its caller only") {
  Loop l;
  auto bad = l.steps.add(A, []() -> kj::Promise<Observed> { KJ_FAIL_REQUIRE("no"); });
  auto good = l.steps.add(A, []() -> kj::Promise<Observed> { return Observed(); });
  CHECK_THROWS_AS(bad.wait(l.scope), kj::Exception);
  good.wait(l.scope);
}

TEST_CASE("a step goes on though nobody waits for it any more") {
  Loop l;
  kj::Own<kj::PromiseFulfiller<void>> end, next;
  { auto dropped = l.steps.add(A, l.step('x', end)); }
  auto after = l.steps.add(A, l.step('y', next));
  CHECK(!after.poll(l.scope));
  CHECK(l.order == "x");
  end->fulfill();
  CHECK(!after.poll(l.scope));
  CHECK(l.order == "xy");
}

TEST_CASE("a queue that is destroyed drops what it was at") {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  auto steps = kj::heap<StepQueue>();
  auto waiting = steps->add(A, []() -> kj::Promise<Observed> { return kj::NEVER_DONE; });
  CHECK(!waiting.poll(scope));
  steps = nullptr;
  CHECK_THROWS_AS(waiting.wait(scope), kj::Exception);
}

}  // namespace skerry
