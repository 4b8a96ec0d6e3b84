#include "shared/host/files.h"
#include <kj/debug.h>

namespace skerry {

namespace {

using kj::WriteMode;

void replaceIn(const kj::Directory& folder, kj::StringPtr name, BytesView content,
               WriteMode extra) {
  kj::Path path(name);
  KJ_IF_MAYBE(there, folder.tryLstat(path)) {
    KJ_REQUIRE(there->type != kj::FsNode::Type::DIRECTORY,
               "a folder has the name of this file, and would be lost with all it holds", name);
  }
  auto replacer = folder.replaceFile(path, WriteMode::CREATE | WriteMode::MODIFY | extra);
  replacer->get().writeAll(content);
  replacer->get().sync();
  replacer->commit();
  folder.sync();
}

}  // namespace

void replaceDurably(const kj::Directory& folder, kj::PathPtr path, BytesView content,
                    WriteMode extra) {
  KJ_REQUIRE(path.size() > 0, "a file is to be written, but it has no name");
  KJ_CONTEXT("writing a file durably", path.toString());
  auto modes = extra - WriteMode::CREATE_PARENT;
  if (path.size() == 1) return replaceIn(folder, path[0], content, modes);

  auto parentMode = WriteMode::MODIFY;
  bool makesParents = kj::has(extra, WriteMode::CREATE_PARENT);
  if (makesParents) {
    parentMode = parentMode | WriteMode::CREATE | WriteMode::CREATE_PARENT |
                 (extra & WriteMode::PRIVATE);
  }
  auto parent = folder.openSubdir(path.parent(), parentMode);
  replaceIn(*parent, path.basename()[0], content, modes);
  if (!makesParents) return;
  for (size_t depth = path.size() - 2; depth > 0; --depth) {
    folder.openSubdir(path.slice(0, depth))->sync();
  }
  folder.sync();
}

kj::Maybe<Bytes> readFile(const kj::Directory& folder, kj::PathPtr path, size_t bytesMax) {
  KJ_CONTEXT("reading a file", path.toString());
  KJ_IF_MAYBE(file, folder.tryOpenFile(path)) {
    uint64_t size = (*file)->stat().size;
    KJ_REQUIRE(size <= bytesMax, "the file is larger than it can rightly be; move it away and look",
               path.toString(), size, bytesMax);
    Bytes content(size);
    content.resize((*file)->read(0, kj::arrayPtr(content.data(), content.size())));
    return content;
  }
  return nullptr;
}

}  // namespace skerry
