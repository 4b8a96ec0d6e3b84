// The client program `skerry`.
#include "shared/cli/program.h"
#include "shared/cli/real_machine.h"

int main(int count, char** arguments) {
  auto io = kj::setupAsyncIo();
  skerry::RealMachine machine(io);
  auto program = skerry::runProgram(machine, {arguments + 1, arguments + count});
  return program.wait(io.waitScope);
}
