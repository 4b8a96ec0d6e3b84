#include "shared/host/real_system.h"
#include <kj/io.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include <errno.h>

namespace skerry {
namespace {

// Those that somebody has an opinion about.
const char* typeName(uint64_t magic) {
  switch (magic) {
    case TMPFS_MAGIC: return "tmpfs";
    case RAMFS_MAGIC: return "ramfs";
    case OVERLAYFS_SUPER_MAGIC: return "overlay";
    case NFS_SUPER_MAGIC: return "nfs";
    case CGROUP_SUPER_MAGIC: return "cgroup";
    case CGROUP2_SUPER_MAGIC: return "cgroup2";
    case EXT4_SUPER_MAGIC: return "ext4";
    case BTRFS_SUPER_MAGIC: return "btrfs";
    case XFS_SUPER_MAGIC: return "xfs";
    default: return "";
  }
}

System::Node::Kind kindOf(mode_t mode) {
  if (S_ISDIR(mode)) return System::Node::Kind::FOLDER;
  if (S_ISREG(mode)) return System::Node::Kind::FILE;
  return S_ISSOCK(mode) ? System::Node::Kind::SOCKET : System::Node::Kind::OTHER;
}

}  // namespace

kj::Maybe<System::Space> RealSystem::space(kj::StringPtr path) const {
  struct statfs found;
  if (statfs(path.cStr(), &found) < 0) return nullptr;
  uint64_t block = found.f_frsize != 0 ? found.f_frsize : found.f_bsize;
  Space space;
  space.bytesTotal = found.f_blocks * block;
  space.bytesFree = found.f_bavail * block;
  space.filesTotal = found.f_files;
  space.filesFree = found.f_ffree;
  space.type = typeName(uint64_t(found.f_type) & 0xffffffff);
  return space;
}

kj::Maybe<System::Node> RealSystem::node(kj::StringPtr path) const {
  struct stat found;
  if (stat(path.cStr(), &found) < 0) return nullptr;
  Node node;
  node.kind = kindOf(found.st_mode);
  node.mode = found.st_mode & 07777;
  node.mayWrite = access(path.cStr(), W_OK) == 0;
  node.mayExecute = access(path.cStr(), X_OK) == 0;
  return node;
}

std::string RealSystem::read(kj::StringPtr path, size_t bytesMax) const {
  kj::AutoCloseFd file(open(path.cStr(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return {};
  std::string text(bytesMax, 0);
  size_t size = 0;
  while (size < bytesMax) {
    ssize_t part = ::read(file, text.data() + size, bytesMax - size);
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) break;
    size += size_t(part);
  }
  text.resize(size);
  return text;
}

}  // namespace skerry
