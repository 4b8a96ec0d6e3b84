// What a keeper is told to run: DIR/spec, written by the controller before it starts the keeper.
// "key=value" entries, each ended by a NUL byte, so values need no quoting. Unknown keys are
// ignored: an older keeper can be given a newer file.
#pragma once
#include "tier_site/keeper/cgroup.h"
#include "tier_site/keeper/text.h"
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

namespace skerry {

struct Spec {
  static constexpr int ARGS_MAX = 256, ENV_MAX = 256, GROUPS_MAX = 64;
  static constexpr size_t BYTES_MAX = 128 << 10;
  static constexpr uint64_t LOG_BYTES_MIN = 64 << 10;  // a batch of stamped lines must fit

  const char* nonce = "";
  const char* program = nullptr;  // a path, or a name looked up in the service's PATH
  const char* workDir = "/";
  const char* cgroupRoot = "/sys/fs/cgroup";
  const char* cgroup = "";  // empty: no groups, no limits
  const char* layout = "";  // "", "v1", "v2": forces a code path, for tests
  char* args[ARGS_MAX + 1] = {};
  char* env[ENV_MAX + 1] = {};
  int argCount = 0, envCount = 0;
  bool hasUser = false;  // else the service runs as whoever started the keeper
  uid_t uid = 0;  // numbers only: a static program cannot look names up
  gid_t gid = 0;
  gid_t groups[GROUPS_MAX] = {};
  int groupCount = 0;
  uint64_t nofile = 0, nproc = 0, core = 0;
  uint64_t logBytes = 1 << 20;
  uint64_t incarnation = 1;          // of the first life
  uint64_t deadlineMs = 0;           // CLOCK_BOOTTIME; 0 = none
  uint64_t localRestartAfterMs = 0;  // restart at once here if it lived this long; 0 = never
  uint64_t namespaces = 0;           // CLONE_NEW* flags
  int stopSignal = SIGTERM;
  int oomScore = 0;
  bool syncExit = true;  // jobs need it; for a service it costs a sync in every restart
  Limits limits;
};

inline uint64_t namespaceFlag(const char* name) {
  static constexpr struct {
    const char* name;
    uint64_t flag;
  } KNOWN[] = {
    { "pid", CLONE_NEWPID }, { "mount", CLONE_NEWNS }, { "uts", CLONE_NEWUTS },
    { "ipc", CLONE_NEWIPC }, { "net", CLONE_NEWNET },
  };
  for (auto& known : KNOWN)
    if (strcmp(known.name, name) == 0) return known.flag;
  return 0;
}

inline bool applyTextEntry(Spec& s, const char* key, char* value) {
  auto is = [key](const char* name) { return strcmp(key, name) == 0; };
  if (is("nonce")) s.nonce = value;
  else if (is("program")) s.program = value;
  else if (is("arg") && s.argCount < Spec::ARGS_MAX) s.args[s.argCount++] = value;
  else if (is("env") && s.envCount < Spec::ENV_MAX) s.env[s.envCount++] = value;
  else if (is("workDir")) s.workDir = value;
  else if (is("cgroupRoot")) s.cgroupRoot = value;
  else if (is("cgroup")) s.cgroup = value;
  else if (is("layout")) s.layout = value;
  else if (is("namespace")) s.namespaces |= namespaceFlag(value);
  else return false;
  return true;
}

inline void applyNumberEntry(Spec& s, const char* key, const char* value) {
  uint64_t number = strtoull(value, nullptr, 10);
  auto is = [key](const char* name) { return strcmp(key, name) == 0; };
  if (is("uid")) {
    s.uid = number;
    s.hasUser = true;
  } else if (is("gid")) s.gid = number;
  else if (is("group") && s.groupCount < Spec::GROUPS_MAX) s.groups[s.groupCount++] = number;
  else if (is("nofile")) s.nofile = number;
  else if (is("nproc")) s.nproc = number;
  else if (is("core")) s.core = number;
  else if (is("memoryBytes")) s.limits.memoryBytes = number;
  else if (is("cpuMilli")) s.limits.cpuMilli = number;
  else if (is("pidsMax")) s.limits.pidsMax = number;
  else if (is("logBytes")) s.logBytes = number < s.LOG_BYTES_MIN ? s.LOG_BYTES_MIN : number;
  else if (is("incarnation")) s.incarnation = number;
  else if (is("deadlineMs")) s.deadlineMs = number;
  else if (is("localRestartAfterMs")) s.localRestartAfterMs = number;
  else if (is("stopSignal")) s.stopSignal = number;
  else if (is("oomScore")) s.oomScore = atoi(value);
  else if (is("syncExit")) s.syncExit = number != 0;
}

// The spec keeps pointing into the text it was read from, which is never freed. 0, or -1 with
// errno.
inline int readSpec(const char* file, Spec& spec) {
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  struct stat st;
  if (fd < 0 || fstat(fd, &st) < 0) return -1;
  if (st.st_size <= 0 || (size_t)st.st_size > Spec::BYTES_MAX) {
    errno = EFBIG;
    return -1;
  }
  char* text = (char*)malloc(st.st_size + 1);
  if (text == nullptr || read(fd, text, st.st_size) != st.st_size) return -1;
  close(fd);
  char* end = text + st.st_size;
  *end = 0;
  for (char* at = text; at < end; at += strlen(at) + 1) {
    char* equals = strchr(at, '=');
    if (equals == nullptr) continue;
    *equals = 0;
    if (!applyTextEntry(spec, at, equals + 1)) applyNumberEntry(spec, at, equals + 1);
    at = equals + 1;
  }
  if (spec.program == nullptr || spec.argCount == 0) {
    errno = EINVAL;
    return -1;
  }
  return 0;
}

}  // namespace skerry
