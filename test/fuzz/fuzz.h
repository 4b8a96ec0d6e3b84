// What every fuzz target is: a name, what it does with bytes that anybody might have sent, and
// bytes as the product itself makes them, for the fuzzer to start from.
//
// A target fails by crashing, by a sanitizer's report, by taking longer or more memory than
// scripts/fuzz allows, or by an exception: what a decoder may refuse by throwing, the target
// catches. Targets keep no state from one input to the next and read no clock.
#pragma once
#include "shared/crypto/bytes.h"
#include <functional>
#include <string>
#include <vector>

namespace skerry {

struct FuzzTarget {
  const char* name;
  void (*run)(BytesView input);
  std::vector<Bytes> (*seeds)();
};

// All there are, by name.
const std::vector<FuzzTarget>& fuzzTargets();
const FuzzTarget* findFuzzTarget(const std::string& name);

struct FuzzRegistration {
  explicit FuzzRegistration(FuzzTarget target);
};
#define FUZZ_TARGET(name, run, seeds) \
  static const FuzzRegistration fuzzRegistration({name, run, seeds})

// Runs what may refuse by throwing a kj::Exception. False when it did.
bool mayRefuse(const std::function<void()>& decode);
// Aborts, naming the property. For what must hold of every input.
void mustHold(bool property, const char* what);

// Takes an input apart. What is behind its end reads as zeros, and as empty.
class FuzzInput {
public:
  explicit FuzzInput(BytesView all) : rest(all) {}
  bool empty() const { return rest.size() == 0; }
  uint8_t byte();
  uint16_t number() { uint16_t low = byte(); return uint16_t(low | byte() << 8); }
  BytesView take(size_t size);
  // Preceded by its length, two bytes.
  BytesView piece() { return take(number()); }
  BytesView remaining() { return take(rest.size()); }

private:
  BytesView rest;
};
// The other way about: for seeds.
void addNumber(Bytes& to, uint16_t number);
void addPiece(Bytes& to, BytesView piece);

}  // namespace skerry
