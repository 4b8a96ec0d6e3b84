// The libFuzzer program: `fuzz --target=NAME` and libFuzzer's own options; `--list` names the
// targets, `--seeds=FOLDER` writes what the target starts from.
#include "test/fuzz/fuzz.h"
#include <kj/debug.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

const skerry::FuzzTarget* chosen = nullptr;

// The libraries log what they refuse.
class Silence final : public kj::ExceptionCallback {
public:
  void logMessage(kj::LogSeverity, const char*, int, int, kj::String&&) override {}
};

void writeSeeds(const std::string& folder) {
  std::filesystem::create_directories(folder);
  size_t number = 0;
  for (auto& seed : chosen->seeds()) {
    std::ofstream file(folder + "/seed" + std::to_string(number++), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()), std::streamsize(seed.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** words) {
  for (int i = 1; i < *count; ++i) {
    std::string word = (*words)[i];
    if (word == "--list") {
      for (auto& target : skerry::fuzzTargets()) puts(target.name);
      exit(0);
    }
    if (word.starts_with("--target=")) chosen = skerry::findFuzzTarget(word.substr(9));
    if (word.starts_with("--seeds=") && chosen != nullptr) {
      writeSeeds(word.substr(8));
      exit(0);
    }
  }
  if (chosen == nullptr) {
    fputs("fuzz: say --target=NAME first, one of those that --list names\n", stderr);
    exit(2);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Silence silence;
  chosen->run({data, size});
  return 0;
}
