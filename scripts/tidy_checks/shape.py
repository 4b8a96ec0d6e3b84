"""Lengths: of lines, functions and files, and what is at the end of a line."""
import re
import statistics

from .tree import Finding

FILE_LINES_MAX = 600
FILE_LINES_MEDIAN_MAX = 150
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100

# Prose may hold tables and addresses; LICENSE is what its authors wrote.
PROSE = (".md", "LICENSE")
NOT_A_FUNCTION = re.compile(
    r"^(?:namespace|class|struct|union|enum|extern|using|if|else|for|while|do|switch|try|catch|"
    r"return|case|default)\b")
TEMPLATE = re.compile(r"^template\s*<[^{]*?>\s*(?=\w)")
FUNCTION_HEAD = re.compile(
    r"\)\s*(?:(?:const|noexcept(?:\([^)]*\))?|override|final|mutable|try|&&?)\s*)*"
    r"(?:->[^{;=]+)?(?::[^:].*)?$", re.S)
LABEL = re.compile(r"^(?:(?:public|private|protected)\s*:\s*)+")


def file_length(tree):
    for path in sorted(tree.files):
        length = tree.files[path].count("\n")
        if length > FILE_LINES_MAX and not path.endswith(PROSE):
            yield Finding(path, FILE_LINES_MAX + 1, f"{length} lines",
                          f"split along a noun of the domain, at most {FILE_LINES_MAX}")


def median(tree):
    return statistics.median([tree.files[path].count("\n") for path in tree.cpp()] or [0])


def median_length(tree):
    if median(tree) > FILE_LINES_MEDIAN_MAX:
        yield Finding("CMakeLists.txt", 1, f"the median C++ file has {median(tree):.0f} lines",
                      f"split the longest ones, the median is at most {FILE_LINES_MEDIAN_MAX}")


def lines(tree):
    for path in sorted(tree.files):
        if path == "LICENSE":
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if len(line) > COLUMNS_MAX and not path.endswith(PROSE):
                yield Finding(path, number, f"{len(line)} columns", f"at most {COLUMNS_MAX}")
            if "\t" in line:
                yield Finding(path, number, "a tab", "indent by two spaces")
            if line != line.rstrip():
                yield Finding(path, number, "trailing space", "remove it")


def is_function(head):
    head = LABEL.sub("", head.strip())
    head = TEMPLATE.sub("", head)
    return not NOT_A_FUNCTION.match(head) and FUNCTION_HEAD.search(head) is not None


def functions(code):
    """(first line, lines) of each outermost function body; what it nests counts with it."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), code,
                  flags=re.M)
    depth, inside, first, line, head, head_line = 0, None, 0, 1, "", 1
    for character in code:
        if character == "\n":
            line += 1
        if character == "{":
            if inside is None and is_function(head):
                inside, first = depth, head_line
            depth += 1
        elif character == "}":
            depth -= 1
            if inside == depth:
                yield first, line - first + 1
                inside = None
        if character in "{};":
            head = ""
        elif head or not character.isspace():
            if not head:
                head_line = line
            head += character


def function_length(tree):
    for path in tree.cpp():
        for first, length in functions(tree.code(path)):
            if length > FUNCTION_LINES_MAX:
                yield Finding(path, first, f"a function of {length} lines",
                              f"at most {FUNCTION_LINES_MAX}: give its parts names")


def summary(tree):
    longest = [length for path in tree.cpp() for _, length in functions(tree.code(path))]
    return (f"{len(tree.cpp())} of C++ with a median of {median(tree):.0f} lines, "
            f"longest function {max(longest, default=0)}")


CHECKS = [file_length, median_length, lines, function_length]
