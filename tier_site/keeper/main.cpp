// skerry-keeper DIR             starts the service described by DIR/spec and stays with it
// skerry-keeper --takeover DIR  takes over a service whose keeper was killed
// skerry-keeper --remove DIR    kills and removes what is left when there is no keeper any more
//
// One per process service. The controller may die, be killed or be replaced; the keeper stays, and
// the next controller finds it at DIR/sock. Its files in DIR: sock, lock, log (ring_format.h), out
// and err (pipes), state (who runs now; worthless after a reboot, so not synced), exit (the last
// end).
//
// Prints one line, "ok KEY=VALUE..." or "err WHERE: WHY", and exits 0 or 1 once the service runs
// or failed to; the keeper itself goes on as an orphan.
//
// Protocol 1.x, lines of text: on connect the keeper sends "skerry-keeper 1.0 KEY=VALUE...", the
// whole status with the identity (boot, pid, start, nonce). A request is "VERB KEY=VALUE...", an
// answer "ok KEY=VALUE..." or "err REASON KEY=VALUE...". Both sides ignore keys they do not know;
// an unknown verb is "err unknown-verb". All verbs are idempotent:
//   status                        the whole status
//   watch                         from now on a line "event KEY=VALUE..." follows each change
//   start incarnation=N           the next life; N above the last one's
//   stop graceMs=N                asks it to end, kills it after the grace; answers at once
//   signal n=N                    sends it a signal
//   renew deadlineMs=N token=T    moves the deadline (CLOCK_BOOTTIME) at which it is killed
//   quit                          ends the keeper of a service that does not run
// Status keys besides the identity: state (idle running stopping), incarnation, startedNs and
// exitedNs (CLOCK_BOOTTIME), log (bytes written ever), logLost, deadlineMs, token, reason (none
// exited stopped deadline oom leftover), code (-1 when unknown or by a signal), signal, layout of
// the control groups, limits (all some none: of those asked for), missing (those that do not hold),
// cause (why), keeper (its own pid).
#include "tier_site/keeper/keeper.h"

namespace {

using namespace skerry;

Keeper keeper;  // static storage: untouched parts of it cost no memory

int say(const char* text, int size) { return write(STDOUT_FILENO, text, size) == size ? 0 : 1; }

int sayProblem() {
  char text[STATUS_BYTES_MAX];
  (void)say(text, snprintf(text, sizeof text, "err %s\n", keeper.problem));
  return 1;
}

int removeRest(const char* dir) {
  return keeper.removeRest(dir) < 0 ? sayProblem() : say("ok\n", 3);
}

[[noreturn]] void live(Keeper::Mode mode, int report) {
  setsid();
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
  close(null);
  char text[STATUS_BYTES_MAX];
  bool ok = keeper.setUp(mode) == 0;
  if (!ok) keeper.abandon();
  int size = ok ? keeper.statusLine(text, sizeof text, "ok")
                : snprintf(text, sizeof text, "err %s\n", keeper.problem);
  (void)!write(report, text, size);
  close(report);
  if (ok) keeper.run();
  exit(ok ? 0 : 1);
}

// Bears the keeper and hears its first line: its length, or 0 with a `problem`.
ssize_t bearKeeper(Keeper::Mode mode, Cgroups::Birth birth, char* text, size_t size) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) < 0) {
    keeper.fail("pipe");
    return 0;
  }
  pid_t child = keeper.bearItself(birth);
  if (child == 0) live(mode, report[1]);
  close(report[1]);
  ssize_t n = child < 0 ? 0 : read(report[0], text, size);
  close(report[0]);
  if (n > 0) return n;
  errno = ECHILD;
  if (child > 0) keeper.fail("birth");
  return 0;
}

// The caller's child ends once the service runs or failed to. Folder and groups are its work: the
// keeper is born into them.
int keep(const char* dir, Keeper::Mode mode) {
  if (keeper.prepare(dir) < 0) return sayProblem();
  char text[STATUS_BYTES_MAX];
  ssize_t n = bearKeeper(mode, Cgroups::Birth::INSIDE, text, sizeof text);
  if (n == 0 && keeper.mayTryOutside(mode))
    n = bearKeeper(mode, Cgroups::Birth::OUTSIDE, text, sizeof text);
  if (n == 0) {
    keeper.abandon();
    return sayProblem();
  }
  (void)say(text, n);
  return strncmp(text, "ok ", 3) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  syscall(SYS_close_range, 3, ~0U, 0);
  if (argc == 2 && argv[1][0] != '-') return keep(argv[1], Keeper::Mode::START);
  if (argc == 3 && strcmp(argv[1], "--takeover") == 0)
    return keep(argv[2], Keeper::Mode::TAKEOVER);
  if (argc == 3 && strcmp(argv[1], "--remove") == 0) return removeRest(argv[2]);
  static constexpr char USAGE[] = "err usage: skerry-keeper [--takeover | --remove] DIR\n";
  say(USAGE, sizeof USAGE - 1);
  return 2;
}
