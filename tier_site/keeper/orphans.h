// Where there are no control groups: the service's processes are its process group, and those of
// its descendants that lost their parent, which the kernel hands to the keeper.
#pragma once
#include "tier_site/keeper/text.h"
#include <signal.h>
#include <sys/wait.h>

namespace skerry {

class Orphans {
public:
  // Sends SIGKILL to all that can be found; to be repeated, since each death may make new orphans.
  static void kill(pid_t leader) {
    if (leader > 0) ::kill(-leader, SIGKILL);
    char file[64], text[4096];
    snprintf(file, sizeof file, "/proc/self/task/%d/children", getpid());
    if (readText(file, text, sizeof text) <= 0) return;
    for (char *at = text, *end; *at != 0; at = end + 1) {
      long pid = strtol(at, &end, 10);
      if (end == at || *end != ' ') break;
      ::kill((pid_t)pid, SIGKILL);
    }
  }
  // Reaps. True when the keeper has no child any more.
  static bool none() {
    pid_t reaped;
    while ((reaped = waitpid(-1, nullptr, WNOHANG)) > 0) {}
    return reaped < 0 && errno == ECHILD;
  }
};

}  // namespace skerry
