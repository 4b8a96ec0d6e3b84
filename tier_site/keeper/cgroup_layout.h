// How this host arranges control groups, and where the groups of one service are in it.
//
//   V2      one tree: limits, birth inside the group (CLONE_INTO_CGROUP), cgroup.kill
//   HYBRID  limits in the v1 trees; the v2 tree without controllers still does birth and kill
//   V1      limits in the v1 trees; kill = freeze, signal each, thaw, again until empty
//   NONE    no groups: no limits, and what belongs to the service is its process group and its
//           orphans
//
// PATH/keeper holds the keeper, PATH/svc the service. The extra level is what v2 asks for (no
// processes in a group that hands controllers to its children).
#pragma once
#include "tier_site/keeper/text.h"
#include <sys/vfs.h>

namespace skerry {

constexpr long CGROUP2_MAGIC = 0x63677270;

class CgroupLayout {
public:
  enum Kind { V1, HYBRID, V2, NONE };
  static constexpr size_t PATH_SIZE = 640;
  static constexpr int TREES_MAX = 5;

  void detect(const char* mountPoint, const char* groupPath, const char* forced) {
    snprintf(root, sizeof root, "%s", mountPoint);
    snprintf(path, sizeof path, "%s", groupPath);
    char unified[PATH_SIZE];
    snprintf(unified, sizeof unified, "%s/unified", root);
    kind = isV2(root) ? V2 : isV2(unified) ? HYBRID : V1;
    if (strcmp(forced, "v1") == 0) kind = V1;
    if (strcmp(forced, "v2") == 0) kind = V2;
    if (*path == 0) kind = NONE;
  }
  const char* name() const {
    static constexpr const char* NAMES[] = { "v1", "hybrid", "v2", "none" };
    return NAMES[kind];
  }
  // Null-terminated. name=systemd is what systemd tracks units by on v1 and hybrid systems.
  const char* const* trees() const {
    static constexpr const char* const V2_TREES[] = { "", nullptr };
    static constexpr const char* const HYBRID_TREES[] = { "memory",  "cpu", "pids", "systemd",
                                                          "unified", nullptr };
    static constexpr const char* const V1_TREES[] = { "memory",  "cpu", "pids", "systemd",
                                                      "freezer", nullptr };
    static constexpr const char* const NO_TREES[] = { nullptr };
    return kind == V2 ? V2_TREES : kind == HYBRID ? HYBRID_TREES : kind == V1 ? V1_TREES : NO_TREES;
  }
  // The tree that says which processes are the service's, and kills them.
  const char* killTree() const {
    return kind == V2 ? "" : kind == HYBRID ? "unified" : "freezer";
  }
  bool isBirthplace(const char* tree) const {
    return (kind == V2 || kind == HYBRID) && strcmp(tree, killTree()) == 0;
  }
  // ROOT/TREE/PATH/LEAF/FILE into `out`, of PATH_SIZE bytes.
  void fileOf(char* out, const char* tree, const char* leaf, const char* file) const {
    snprintf(out, PATH_SIZE, "%s/%s/%s/%s/%s", root, tree, path, leaf, file);
  }

  char root[128] = "", path[400] = "";  // four names of 63, twice a tenant, and more
  Kind kind = NONE;

private:
  static bool isV2(const char* dir) {
    struct statfs s;
    return statfs(dir, &s) == 0 && s.f_type == CGROUP2_MAGIC;
  }
};

}  // namespace skerry
