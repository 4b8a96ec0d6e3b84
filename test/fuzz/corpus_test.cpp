// Without a fuzzer: what it found worth keeping, and what it starts from, go through every target.
#include "test/fuzz/fuzz.h"
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace skerry {
namespace {

constexpr size_t CORPUS_FILES_MAX = 50;  // of one target

Bytes contentOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

TEST_CASE("every decoder of foreign bytes takes what the product itself makes") {
  REQUIRE(fuzzTargets().size() > 0);
  for (auto& target : fuzzTargets()) {
    CAPTURE(target.name);
    auto seeds = target.seeds();
    CHECK(seeds.size() > 0);
    for (auto& seed : seeds) target.run(view(seed));
  }
}

TEST_CASE("every decoder of foreign bytes takes its corpus") {
  for (auto& target : fuzzTargets()) {
    CAPTURE(target.name);
    size_t files = 0;
    for (auto& entry : std::filesystem::directory_iterator(std::string(CORPUS "/") + target.name)) {
      CAPTURE(entry.path());
      auto input = contentOf(entry.path());
      target.run(view(input));
      ++files;
    }
    CHECK(files > 0);
    CHECK(files <= CORPUS_FILES_MAX);
  }
}

TEST_CASE("every decoder of foreign bytes takes what the product makes, cut short and damaged") {
  for (auto& target : fuzzTargets()) {
    CAPTURE(target.name);
    for (auto& seed : target.seeds()) {
      for (size_t part = 0; part < 8; ++part) {
        size_t size = seed.size() * part / 8;
        CAPTURE(part);
        target.run(view(seed).slice(0, size));
        auto damaged = seed;
        if (size < damaged.size()) damaged[size] ^= uint8_t(1 << part);
        target.run(view(damaged));
      }
    }
  }
}

}  // namespace
}  // namespace skerry
