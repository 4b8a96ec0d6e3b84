"""Where files are: the fixed folders, and that something uses each of them."""
import posixpath
import re

from .includes import MAY_INCLUDE, included
from .tree import Finding, is_cpp

FOLDERS = {"capnp", "shared", "tier_central", "tier_region", "tier_site", "scripts", "test", "docs",
           ".ci"}
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def top_level(tree):
    for path in sorted(tree.files):
        first = path.split("/")[0]
        if "/" in path and first not in FOLDERS:
            yield Finding(path, 1, f"folder {first}",
                          "the top level is fixed: see docs/architecture.md")
        if path.startswith("shared/") and path.count("/") == 1:
            yield Finding(path, 1, "a file beside the folders of shared/", "give it a folder")


def known_folders(tree):
    """The include table knows every folder with code."""
    for path in tree.cpp("shared/", "tier_"):
        folder = posixpath.dirname(path)
        if folder not in MAY_INCLUDE:
            yield Finding(path, 1, f"folder {folder} is not in the table of includes",
                          "add it to scripts/tidy_checks/includes.py and docs/architecture.md")


def hiding_names(tree):
    for path in sorted(tree.files):
        if posixpath.basename(path) == "limits.h":
            yield Finding(path, 1, "hides the system's <limits.h>", "name it after what it limits")


def snake_case(tree):
    for path in tree.cpp():
        if not re.fullmatch(r"[a-z0-9_./]+", path):
            yield Finding(path, 1, "not snake_case", "rename it")


def built_folders(tree):
    """Folders whose sources a CMakeLists.txt takes up."""
    recipe = tree.files.get("CMakeLists.txt", "")
    built = set(re.findall(r"^skerry_library\(\w+ ([^\s)]+)", recipe, re.M))
    built |= {posixpath.dirname(path) for path in tree.files
              if posixpath.basename(path) == "CMakeLists.txt" and "/" in path}
    return built


def unused(tree):
    used = {target for path in tree.cpp() for _, target, _ in included(tree, path)}
    beside = {posixpath.join(posixpath.dirname(path), target)
              for path in tree.cpp() for _, target, quoted in included(tree, path) if quoted}
    built = built_folders(tree)
    recipes = "\n".join(text for path, text in tree.files.items()
                        if posixpath.basename(path) == "CMakeLists.txt")
    for path in sorted(tree.files):
        if not path.startswith(("shared/", "tier_")):
            continue
        name = posixpath.basename(path)
        if path.endswith(".h"):
            if path not in used and path not in beside:
                yield Finding(path, 1, "no file includes it", "delete it")
        elif is_cpp(path):
            if posixpath.dirname(path) not in built and name not in recipes:
                yield Finding(path, 1, "no CMakeLists.txt builds it", "build it, or delete it")
        elif name not in ("CMakeLists.txt", "README.md") and name not in recipes:
            yield Finding(path, 1, "nothing uses it", "name it in a CMakeLists.txt, or delete it")


def dead_links(tree):
    for path in sorted(tree.files):
        if not path.endswith(".md"):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            for target in LINK.findall(line):
                there = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
                if there not in tree.files and not any(
                        name.startswith(there + "/") for name in tree.files):
                    yield Finding(path, number, f"{target} is not in the tree", "correct the link")


CHECKS = [top_level, known_folders, hiding_names, snake_case, unused, dead_links]
