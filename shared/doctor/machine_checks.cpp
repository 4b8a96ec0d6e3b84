#include "shared/doctor/machine_checks.h"
#include "shared/doctor/doctor_limits.h"
#include "shared/model/time_text.h"
#include <cstdlib>

namespace skerry {
namespace {

constexpr uint32_t OTHERS_WRITE = 0002;
constexpr uint64_t MEBIBYTE = 1 << 20;

std::string mebibytes(uint64_t bytes) { return std::to_string(bytes / MEBIBYTE) + " MiB"; }

}  // namespace

Finding judgeFolder(const Subject& subject, const FolderFacts& facts) {
  constexpr const char* CHECK = "folder";
  auto& folder = subject.folder;
  if (!facts.isThere) {
    if (facts.node.mayWrite) {
      return fine(CHECK, folder + " is not there yet; `" + subject.beginning + "` makes it");
    }
    return problem(CHECK, folder + " is not there and may not be made by this user",
                   "sudo " + subject.begin());
  }
  if (facts.node.kind != System::Node::Kind::FOLDER) {
    return problem(CHECK, folder + " is no folder: move it away, or name another with --data",
                   "mv " + folder + " " + folder + ".away");
  }
  if (!facts.node.mayWrite || !facts.node.mayExecute) {
    return problem(CHECK, folder + " is not ours to write: another user's, or mounted read-only",
                   "sudo " + subject.doctor());
  }
  if ((facts.node.mode & OTHERS_WRITE) != 0) {
    return warning(CHECK, folder + " may be written by everybody: keys in it can be replaced",
                   "chmod o-rwx " + folder);
  }
  return fine(CHECK, folder + " is ours to write");
}

Finding judgeSpace(const std::string& place, const System::Space& space) {
  constexpr const char* CHECK = "disk";
  auto next = "du -xh --max-depth=2 " + place + " | sort -h";
  auto free = mebibytes(space.bytesFree) + " of " + mebibytes(space.bytesTotal) + " are free";
  if (space.bytesFree < DISK_FREE_BYTES_MIN) {
    return problem(CHECK, "the disk is full: " + free + ", and at least " +
                   mebibytes(DISK_FREE_BYTES_MIN) + " are needed. What runs goes on; make room",
                   next);
  }
  if (space.filesTotal > 0 && space.filesFree < DISK_FREE_FILES_MIN) {
    return problem(CHECK, "the disk is full: only " + std::to_string(space.filesFree) +
                   " more files fit. What runs goes on; remove some",
                   "du -x --inodes --max-depth=2 " + place + " | sort -n");
  }
  if (space.bytesFree < DISK_FREE_BYTES_LOW) {
    return warning(CHECK, "the disk is nearly full: " + free + ", and " +
                   mebibytes(DISK_FREE_BYTES_LOW) + " should be", next);
  }
  return fine(CHECK, free);
}

Finding judgeFileSystem(const Subject& subject, const System::Space& space) {
  constexpr const char* CHECK = "fileSystem";
  auto move = "cp -a " + subject.folder + " " + subject.standardFolder();
  if (space.type == "tmpfs" || space.type == "ramfs" || space.type == "overlay") {
    std::string what = space.type == "overlay" ? "is a container's own layer" : "is in memory";
    return warning(CHECK, subject.folder + " " + what + " (" + space.type + "): it would not "
                   "survive a power cut. Stop the daemon, move the folder to a disk, and name it "
                   "with --data", move);
  }
  if (space.type == "nfs") {
    return warning(CHECK, subject.folder + " is on a network file system: it is gone when the "
                   "network is, and locks on it cannot be relied on. Move it to a disk of this "
                   "machine", move);
  }
  if (space.type.empty()) return fine(CHECK, "on a file system of a kind not known here");
  return fine(CHECK, "on " + space.type + ", which survives a power cut");
}

std::optional<uint64_t> descriptorsIn(const std::string& limits) {
  constexpr std::string_view NAME = "Max open files";
  auto at = limits.find(NAME);
  if (at == limits.npos) return std::nullopt;
  at = limits.find_first_not_of(' ', at + NAME.size());
  if (at == limits.npos) return std::nullopt;
  constexpr std::string_view UNLIMITED = "unlimited";
  if (limits.compare(at, UNLIMITED.size(), UNLIMITED) == 0) return UINT64_MAX;
  char* end = nullptr;
  auto value = std::strtoull(limits.c_str() + at, &end, 10);
  if (end == limits.c_str() + at) return std::nullopt;
  return value;
}

Finding judgeDescriptors(const Subject& subject, uint64_t allowed) {
  constexpr const char* CHECK = "descriptors";
  if (allowed >= subject.descriptors) {
    return fine(CHECK, allowed == UINT64_MAX ? "any number of open files is allowed"
                                             : std::to_string(allowed) + " open files are allowed");
  }
  auto wanted = std::to_string(subject.descriptors);
  return warning(CHECK, "only " + std::to_string(allowed) + " open files are allowed, " + wanted +
                 " should be; under systemd: LimitNOFILE=" + wanted,
                 "ulimit -n " + wanted + " && " + subject.serve());
}

Finding judgeClock(const ClockFacts& facts) {
  constexpr const char* CHECK = "clock";
  constexpr const char* SET = "timedatectl set-ntp true";
  auto now = "it is " + printTimeToSecond(facts.wallMs);
  if (facts.behindMs && *facts.behindMs != 0) {
    return warning(CHECK, "this machine's clock is " + printAge(std::llabs(*facts.behindMs)) +
                   (*facts.behindMs > 0 ? " behind " : " ahead of ") + facts.parent + "'s (" + now +
                   " here), whose time is used for certificates. Logs and schedules are wrong "
                   "until it is set", SET);
  }
  if (facts.wallMs < SOFTWARE_DATE_MS) {
    return warning(CHECK, "this machine's clock cannot be right: " + now + ", before this software "
                   "was written. The parent's time is used for certificates; logs and schedules "
                   "are wrong until it is set", SET);
  }
  return fine(CHECK, now + (facts.behindMs ? ", as it is for " + facts.parent
                                           : ", which can be right"));
}

}  // namespace skerry
