// The life of one service and of its keeper: start, stop, deadline, end, restart, takeover.
//
//            start                 exit
//   IDLE ───────────────► RUNNING ───────► IDLE   reason=exited|oom|leftover
//     ▲                      │ stop, deadline
//     └────── STOPPING ◄─────┘                    reason=stopped|deadline
//
// No heap after the start, no threads.
#pragma once
#include "tier_site/keeper/connections.h"
#include "tier_site/keeper/launch.h"
#include "tier_site/keeper/log_pipe.h"
#include "tier_site/keeper/orphans.h"
#include <poll.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

namespace skerry {

constexpr int STATUS_BYTES_MAX = 1536;
constexpr int LEFTOVERS_WAIT_MS = 200;
constexpr int KILL_AGAIN_MS = 50;  // v1 has no kill that cannot be outrun
constexpr int REMOVE_WAIT_MS = 3000;

enum class State { IDLE, RUNNING, STOPPING };
enum class Reason { NONE, EXITED, STOPPED, DEADLINE, OOM, LEFTOVER };
constexpr const char* STATE_NAMES[] = { "idle", "running", "stopping" };
constexpr const char* REASON_NAMES[] = { "none",     "exited", "stopped",
                                         "deadline", "oom",    "leftover" };

class Keeper {
public:
  enum class Mode { START, TAKEOVER };

  // What follows is for the keeper and for the short-lived process that bears it: 0, or -1 with the
  // cause in `problem`.
  int prepare(const char* dir) {
    if (open(dir) < 0) return -1;
    groups.create(spec.limits);
    return 0;
  }
  // As fork() does.
  pid_t bearItself(Cgroups::Birth birth) {
    groups.birth = birth;
    pid_t child = bear(groups, "keeper");
    return child < 0 ? fail("fork") : child;
  }
  // After a keeper that died without a word. Not if it may have come as far as starting a service.
  bool mayTryOutside(Mode mode) {
    const CgroupLayout& layout = groups.layout;
    return layout.isBirthplace(layout.killTree()) && (mode == Mode::TAKEOVER || groups.empty());
  }
  int setUp(Mode mode) {
    if (groups.enter("keeper") < 0) return fail("cgroup");
    groups.birth = Cgroups::Birth::INSIDE;  // nobody ever kills the keeper's own group
    if (ring.open("log", spec.logBytes) < 0) return fail("log");
    if (!out.open() || !err.open()) return fail("pipes");
    if (connections.listenAt("sock") < 0) return fail("sock");
    protect();
    deadlineMs = spec.deadlineMs;
    oomKillsSeen = groups.oomKills();
    armTimer();
    return mode == Mode::TAKEOVER ? takeOver() : launch(spec.incarnation);
  }
  void run() {
    while (!quitting) turn();
    abandon();
  }
  // Leaves nothing but the keeper's own group, which only someone else can remove.
  void abandon() {
    if (!owner) return;
    unlink("sock");
    groups.removeService();
  }
  // Kills what is left of the service of a keeper that is gone, and removes its groups.
  int removeRest(const char* dir) {
    if (open(dir) < 0) return -1;
    readState();
    for (int waitedMs = 0;; waitedMs += 5) {
      bool gone = groups.none() || groups.empty();
      if (!gone) groups.kill();
      if (pidfd >= 0) syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
      struct pollfd ended = { pidfd, POLLIN, 0 };
      gone = gone && (pidfd < 0 || poll(&ended, 1, 0) == 1);
      if (gone && groups.removeAll()) return 0;
      if (waitedMs >= REMOVE_WAIT_MS) break;
      usleep(5000);
    }
    errno = EBUSY;
    return fail("remove");
  }
  int statusLine(char* text, size_t size, const char* head) {
    char missing[32];
    groups.describeMissing(missing, sizeof missing);
    return snprintf(
        text, size,
        "%s boot=%s pid=%d start=%llu nonce=%s state=%s incarnation=%llu startedNs=%llu "
        "exitedNs=%llu log=%llu logLost=%llu deadlineMs=%llu token=%llu reason=%s code=%d "
        "signal=%d layout=%s limits=%s missing=%s cause=%s keeper=%d\n",
        head, bootId, pid, (unsigned long long)pidStart, spec.nonce, STATE_NAMES[(int)state],
        (unsigned long long)incarnation, (unsigned long long)startedNs,
        (unsigned long long)exitedNs, (unsigned long long)ring.position(),
        (unsigned long long)ring.lost(), (unsigned long long)deadlineMs, (unsigned long long)token,
        REASON_NAMES[(int)reason], exitCode, exitSignal, groups.layout.name(), groups.outcome(),
        missing, groups.cause, getpid());
  }
  int fail(const char* what) {
    snprintf(problem, sizeof problem, "%s: %s", what, strerror(errno));
    return -1;
  }
  char problem[512] = "";

private:
  enum Slot { LISTEN, TIMER, CHILD, OUT, ERR, PIDFD, FIRST_CONNECTION };

