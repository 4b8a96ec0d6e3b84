"""Who may include whom. Dependencies point one way; docs/architecture.md has the picture."""
import re

from .tree import Finding

# folder -> folders (or single files) it may include besides itself; what those folders may include,
# it may too.
MAY_INCLUDE = {
    "shared/crypto": [],
    "shared/async": [],
    "shared/host": ["shared/async", "shared/crypto"],
    "shared/http": ["shared/host", "shared/async"],
    "shared/model": ["shared/crypto", "capnp"],
    "shared/ledger": ["shared/crypto", "capnp"],
    "shared/store": ["shared/host", "shared/crypto"],
    "shared/pki": ["shared/crypto", "shared/host", "capnp"],
    "shared/link": ["shared/pki", "shared/host", "capnp"],
    "shared/replica": ["shared/ledger", "shared/store", "shared/link"],
    "shared/journal": ["shared/store", "shared/model"],
    "shared/doctor": ["shared/store", "shared/link", "shared/model"],
    "shared/manual": [],
    "shared/daemon": ["shared/replica", "shared/journal", "shared/doctor", "shared/model",
                      "shared/manual", "shared/http"],
    "shared/cli": ["shared/model", "shared/link", "shared/async", "shared/manual"],
    "tier_central": ["shared/daemon"],
    "tier_region": ["shared/daemon"],
    "tier_site": ["shared/daemon", "tier_site/drivers", "tier_site/placement"],
    "tier_site/placement": ["tier_site/drivers"],
    "tier_site/drivers": ["shared/host", "capnp", "tier_site/keeper/ring_format.h"],
    "tier_site/keeper": [],
}
# Libraries that stay behind one seam.
LIBRARIES = {
    "sqlite3.h": ["shared/store"],
    "uv.h": ["shared/async", "shared/host"],
    "openssl/": ["shared/crypto", "shared/pki", "shared/link"],
    "yaml-cpp/": ["shared/model"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder(path):
    """The row of the table that a file belongs to; None for what the table does not know."""
    rows = [*MAY_INCLUDE, "capnp", "test"]
    found = [row for row in rows if path.startswith(row + "/")]
    return max(found, key=len, default=None)


def reachable(row):
    seen, todo = set(), [row]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo.extend(MAY_INCLUDE.get(current, []))
    return seen


def included(tree, path):
    for number, line in enumerate(tree.lines(path), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(2), found.group(1) == '"'


def directions(tree):
    for path in tree.cpp("shared/", "tier_"):
        row = folder(path)
        if row is None:
            continue
        for number, target, quoted in included(tree, path):
            there = folder(target)
            if not quoted and not (there or "").startswith(("shared", "tier_", "test")):
                continue
            if there is None:
                if row != "tier_site/keeper":
                    yield Finding(path, number, f'"{target}" is no path of the project',
                                  "include by project path, and a library in <>")
            elif there == "test":
                yield Finding(path, number, f"the product includes {target}",
                              "only tests include tests")
            elif there not in reachable(row) and target not in reachable(row):
                allowed = ", ".join(sorted(reachable(row) - {row})) or "nothing"
                yield Finding(path, number, f"{row} includes {target}",
                              f"dependencies point one way; it may use {allowed}")


def libraries(tree):
    for path in tree.cpp("shared/", "tier_"):
        for number, target, _ in included(tree, path):
            for prefix, folders in LIBRARIES.items():
                if target.startswith(prefix) and folder(path) not in folders:
                    yield Finding(path, number, f"<{target}> outside {', '.join(folders)}",
                                  "use the interface of that folder")


CHECKS = [directions, libraries]
