// The service that a bench waits for: writes when it began, then waits for ever.
//   bench_stamp FILE      nanoseconds of CLOCK_MONOTONIC
#include <cstdio>
#include <ctime>
#include <string>
#include <unistd.h>

int main(int argc, char** argv) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (argc != 2) return 2;
  auto unfinished = std::string(argv[1]) + ".part";
  auto file = fopen(unfinished.c_str(), "w");
  if (file == nullptr) return 1;
  fprintf(file, "%lld\n", static_cast<long long>(now.tv_sec) * 1'000'000'000 + now.tv_nsec);
  fclose(file);
  if (rename(unfinished.c_str(), argv[1]) != 0) return 1;
  for (;;) pause();
}
