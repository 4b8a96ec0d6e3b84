// Every kind of store the product and its tests know, behind one door: what is promised in
// shared/store/store.h is tested against all of them.
#pragma once
#include "shared/store/store_settings.h"
#include <doctest/doctest.h>
#include <kj/async-io.h>

namespace skerry {

class Backend {
public:
  virtual ~Backend() noexcept(false) {}
  // What an earlier store of this backend kept is there. One store at a time.
  virtual kj::Own<Store> open() = 0;
  // The loop's.
  virtual kj::WaitScope& waitScope() = 0;
};

// Calls `test` with a fresh backend of each kind; a failure names the kind.
void forEachBackend(kj::Function<void(Backend& backend)> test);

inline BytesView bytes(std::string_view text) { return view(text); }

inline Batch putBatch(Table table, kj::StringPtr document, std::string_view key,
                      std::string_view value) {
  Batch batch;
  batch.put(table, document, view(key), view(value));
  return batch;
}

// The failure of `promise`, which must fail.
template <typename T>
kj::Exception failureOf(kj::Promise<T> promise, kj::WaitScope& waitScope) {
  KJ_IF_MAYBE(reason, kj::runCatchingExceptions([&]() { promise.wait(waitScope); })) {
    return kj::mv(*reason);
  }
  FAIL("did not fail");
  KJ_UNREACHABLE;
}

inline bool says(const kj::Exception& reason, std::string_view what) {
  return std::string_view(reason.getDescription().cStr()).find(what) != std::string_view::npos;
}

}  // namespace skerry
