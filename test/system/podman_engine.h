// A Podman of the test's own: its own storage, its own socket, and for the whole test program a
// network and a mount table of their own, so that nothing of it can stay behind on the machine.
#pragma once
#include "test/system/driver_fixture.h"
#include <arpa/inet.h>
#include <cstdlib>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace skerry {

inline bool havePodman() {
  return geteuid() == 0 && system("command -v podman runc >/dev/null 2>&1") == 0;
}

// Once, before the first thread and socket.
inline void separate() {
  static bool done = false;
  if (done) return;
  done = true;
  KJ_SYSCALL(unshare(CLONE_NEWNET | CLONE_NEWNS));
  KJ_SYSCALL(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
  int fd;
  KJ_SYSCALL(fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  struct ifreq loopback = {};
  strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP | IFF_RUNNING;
  KJ_SYSCALL(ioctl(fd, SIOCSIFFLAGS, &loopback));
  close(fd);
}

class PodmanEngine {
public:
  explicit PodmanEngine(const std::string& folder) : folder(folder) {}
  ~PodmanEngine() {
    end();
    // The storage mounts itself onto itself.
    umount2((folder + "/images/overlay").c_str(), MNT_DETACH);
  }
  std::string socket() const { return folder + "/engine.sock"; }
  std::vector<std::string> command(std::vector<std::string> rest) const {
    std::vector<std::string> all = {"podman",
                                    "--root",
                                    folder + "/images",
                                    "--runroot",
                                    folder + "/runroot",
                                    "--tmpdir",
                                    folder + "/tmp",
                                    "--runtime",
                                    "runc",
                                    "--cgroup-manager",
                                    "cgroupfs",
                                    "--events-backend",
                                    "file"};
    all.insert(all.end(), rest.begin(), rest.end());
    return all;
  }
  // To its end; true when it succeeded.
  bool run(std::vector<std::string> rest) const {
    int status = -1;
    pid_t child = spawn(command(kj::mv(rest)));
    KJ_SYSCALL(waitpid(child, &status, 0));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  void begin() {
    pid = spawn(command({"system", "service", "--time=0", "unix://" + socket()}));
    for (int tries = 0; access(socket().c_str(), F_OK) != 0; ++tries) {
      KJ_REQUIRE(tries < 1000, "podman's service does not start");
      usleep(10000);
    }
  }
  void end() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    pid = -1;
    unlink(socket().c_str());
  }

private:
  static pid_t spawn(const std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t child = fork();
    KJ_REQUIRE(child >= 0);
    if (child > 0) return child;
    // A real engine is no child of the daemon, and has none of its signals blocked.
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    if (getenv("SKERRY_TEST_VERBOSE") == nullptr) {
      dup2(null, 1);
      dup2(null, 2);
    }
    execvp(arguments[0], arguments.data());
    _exit(127);
  }

  std::string folder;
  pid_t pid = -1;
};

}  // namespace skerry
