"""The table that scripts/bench prints: rows with a value, a goal, and what a peer takes."""
import statistics

ROWS = []
COLUMNS = ("name", "value", "unit", "goal", "peer", "ratio", "met")


def row(name, value, unit, goal=None, peer=None, most=True):
    """`goal`: at most it, or at least. `peer`: what somebody else takes for the same."""
    ROWS.append({"name": name, "value": round(value, 4), "unit": unit, "goal": goal,
                 "peer": None if peer is None else round(peer, 4),
                 "ratio": round(value / peer, 3) if peer else None,
                 "met": None if goal is None else value <= goal if most else value >= goal})


def ratio_row(name, value, peer, unit, goal, most=True):
    """The goal is a multiple of the peer's."""
    row(name, value, unit, None, peer)
    ROWS[-1].update(goal=f"{goal} x peer",
                    met=value <= goal * peer if most else value >= goal * peer)


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def middle(values):
    return statistics.median(values)


def print_table():
    def cell(line, column):
        value = line[column]
        if value is None:
            return ""
        if column == "met":
            return "yes" if value else "NO"
        return f"{value:.6g}" if isinstance(value, (int, float)) else value

    cells = [COLUMNS] + [tuple(cell(line, column) for column in COLUMNS) for line in ROWS]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    for line in cells:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
