// Hybrid systems only. Moving a process between groups waits for the whole system (5 to 10 ms after
// a pause), being born in a group does not, and in v1 trees birth happens only where the parent is.
// So one idle process waits in the service's limit groups, but outside the group that is killed,
// and gives birth to each life of the service as a child of the keeper.
#pragma once
#include "tier_site/keeper/launch.h"
#include <sys/socket.h>

namespace skerry {

class Midwife {
public:
  Midwife(const Spec& spec, Cgroups& groups) : spec(spec), groups(groups) {}

  // Stage::MIDWIFE means that there is none: start the service the slow way.
  Launched start(const char* outFifo, const char* errFifo) {
    if (channel < 0) hire(outFifo, errFifo);
    Launched result;
    char go = 1;
    if (send(channel, &go, 1, MSG_NOSIGNAL) != 1 ||
        recv(channel, &result, sizeof result, 0) != sizeof result) {
      dismiss();
      result = Launched();
      result.error = ECHILD;
      result.stage = Stage::MIDWIFE;
      return result;
    }
    result.pidfd = result.pid > 0 ? syscall(SYS_pidfd_open, result.pid, 0) : -1;
    return result;
  }

  // She ends by herself when the channel is closed.
  void dismiss() {
    if (channel < 0) return;
    close(channel);
    channel = -1;
    if (pid > 0) waitpid(pid, nullptr, 0);
  }

private:
  void hire(const char* outFifo, const char* errFifo) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return;
    pid = fork();
    channel = ends[0];
    if (pid != 0) {
      close(ends[1]);
      return;
    }
    close(ends[0]);
    // Of all else that she was born with, only her end of the channel stays open.
    dup2(ends[1], 3);
    syscall(SYS_close_range, 4, ~0U, 0);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    if (groups.enter("svc") < 0) _exit(1);
    for (char go; recv(3, &go, 1, 0) == 1;) {
      Launched launched = Launcher(spec, groups).start(outFifo, errFifo, CLONE_PARENT);
      close(launched.pidfd);
      if (send(3, &launched, sizeof launched, MSG_NOSIGNAL) != sizeof launched) break;
    }
    _exit(0);
  }
  const Spec& spec;
  Cgroups& groups;
  int channel = -1;
  pid_t pid = -1;
};

}  // namespace skerry
