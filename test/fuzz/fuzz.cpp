#include "test/fuzz/fuzz.h"
#include <kj/debug.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace skerry {

namespace {

std::vector<FuzzTarget>& registered() {
  static std::vector<FuzzTarget> targets;
  return targets;
}

}  // namespace

FuzzRegistration::FuzzRegistration(FuzzTarget target) {
  auto& all = registered();
  all.insert(std::find_if(all.begin(), all.end(), [&](const FuzzTarget& other) {
    return strcmp(target.name, other.name) < 0;
  }), target);
}

const std::vector<FuzzTarget>& fuzzTargets() { return registered(); }

const FuzzTarget* findFuzzTarget(const std::string& name) {
  for (auto& target : registered()) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

bool mayRefuse(const std::function<void()>& decode) {
  return kj::runCatchingExceptions([&] { decode(); }) == nullptr;
}

void mustHold(bool property, const char* what) {
  if (property) return;
  fprintf(stderr, "does not hold: %s\n", what);
  abort();
}

uint8_t FuzzInput::byte() {
  auto one = take(1);
  return one.size() == 0 ? 0 : one[0];
}

BytesView FuzzInput::take(size_t size) {
  size = std::min(size, rest.size());
  auto taken = rest.slice(0, size);
  rest = rest.slice(size, rest.size());
  return taken;
}

void addNumber(Bytes& to, uint16_t number) {
  to.push_back(uint8_t(number));
  to.push_back(uint8_t(number >> 8));
}

void addPiece(Bytes& to, BytesView piece) {
  addNumber(to, uint16_t(piece.size()));
  to.insert(to.end(), piece.begin(), piece.end());
}

}  // namespace skerry
