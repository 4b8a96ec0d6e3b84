// What the system tests run as a service: says that it is up, does one thing, then waits for ever.
//   sample_service [lines N | hog MIB | fork N | exit CODE | who | newlines N]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

int main(int argc, char** argv) {
  printf("up %d\n", getpid());
  fflush(stdout);
  long n = argc > 2 ? atol(argv[2]) : 0;
  auto is = [&](const char* mode) { return argc > 1 && strcmp(argv[1], mode) == 0; };
  if (is("lines"))
    for (long i = 0; i < n; ++i) printf("line %ld of a service that talks a lot\n", i);
  if (is("newlines"))
    for (long i = 0; i < n; ++i) putchar('\n');
  if (is("hog"))
    for (long i = 0; i < n; ++i) {
      auto block = static_cast<volatile char*>(malloc(1 << 20));
      if (block == nullptr) return 1;
      for (long at = 0; at < 1 << 20; at += 4096) block[at] = 1;
    }
  if (is("fork"))
    for (long i = 0; i < n; ++i)
      if (fork() == 0)
        for (;;) pause();
  if (is("who")) {
    printf("uid %d gid %d\n", getuid(), getgid());
    fprintf(stderr, "groups %d\n", getgroups(0, nullptr));
  }
  fflush(stdout);
  if (is("exit")) return static_cast<int>(n);
  for (;;) pause();
}
