// The one source of chance in a simulation: equal seeds draw equal values on every platform (the
// distributions of the standard library do not). Splitmix64, after Steele, Lea and Flood, "Fast
// Splittable Pseudorandom Number Generators" (2014).
#pragma once
#include "shared/host/host.h"
#include <cstring>

namespace skerry {

// A value: copies continue the same sequence, each on its own.
class SeededEntropy final : public Entropy {
public:
  explicit SeededEntropy(uint64_t seed) : state(seed) {}

  void fill(kj::ArrayPtr<kj::byte> bytes) override {
    for (size_t done = 0; done < bytes.size(); done += sizeof(uint64_t)) {
      uint64_t drawn = draw();
      memcpy(bytes.begin() + done, &drawn, kj::min(sizeof(drawn), bytes.size() - done));
    }
  }

  // Both ends included.
  uint64_t between(uint64_t low, uint64_t high) { return low + draw() % (high - low + 1); }
  bool chance(unsigned percent) { return draw() % 100 < percent; }
  // An independent stream, so that one part drawing more does not shift another's.
  SeededEntropy fork() { return SeededEntropy(draw()); }

private:
  uint64_t draw() {
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  uint64_t state;
};

}  // namespace skerry
