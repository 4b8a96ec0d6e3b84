"""Tests: each is built, each name is a sentence, and the table of faults names real ones."""
import posixpath
import re

from .tree import Finding, is_cpp

NAME_WORDS_MIN = 4
TEST_CASE = re.compile(
    r'^[ \t]*TEST_CASE(?:_FIXTURE|_TEMPLATE(?:_DEFINE)?)?\s*\((?:\s*\w+\s*,)?\s*'
    r'((?:"(?:\\.|[^"\\])*"\s*)+)', re.M)
PYTHON_TEST = re.compile(r"^\s+def test_(\w+)\(", re.M)
# A quoted sentence: in the last column of a table of faults, or in what a decision says of tests.
CITED = re.compile(r'"([^"|]+)"')
FAULTS = "docs/faults.md"
TESTED = "How it is tested."


def named(tree, path):
    """(line, name) of each test in a file."""
    text = tree.files[path]
    if path.endswith(".py"):
        for found in PYTHON_TEST.finditer(text):
            yield text.count("\n", 0, found.start(1)) + 1, found.group(1).replace("_", " ")
        return
    for found in TEST_CASE.finditer(text):
        pieces = re.findall(r'"((?:\\.|[^"\\])*)"', found.group(1))
        yield text.count("\n", 0, found.start()) + 1, "".join(pieces)


def sources(tree):
    return sorted(path for path in tree.files
                  if path.startswith("test/") and (is_cpp(path) or path.endswith(".py")))


def sentences(tree):
    for path in sources(tree):
        for number, name in named(tree, path):
            if len(name.split()) < NAME_WORDS_MIN:
                yield Finding(path, number, f'test "{name}"',
                              f"say the behaviour in a sentence of {NAME_WORDS_MIN} words or more")


def not_empty(tree):
    for path in sources(tree):
        if path.endswith(("_test.cpp", "_test.py")) and not any(named(tree, path)):
            yield Finding(path, 1, "no test in it", "write one, or delete the file")


def twice(tree):
    seen = {}
    for path in sources(tree):
        for number, name in named(tree, path):
            if (path, name) in seen:
                yield Finding(path, number, f'test "{name}" is also in line {seen[path, name]}',
                              "one behaviour, one test")
            seen[path, name] = number


def registered(tree):
    """A test that no CMakeLists.txt knows is never run."""
    recipe = tree.files.get("test/CMakeLists.txt", "")
    known = set(re.findall(r"^skerry_unit_test\((\w+)", recipe, re.M))
    for path in tree.cpp("test/unit/"):
        folder = path.split("/")[2]
        if folder not in known:
            yield Finding(path, 1, f"test/unit/{folder} is not run",
                          "add skerry_unit_test to test/CMakeLists.txt")
    for path in sources(tree):
        recipe = tree.files.get(posixpath.dirname(path) + "/CMakeLists.txt", "")
        # A test program of the other nets is named, or taken up with all that end alike.
        name = posixpath.basename(path)
        elsewhere = name.endswith("_test.cpp") and not path.startswith("test/unit/")
        if (name.endswith("_test.py") and name not in recipe
                or elsewhere and name not in recipe and "*_test.cpp" not in recipe):
            yield Finding(path, 1, "no CMakeLists.txt beside it runs it", "add_test it there")


def serial(tree):
    """They share the machine: its engine, its control groups, its processors."""
    path = "test/system/CMakeLists.txt"
    recipe = tree.files.get(path, "")
    if "add_test(" in recipe and "RUN_SERIAL" not in recipe:
        yield Finding(path, recipe.count("\n"), "system tests would run side by side",
                      "set RUN_SERIAL for all of them at the end of the file")


def cited(tree):
    """Tests that faults.md and the decisions name."""
    names = {name for path in sources(tree) for _, name in named(tree, path)}
    for path in sorted(tree.files):
        if path == FAULTS or path.startswith("docs/decisions/"):
            tested = path == FAULTS
            for number, line in enumerate(tree.lines(path), 1):
                tested = tested or TESTED in line
                if not tested or (path == FAULTS and not line.startswith("|")):
                    continue
                for name in CITED.findall(line.rstrip("| ").rsplit("|", 1)[-1]):
                    if name not in names:
                        yield Finding(path, number, f'no test "{name}"', "name one that exists")


CHECKS = [sentences, not_empty, twice, registered, serial, cited]
