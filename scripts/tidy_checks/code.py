"""What code must not say: chance and time outside the host, unfinished work, traps of GCC 12."""
import re

from .tree import Finding

# Where the machine itself is touched, and tests of exactly that. The keeper is a program of its
# own in plain C headers. System tests, programs made for them and benches are real programs.
MACHINE = ("shared/async/", "shared/host/real_", "shared/cli/real_", "tier_site/keeper/",
           "test/unit/async/", "test/unit/host/", "test/unit/store/format_test.cpp",
           "test/system/", "test/support/", "test/bench/")
# What is fine beside the rule, and has to stay fine.
AWAIT_TESTS = "test/unit/async/task_test.cpp"


# `return time(` is a call; `int64_t time(` and `Clock& time(` declare a member of that name.
KEYWORD = re.compile(r"\b(?:return|co_return|else|case)$")
DECLARES = re.compile(r"[\w>][&*]?$")


class Call:
    """Calls of global functions: not of members, of other namespaces, or of what the file itself
    declares by that name."""

    def __init__(self, *functions):
        self.pattern = re.compile(
            r"((?:::|std::)?)\b(" + "|".join(functions) + r")\s*\((?!\2\))")

    def finditer(self, code):
        own, calls = set(), []
        for found in self.pattern.finditer(code):
            before = code[code.rfind("\n", 0, found.start()) + 1:found.start()].rstrip()
            if before.endswith((".", "->", "::")):
                continue
            if DECLARES.search(before) and not KEYWORD.search(before):
                own.add(found.group(2))
            else:
                calls.append(found)
        return [call for call in calls if call.group(1) or call.group(2) not in own]


BANNED = [
    (Call("time", "gettimeofday", "clock_gettime"), "host.clock or host.timer"),
    (re.compile(r"std::chrono::\w+_clock\b|kj::system\w*Clock\b"), "host.clock or host.timer"),
    (Call("u?sleep", "nanosleep"), "host.timer"),
    (re.compile(r"std::this_thread\b"), "host.timer"),
    (Call("s?rand", "s?random", "rand_r", "drand48", "getrandom", "getentropy", "RAND_bytes"),
     "host.entropy"),
    (re.compile(r"\brandom_device\b"), "host.entropy"),
    (re.compile(r"\bstd::(?:j?thread|async)\b|\bpthread_\w+|\bkj::Thread\b"),
     "a Worker of host.disk, or none"),
    (re.compile(r"\buv_\w+"), "host.processes, or an interface of shared/async"),
    (Call("socket", "fork", "vfork", "popen", "system"), "host.network or host.processes"),
]
# Spelled apart so that this file is no finding.
UNFINISHED = re.compile(
    r"\b(?:TO" r"DO(?!\((?:soon|someday|security|test|perf)\))|FIX" r"ME|XX" r"X)\b")
MACHINE_PATH = re.compile(r"(?<![\w})])(?:/wo" r"rk/|/tmp/ba" r"sh|/ro" r"ot/)")
AWAIT = re.compile(r"\bco_await\b\s*(kj::mv\(\s*[\w.]+\s*\)|\*?\w+(?:(?:\.|->)\w+)*)?\s*(.?)")


def banned(tree):
    for path in tree.cpp():
        if path.startswith(MACHINE):
            continue
        code = tree.code(path)
        for pattern, instead in BANNED:
            for found in pattern.finditer(code):
                word = found.group(0).rstrip("( ")
                yield Finding(path, code.count("\n", 0, found.start()) + 1,
                              f"`{word}` is not repeatable", f"use {instead}")


def unfinished(tree):
    for path in sorted(tree.files):
        if path.endswith(".md"):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if UNFINISHED.search(line):
                yield Finding(path, number, "unfinished work",
                              "finish it, or say (soon|someday|security|test|perf) and why")


def machine_paths(tree):
    for path in sorted(tree.files):
        for number, line in enumerate(tree.lines(path), 1):
            if MACHINE_PATH.search(line):
                yield Finding(path, number, "a path of one machine",
                              "the code speaks of the product")


def awaited(tree):
    for path in tree.cpp():
        if path == AWAIT_TESTS:
            continue
        code = tree.code(path)
        for found in AWAIT.finditer(code):
            if found.group(1) is None or found.group(2) in ("(", "{", "[", "<", ":", ".", "-"):
                yield Finding(path, code.count("\n", 0, found.start()) + 1,
                              "co_await of an expression",
                              "name the promise first: GCC 12 destroys temporaries twice")


CHECKS = [banned, unfinished, machine_paths, awaited]
