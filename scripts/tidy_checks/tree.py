"""The files under version control, as text, and C++ with comments and strings blanked out."""
import functools
import re
import subprocess
from typing import NamedTuple

CPP = (".h", ".cpp", ".c")
# What surrounds code in C++: comments, strings (raw ones too), characters. A quote after a digit
# separates thousands.
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)


class Finding(NamedTuple):
    path: str
    line: int
    what: str
    remedy: str


def is_cpp(path):
    return path.endswith(CPP)


def blank(match):
    text = match.group(0)
    kept = "\n" * text.count("\n")
    return kept if text.startswith("/") else f'""{kept}'


class Tree:
    """Paths relative to the top, each with its text."""

    def __init__(self, files):
        self.files = dict(files)

    def cpp(self, *prefixes):
        """Paths of C and C++ files whose name starts with one of `prefixes` (default: all)."""
        return sorted(path for path in self.files
                      if is_cpp(path) and path.startswith(prefixes or ("",)))

    def lines(self, path):
        return self.files[path].split("\n")

    def code(self, path):
        return strip(self.files[path])


@functools.lru_cache(maxsize=None)
def strip(text):
    return NOT_CODE.sub(blank, text)


def names(top):
    git = ["git", "-C", str(top), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, capture_output=True, check=False)
    if listed.returncode == 0:
        return [name for name in listed.stdout.decode().split("\0") if name]
    # An exported tree without its history.
    return [str(path.relative_to(top)) for path in top.rglob("*")
            if path.relative_to(top).parts[0] not in (".git", "build")]


def read_tree(top):
    files = {}
    for name in names(top):
        path = top / name
        # A link, a deleted file that is still listed, a picture, bytes of a fuzzer: not to be read.
        if path.is_symlink() or not path.is_file() or name.startswith("test/fuzz/corpus/"):
            continue
        content = path.read_bytes()
        if b"\0" not in content:
            files[name] = content.decode("utf-8", "replace")
    return Tree(files)