  // Becomes the one keeper of DIR.
  int open(const char* dir) {
    if (chdir(dir) < 0 || readSpec("spec", spec) < 0) return fail("spec");
    int lock = ::open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    owner = flock(lock, LOCK_EX | LOCK_NB) == 0;
    if (!owner) return fail("another keeper");
    ssize_t n = readText("/proc/sys/kernel/random/boot_id", bootId, sizeof bootId);
    bootId[n > 0 ? n - 1 : 0] = 0;
    groups.layout.detect(spec.cgroupRoot, spec.cgroup, spec.layout);
    return 0;
  }
  void protect() {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);  // only the protocol ends a keeper
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, nullptr);
    childSignal = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);  // the service's orphans are reaped here
    // Lowering a score takes a capability that small hosts may lack.
    writeText("/proc/self/oom_score_adj", "-900");
  }

  int launch(uint64_t number) {
    if (deadlineMs != 0 && bootMs() >= deadlineMs) {
      errno = ETIME;
      return fail("deadline");
    }
    if (groups.mustRenew()) {
      groups.create(spec.limits);
      oomKillsSeen = groups.oomKills();
    }
    Launched l = Launcher(spec, groups).start(out.fifo, err.fifo);
    if (l.error != 0) {
      if (l.pid > 0) waitpid(l.pid, nullptr, 0);
      if (l.pidfd >= 0) close(l.pidfd);
      errno = l.error;
      return fail(STAGE_NAMES[(int)l.stage]);
    }
    startedNs = clockNs(CLOCK_BOOTTIME);
    pid = l.pid;
    pidfd = l.pidfd;
    pidStart = startTime(pid);
    incarnation = number;
    state = State::RUNNING;
    reason = Reason::NONE;
    exitCode = exitSignal = 0;
    saveState();
    return 0;
  }
  void saveState() {
    char text[STATUS_BYTES_MAX];
    statusLine(text, sizeof text, "state");
    replaceFile("state", text, Durability::PROCESS);
  }
  // Opens `pidfd` if the state file's process still lives, in this boot.
  void readState() {
    char text[STATUS_BYTES_MAX];
    if (readText("state", text, sizeof text) <= 0) return;
    const char* boot = findField(text, "boot");
    pid = numberField(text, "pid", 0);
    pidStart = numberField(text, "start", 0);
    incarnation = numberField(text, "incarnation", 1);
    startedNs = numberField(text, "startedNs", 0);
    token = numberField(text, "token", 0);
    deadlineMs = numberField(text, "deadlineMs", 0);
    if (boot == nullptr || strncmp(boot, bootId, strlen(bootId)) != 0 || pid <= 0) return;
    pidfd = syscall(SYS_pidfd_open, pid, 0);
    struct pollfd ended = { pidfd, POLLIN, 0 };  // also true of a zombie that nobody reaps
    if (pidfd < 0 || (startTime(pid) == pidStart && poll(&ended, 1, 0) == 0)) return;
    close(pidfd);
    pidfd = -1;
  }
  // The service is not our child: its pidfd tells when it ends, nobody tells how.
  int takeOver() {
    readState();
    if (pidfd < 0) {
      errno = ESRCH;
      return fail("takeover");
    }
    adopted = true;
    state = State::RUNNING;
    armTimer();
    saveState();
    return 0;
  }

  void turn() {
    struct pollfd fds[FIRST_CONNECTION + CONNECTIONS_MAX];
    int sources[] = { connections.listener, timer, childSignal, out.fd, err.fd,
                      adopted ? pidfd : -1 };
    for (int i = 0; i < FIRST_CONNECTION; ++i) fds[i] = { sources[i], POLLIN, 0 };
    for (int i = 0; i < CONNECTIONS_MAX; ++i)
      fds[FIRST_CONNECTION + i] = { connections.all[i].fd, POLLIN, 0 };
    if (poll(fds, FIRST_CONNECTION + CONNECTIONS_MAX, -1) <= 0) return;
    if (fds[OUT].revents != 0) out.drainOnce(ring);
    if (fds[ERR].revents != 0) err.drainOnce(ring);
    if (fds[TIMER].revents != 0) onTimer();
    if (fds[CHILD].revents != 0) onChildSignal();
    if (fds[PIDFD].revents != 0 && adopted) onExit(-1, 0);
    if (fds[LISTEN].revents != 0) greet();
    for (int i = 0; i < CONNECTIONS_MAX; ++i)
      if (fds[FIRST_CONNECTION + i].revents != 0) onReadable(connections.all[i]);
  }
  void onTimer() {
    uint64_t ticks;
    if (read(timer, &ticks, sizeof ticks) < 0) return;
    uint64_t now = bootMs();
    bool late = deadlineMs != 0 && now >= deadlineMs;
    if (state != State::IDLE && (late || (graceEndMs != 0 && now >= graceEndMs))) {
      if (late) reason = Reason::DEADLINE;
      killAll();
      graceEndMs = now + KILL_AGAIN_MS;
    }
    armTimer();
  }
  void armTimer() {
    uint64_t at = deadlineMs;
    if (state == State::IDLE || (at != 0 && bootMs() >= at)) at = 0;
    if (graceEndMs != 0 && (at == 0 || graceEndMs < at)) at = graceEndMs;
    struct itimerspec when = {};
    when.it_value.tv_sec = at / 1000;
    when.it_value.tv_nsec = at % 1000 * 1000000;
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr);
  }
  void killAll() {
    if (groups.none()) Orphans::kill(pid);
    else groups.kill();
  }
  void onChildSignal() {
    struct signalfd_siginfo info;
    while (read(childSignal, &info, sizeof info) > 0) {}
    int status;
    pid_t who;
    while ((who = waitpid(-1, &status, WNOHANG)) > 0)
      if (who == pid && state != State::IDLE)
        onExit(WIFEXITED(status) ? WEXITSTATUS(status) : -1,
               WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  }
  void onExit(int code, int bySignal) {
    exitedNs = clockNs(CLOCK_BOOTTIME);
    exitCode = code;
    exitSignal = bySignal;
    bool unexpected = state == State::RUNNING && reason == Reason::NONE;
    if (unexpected) reason = Reason::EXITED;
    else if (reason == Reason::NONE) reason = Reason::STOPPED;
    bool clean = endLeftovers();
    uint64_t oomKills = groups.oomKills();
    if (oomKills > oomKillsSeen && bySignal == SIGKILL) reason = Reason::OOM;
    oomKillsSeen = oomKills;
    if (!clean) reason = Reason::LEFTOVER;
    close(pidfd);
    pidfd = -1;
    adopted = false;
    state = State::IDLE;
    graceEndMs = 0;
    char record[STATUS_BYTES_MAX];
    int size = statusLine(record, sizeof record, "exit");
    // Running again comes first, the record of the end second: a sync costs more than a start.
    bool again = unexpected && clean && mayRestartAlone() && launch(incarnation + 1) == 0;
    if (again) announce();
    out.finish(ring);
    err.finish(ring);
    record[size] = 0;
    replaceFile("exit", record, spec.syncExit ? Durability::POWER_CUT : Durability::PROCESS);
    if (!again) announce();
    armTimer();
  }
  // Restarts are the controller's decision. Only when there is none, and only once until one comes.
  bool mayRestartAlone() {
    uint64_t livedMs = (exitedNs - startedNs) / 1000000;
    if (spec.localRestartAfterMs == 0 || livedMs < spec.localRestartAfterMs) return false;
    if (restartedAlone || connections.anyWatching()) return false;
    return restartedAlone = true;
  }
  // What the service left behind holds its ports and files. An adopted one's orphans without groups
  // are not to be found.
  bool endLeftovers() {
    for (int waitedMs = 0;; ++waitedMs) {
      while (waitpid(-1, nullptr, WNOHANG) > 0) {}
      if (groups.none() ? Orphans::none() : groups.empty()) return true;
      if (waitedMs == LEFTOVERS_WAIT_MS) return false;
      killAll();
      if (waitedMs > 0) usleep(1000);
    }
  }

  void greet() {
    Connection* c = connections.accept();
    char text[STATUS_BYTES_MAX];
    if (c != nullptr) c->sendLine(text, statusLine(text, sizeof text, "skerry-keeper 1.0"));
  }
  void announce() {
    char text[STATUS_BYTES_MAX];
    connections.announce(text, statusLine(text, sizeof text, "event"));
  }
  void onReadable(Connection& c) {
    char line[REQUEST_BYTES_MAX];
    if (!c.receive()) return;
    while (c.fd >= 0 && c.takeLine(line)) {
      const char* error = serve(c, line);
      char text[STATUS_BYTES_MAX], head[640];
      snprintf(head, sizeof head, error == nullptr ? "ok" : "err %s", error);
      c.sendLine(text, statusLine(text, sizeof text, head));
    }
  }
  // Null, or why not.
  const char* serve(Connection& c, const char* line) {
    size_t n = strcspn(line, " ");
    auto is = [line, n](const char* verb) {
      return strlen(verb) == n && strncmp(line, verb, n) == 0;
    };
    if (is("status")) return nullptr;
    if (is("watch")) {
      restartedAlone = false;
      c.watching = true;
      return nullptr;
    }
    if (is("signal")) return sendSignal(numberField(line, "n", 0));
    if (is("stop")) return stop(numberField(line, "graceMs", 10000));
    if (is("start")) return startAgain(numberField(line, "incarnation", 0));
    if (is("renew"))
      return renew(numberField(line, "deadlineMs", 0), numberField(line, "token", 0));
    if (!is("quit")) return "unknown-verb";
    if (state != State::IDLE) return "running";
    quitting = true;
    return nullptr;
  }
  const char* sendSignal(int n) {
    if (state == State::IDLE) return "not-running";
    return syscall(SYS_pidfd_send_signal, pidfd, n, nullptr, 0) == 0 ? nullptr : strerror(errno);
  }
  // Asking twice is no error, and can only shorten the grace.
  const char* stop(uint64_t graceMs) {
    if (state == State::IDLE) return nullptr;
    uint64_t endMs = bootMs() + graceMs;
    bool first = state == State::RUNNING;
    state = State::STOPPING;
    if (first || endMs < graceEndMs) graceEndMs = endMs;
    armTimer();
    return first ? sendSignal(spec.stopSignal) : nullptr;
  }
  // Says which life is wanted, so that a repeated request does not start a second one.
  const char* startAgain(uint64_t wanted) {
    if (state == State::RUNNING && wanted == incarnation) return nullptr;
    if (state != State::IDLE) return "running";
    if (wanted <= incarnation) return "stale-incarnation";
    if (launch(wanted) < 0) return problem;
    armTimer();
    announce();
    return nullptr;
  }
  const char* renew(uint64_t untilMs, uint64_t newToken) {
    if (newToken < token) return "stale-token";
    if (state != State::IDLE && deadlineMs != 0 && bootMs() >= deadlineMs) return "too-late";
    token = newToken;
    deadlineMs = untilMs;
    armTimer();
    saveState();
    return nullptr;
  }

  Spec spec;
  Cgroups groups;
  RingWriter ring;
  LogPipe out{ "out", 'o' }, err{ "err", 'e' };
  Connections connections;
  char bootId[64] = "";
  State state = State::IDLE;
  Reason reason = Reason::NONE;
  pid_t pid = 0;
  int pidfd = -1, timer = -1, childSignal = -1;
  int exitCode = 0, exitSignal = 0;
  bool owner = false, adopted = false, quitting = false, restartedAlone = false;
  uint64_t pidStart = 0, incarnation = 0, startedNs = 0, exitedNs = 0, oomKillsSeen = 0;
  uint64_t deadlineMs = 0, graceEndMs = 0, token = 0;
};

}  // namespace skerry
