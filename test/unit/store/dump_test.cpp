#include "test/unit/store/backends.h"
#include <kj/debug.h>

namespace skerry {
namespace {

TEST_CASE("a dump is everything there is at one moment, and rebuilds it") {
  forEachBackend([](Backend& backend) {
    auto store = backend.open();
    auto& loop = backend.waitScope();
    store->commit(putBatch(Table::LOCAL, "oslo", "lamp", "on")).wait(loop);
    store->commit(putBatch(Table::META, "bergen", "door", "shut")).wait(loop);
    auto dumping = store->dump();
    auto later = store->commit(putBatch(Table::META, "bergen", "door", "open"));
    auto all = dumping.wait(loop);
    later.wait(loop);
    REQUIRE(all.steps().size() == 2);
    CHECK(all.steps()[0].document == "bergen");
    CHECK(text(view(all.steps()[0].value)) == "shut");
    Batch gone;
    gone.eraseAll(Table::LOCAL, "oslo");
    store->commit(kj::mv(gone)).wait(loop);
    store->commit(kj::mv(all)).wait(loop);
    auto lamp = store->get(Table::LOCAL, "oslo", view("lamp")).wait(loop);
    CHECK(text(view(KJ_ASSERT_NONNULL(lamp))) == "on");
    store->close().wait(loop);
  });
}

}  // namespace
}  // namespace skerry
