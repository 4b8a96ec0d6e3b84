#include "shared/async/plainly.h"
#include <doctest/doctest.h>
#include <errno.h>
#include <kj/debug.h>
#include <kj/function.h>

using namespace skerry;

namespace {

kj::Exception caught(kj::Function<void()> failing) {
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions(kj::mv(failing))) return kj::mv(*reason);
  return KJ_EXCEPTION(FAILED, "nothing failed");
}

}  // namespace

TEST_CASE("an exception is told without the expression that was expected to hold") {
  auto reason = caught([] {
    int files = 3;
    KJ_REQUIRE(files == 0, "the folder is not empty", files);
  });
  CHECK(plainly(reason) == "the folder is not empty (3)");
  CHECK(briefly(reason) == "the folder is not empty");
}

TEST_CASE("a system call that failed is told without the call") {
  auto reason = caught([] { KJ_FAIL_SYSCALL("bind(fd, address)", EADDRINUSE); });
  CHECK(briefly(reason) == "Address already in use");
}

TEST_CASE("words of our own are told as they are, brackets and all") {
  CHECK(plainly(KJ_EXCEPTION(FAILED, "the folder (old): gone")) == "the folder (old): gone");
  CHECK(plainly(KJ_EXCEPTION(FAILED, "expected more")) == "expected more");
}
