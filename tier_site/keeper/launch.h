// Starts the service: born by clone3 with a pidfd, into its groups, and reports back through a
// close-on-exec pipe, so that "started" means that exec succeeded.
#pragma once
#include "tier_site/keeper/birth.h"
#include "tier_site/keeper/spec.h"
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace skerry {

constexpr unsigned CLOSE_RANGE_CLOEXEC_FLAG = 4;
constexpr const char* DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// What can fail between birth and exec. The names are part of the protocol: "err STAGE: TEXT".
enum class Stage : int { NONE, PIPE, CLONE, CGROUP, LIMITS, STDIO, MOUNT, WORK_DIR, USER, EXEC };
constexpr const char* STAGE_NAMES[] = { "",      "pipe",  "clone",   "cgroup", "limits",
                                        "stdio", "mount", "workdir", "user",   "exec" };

struct Launched {
  pid_t pid = -1;
  int pidfd = -1;
  int error = 0;  // errno of what failed at `stage`
  Stage stage = Stage::NONE;
};

class Launcher {
public:
  Launcher(const Spec& spec, Cgroups& groups) : spec(spec), groups(groups) {}

  Launched start(const char* outFifo, const char* errFifo) {
    Launched result;
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) {
      result.error = errno;
      result.stage = Stage::PIPE;
      return result;
    }
    result.pid = bear(groups, "svc", spec.namespaces, &result.pidfd);
    if (result.pid == 0) child(report[1], outFifo, errFifo);
    int error = errno;
    close(report[1]);
    if (result.pid < 0) {
      result.error = error;
      result.stage = Stage::CLONE;
    } else {
      Failure failure;
      if (read(report[0], &failure, sizeof failure) == sizeof failure) {
        result.error = failure.error;
        result.stage = failure.stage;
      }
    }
    close(report[0]);
    return result;
  }

private:
  struct Failure {
    Stage stage;
    int error;
  };

  [[noreturn]] void child(int report, const char* outFifo, const char* errFifo) {
    auto check = [report](Stage stage, bool ok) {
      if (ok) return;
      Failure failure = { stage, errno };
      (void)!write(report, &failure, sizeof failure);
      _exit(127);
    };
    setsid();
    check(Stage::CGROUP, groups.enter("svc") == 0);
    check(Stage::LIMITS, setLimits());
    check(Stage::MOUNT, setMounts());
    check(Stage::STDIO, setStdio(outFifo, errFifo));
    check(Stage::WORK_DIR, chdir(spec.workDir) == 0);
    check(Stage::USER, setUser());
    restoreSignals();
    execute();
    check(Stage::EXEC, false);
    __builtin_unreachable();
  }
  bool setLimits() {
    char text[16];
    snprintf(text, sizeof text, "%d", spec.oomScore);  // the keeper's own is inherited
    if (writeText("/proc/self/oom_score_adj", text) < 0) return false;
    auto set = [](int what, uint64_t value) {
      struct rlimit l = { value, value };
      return setrlimit(what, &l) == 0;
    };
    if (!set(RLIMIT_CORE, spec.core)) return false;
    if (spec.nofile > 0 && !set(RLIMIT_NOFILE, spec.nofile)) return false;
    return spec.nproc == 0 || set(RLIMIT_NPROC, spec.nproc);
  }
  bool setMounts() {
    if (!(spec.namespaces & CLONE_NEWNS)) return true;
    if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) < 0) return false;
    return !(spec.namespaces & CLONE_NEWPID) ||
           mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
  }
  bool setStdio(const char* outFifo, const char* errFifo) {
    int in = open("/dev/null", O_RDONLY | O_NOCTTY), out = open(outFifo, O_RDWR | O_NOCTTY),
        err = open(errFifo, O_RDWR | O_NOCTTY);
    if (in < 0 || out < 0 || err < 0) return false;
    if (spec.hasUser) {
      (void)!fchown(out, spec.uid, spec.gid);  // else /dev/stdout cannot be opened again
      (void)!fchown(err, spec.uid, spec.gid);
    }
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) return false;
    return syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC_FLAG) == 0;
  }
  bool setUser() {
    if (spec.hasUser && (setgroups(spec.groupCount, spec.groups) < 0 || setgid(spec.gid) < 0 ||
                         setuid(spec.uid) < 0))
      return false;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  }
  static void restoreSignals() {
    for (int s = 1; s < NSIG; ++s) signal(s, SIG_DFL);  // ignored signals survive exec
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
  }
  // Returns only on failure, with errno. A bare name is looked for as a shell does.
  void execute() {
    if (strchr(spec.program, '/') != nullptr) {
      execve(spec.program, spec.args, spec.env);
      return;
    }
    const char* path = DEFAULT_PATH;
    for (int i = 0; i < spec.envCount; ++i)
      if (strncmp(spec.env[i], "PATH=", 5) == 0) path = spec.env[i] + 5;
    bool denied = false;
    for (size_t n; *path != 0; path += n + (path[n] == ':')) {
      n = strcspn(path, ":");
      char file[1024];
      snprintf(file, sizeof file, "%.*s/%s", (int)n, path, spec.program);
      execve(file, spec.args, spec.env);
      if (errno == EACCES) denied = true;
      else if (errno != ENOENT && errno != ENOTDIR) return;
    }
    errno = denied ? EACCES : ENOENT;
  }

  const Spec& spec;
  Cgroups& groups;
};

}  // namespace skerry
