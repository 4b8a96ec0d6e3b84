"""Comments of the contracts: every file, interface and method has one, four fields in five."""
import re

from .tree import Finding

FIELDS_COMMENTED_PERCENT = 80
# A comment may speak of this many fields on successive lines: it stands after the last of them.
FIELDS_PER_COMMENT = 3
# These say which object is meant, everywhere; only what is odd about one needs a comment.
SELF_EVIDENT = {"name", "tenant", "region", "site", "host", "app", "service"}
# The names and their meaning are another project's, which documents them.
FOREIGN = {"capnp/engine.capnp"}
METHOD = re.compile(r"^\s*(\w+)\s+@\d+\s*[(\[]")
FIELD = re.compile(r"^\s*(\w+)\s+@\d+\s*:(?!Void;)")
INTERFACE = re.compile(r"^\s*interface\s+(\w+)")
ID = re.compile(r"^\s*@0x[0-9a-f]+;")


def statements(lines):
    """(line number, first line, has a comment) of each declaration. A comment stands after it."""
    at = 0
    while at < len(lines):
        first = at
        if METHOD.match(lines[at]) or FIELD.match(lines[at]) or INTERFACE.match(lines[at]):
            while at + 1 < len(lines) and not re.search(r"[;{]\s*(?:#.*)?$", lines[at]):
                at += 1
            following = lines[at + 1].strip() if at + 1 < len(lines) else ""
            yield first + 1, lines[first], "#" in lines[at] or following.startswith("#")
        at += 1


def opening(tree):
    for path in sorted(tree.files):
        if path.endswith(".capnp"):
            lines = [line for line in tree.lines(path) if line.strip() and not ID.match(line)]
            if not lines or not lines[0].startswith("#"):
                yield Finding(path, 1, "opens without a comment",
                              "say who speaks to whom, and what the file is for")


def methods(tree):
    for path in sorted(tree.files):
        if path.endswith(".capnp"):
            for number, line, commented in statements(tree.lines(path)):
                found = METHOD.match(line) or INTERFACE.match(line)
                if found and not commented:
                    yield Finding(path, number, f"{found.group(1)} has no comment",
                                  "after it, say effect, idempotence, failures; "
                                  "what holding an interface permits")


def bare_fields(found):
    """Those of `found` that no comment speaks of."""
    for at, (number, line, commented) in enumerate(found):
        name = FIELD.match(line).group(1)
        reach = [following for steps, following in enumerate(found[at:at + FIELDS_PER_COMMENT])
                 if following[0] == number + steps]
        if name not in SELF_EVIDENT and not any(following[2] for following in reach):
            yield number, name


def fields(tree):
    for path in sorted(tree.files):
        if not path.endswith(".capnp") or path in FOREIGN:
            continue
        found = [statement for statement in statements(tree.lines(path))
                 if FIELD.match(statement[1])]
        bare = list(bare_fields(found))
        if 100 * len(bare) > (100 - FIELDS_COMMENTED_PERCENT) * len(found):
            names = ", ".join(f"{name} ({number})" for number, name in bare[:8])
            yield Finding(path, bare[0][0], f"{len(bare)} of {len(found)} fields have no comment",
                          "say unit and what zero or empty means, for "
                          f"{FIELDS_COMMENTED_PERCENT} % at least; first {names}")


CHECKS = [opening, methods, fields]
