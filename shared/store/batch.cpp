#include "shared/store/store.h"
#include <kj/debug.h>

namespace skerry {

namespace {

void requireFits(kj::StringPtr document, BytesView key) {
  KJ_REQUIRE(document.size() <= STORE_KEY_BYTES_MAX, "the document's name is too long for a row",
             document.size());
  KJ_REQUIRE(key.size() <= STORE_KEY_BYTES_MAX, "the key is too long for a row", document,
             key.size());
}

}  // namespace

void Batch::put(Table table, kj::StringPtr document, BytesView key, BytesView value) {
  requireFits(document, key);
  KJ_REQUIRE(value.size() <= STORE_VALUE_BYTES_MAX, "the value is too large for a row", document,
             value.size());
  written.push_back({Verb::PUT, table, text(document), copy(key), copy(value)});
}

void Batch::erase(Table table, kj::StringPtr document, BytesView key) {
  requireFits(document, key);
  written.push_back({Verb::ERASE, table, text(document), copy(key), {}});
}

void Batch::eraseAll(Table table, kj::StringPtr document) {
  requireFits(document, nullptr);
  written.push_back({Verb::ERASE_ALL, table, text(document), {}, {}});
}

void Batch::expect(Table table, kj::StringPtr document, BytesView key, kj::Maybe<BytesView> value) {
  requireFits(document, key);
  KJ_IF_MAYBE(expected, value) {
    written.push_back({Verb::EXPECT, table, text(document), copy(key), copy(*expected)});
  } else {
    written.push_back({Verb::EXPECT_ABSENT, table, text(document), copy(key), {}});
  }
}

void Batch::append(Batch other) {
  written.reserve(written.size() + other.written.size());
  for (auto& step : other.written) written.push_back(std::move(step));
}

}  // namespace skerry
