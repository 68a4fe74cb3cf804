"""What the commands print for people."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from contract.rows import SessionRow, StepRow
from contract.schema import BY_ROW
from treadwear.metric_names import plain_name

MILLI = 1e3
_UNITS = {
    "_time": ("ms", MILLI, 0),
    "angle": ("deg", 1.0, 1),
    "toe_off": ("deg", 1.0, 1),
    "excursion": ("deg", 1.0, 1),
    "toe_out": ("deg", 1.0, 1),
    "velocity": ("deg/s", 1.0, 0),
    "_length": ("m", 1.0, 2),
    "impact": ("g", 1.0, 1),
    "braking": ("g", 1.0, 1),
    "force": ("BW", 1.0, 2),
    "impulse": ("BW s", 1.0, 3),
}
"""By the end of a metric's name: unit for people, factor to it, digits."""
_SHARE = ("", 1.0, 3)
_WIDE = 40.0
"""Tenths of an interval as wide as this are noise to its reader."""
_WHOLE = ("ms", "deg/s", "steps/min")
"""Units that need no digits behind the point."""
_HEADINGS = ("session", "runner", "shoe", "state", "min", "steps", "verdict")
_WHOLE_COLUMNS = ("session", "state", "min", "steps")
_USUAL_WIDTH = 80
_MOST_WORD = 10
"""Letters of a word that always stand together: as long as "simulated," is."""
_MOST_LETTERS = 24
"""Of a name or shoe in a table of seven columns; the report shows it whole."""


def plain(words: str) -> str:
    """Give words as a terminal may show them: nothing in a name moves its cursor."""
    return "".join(c if c.isprintable() else "\ufffd" for c in words)


def counted(n: int, noun: str) -> str:
    """Give a number with its noun, in the plural where it is not one."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def certainty_words(level: int) -> str:
    """Give a certainty of 1 to 3 as dots and a word."""
    word = ("not sure yet", "fairly sure", "very sure")[level - 1]
    return f"{'●' * level}{'○' * (3 - level)} {word}"


def balance_table(balance: dict[str, Any], source: str = "shoes") -> Table:
    """Left against right per metric, with the 95 % interval, and what it comes from.

    Ratios are compared in percent of the mean, angles by their difference.
    """
    by = ", by the hip" if source == "hip" else ""
    table = Table(title=f"Left against right (+ = right larger){by}")
    for heading in ("", "left", "right", "difference", "likely", "pairs"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, b in balance.items():
        is_ratio = b["asi_pct"] is not None
        size = b["asi_pct"] if is_ratio else b["difference"]
        digits = 1 if b["ci_high"] - b["ci_low"] < _WIDE else 0
        table.add_row(
            name.replace("_", " "),
            _amount(name, b["left"]),
            _amount(name, b["right"]),
            f"{size:+z.{digits}f} {b['ci_unit']}",
            f"{b['ci_low']:+z.{digits}f} to {b['ci_high']:+z.{digits}f}",
            str(b["n_pairs"]),
        )
    return table


def figure_lines(foot: dict[str, Any]) -> Iterator[str]:
    """Mean and spread of each figure of one foot, one line each."""
    for column in BY_ROW[StepRow].columns:
        figure = foot.get(column.name)
        if not isinstance(figure, dict) or not figure.get("n"):
            continue
        shown = {"s": (MILLI, "ms"), "1": (1.0, "")}
        factor, unit = shown.get(column.unit, (1.0, column.unit))
        digits = 0 if unit in _WHOLE else 2
        name = plain_name(column.name).replace("_", " ")
        words = f"{name}: {figure['mean'] * factor:.{digits}f} {unit}".rstrip()
        if figure["sd"] is not None:
            words += f", spread {figure['sd'] * factor:.{digits}f}"
        yield words


def _amount(metric: str, value: float) -> str:
    """Write a metric's value in people's unit."""
    found = (shown for end, shown in _UNITS.items() if metric.endswith(end))
    unit, factor, digits = next(found, _SHARE)
    return f"{value * factor:.{digits}f} {unit}".strip()


def sessions_table(rows: list[SessionRow], width: int = _USUAL_WIDTH) -> Table:
    """One line per session, newest first, for a terminal of so many letters.

    In fewer than the usual 80 all but the session stands in one column, so that no
    word of ours is broken.
    """
    title = "Runs, the one stored last first"
    lines = [_session_cells(row) for row in rows]
    if is_narrow(width):
        return _narrow(title, lines)
    table = _light_table(title)
    for place, heading in enumerate(_HEADINGS):
        words = [word for line in lines for word in line[place].split()]
        longest = max((len(word) for word in words), default=1)
        is_whole = heading in _WHOLE_COLUMNS
        table.add_column(
            heading,
            overflow="fold",
            no_wrap=is_whole,
            min_width=longest if is_whole else min(longest, _MOST_WORD),
            justify="right" if heading in ("min", "steps") else "left",
        )
    for line in lines:
        table.add_row(*(Text(cell) for cell in line))
    return table


def is_narrow(width: int) -> bool:
    """Whether a table of many columns would break words in so many letters."""
    return width < _USUAL_WIDTH


def two_columns(
    title: str, headings: tuple[str, str], lines: Iterable[tuple[str, str]]
) -> Table:
    """What it is, and beside it everything else in words: for a narrow terminal."""
    table = _light_table(title)
    lines = tuple(lines)
    words = [word for name, _ in lines for word in name.split()]
    longest = max(map(len, words), default=1)
    table.add_column(headings[0], overflow="fold", min_width=longest)
    table.add_column(headings[1], overflow="fold")
    for name, more in lines:
        table.add_row(Text(name), Text(more))
    return table


def _light_table(title: str) -> Table:
    return Table(title=title, box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))


def _narrow(title: str, lines: list[tuple[str, ...]]) -> Table:
    """Session, and beside it everything else in words."""
    cells = []
    for session, runner, shoe, state, minutes, steps, verdict in lines:
        figures = (runner, shoe, state, f"{minutes} min", f"{steps} steps", verdict)
        cells.append((session, ", ".join(w for w in figures if w != "-")))
    return two_columns(title, ("session", "run"), cells)


def _session_cells(row: SessionRow) -> tuple[str, ...]:
    who = f"{_cut(row.name)} ({row.runner})" if row.name else row.runner
    return (
        row.session,
        who + (", simulated" if row.simulated else ""),
        _cut(row.shoe) or "-",
        row.state,
        f"{row.duration_s / 60:.1f}",
        str(row.steps),
        row.verdict,
    )


def _cut(words: str) -> str:
    if len(words) <= _MOST_LETTERS:
        return words
    return words[: _MOST_LETTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"
