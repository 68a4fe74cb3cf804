"""Figures of `benchmarks.simulated` as a sheet with targets and a table by scenario.

Its names are words with the unit behind the last comma; those of a scenario have its
name before a colon.
"""

from benchmarks.datasets import Figures
from benchmarks.targets import Row, Sheet, Target

_ABOUT = (
    "Random runners with exact truth, half of them even. They show precision, recovered"
    " asymmetry and whether intervals hold the truth, never absolute contact times: how"
    " force shows in the signal is put in. With 40 runs a share is known to about 7 %;"
    " more than 98 % means intervals wider than they need be."
)
_TARGETS = {
    "interval holds the truth": Target(90, 98),
    "false findings": Target(most=5),
    "steps on the wrong foot": Target(most=0),
}
"""By words that a name contains (algorithms.md section 9)."""


def plain_sheet(figures: Figures, runners: int) -> Sheet:
    """Runs in which nothing is wrong."""
    names = [name for name in figures if ": " not in name]
    title = f"Simulated runners: {runners}, one minute each"
    return Sheet("simulated", title, _ABOUT, tuple(_row(name) for name in names))


def _row(name: str) -> Row:
    words, unit = _split(name)
    target = next((t for part, t in _TARGETS.items() if part in name), None)
    return Row(name, words, unit, target)


def _split(name: str) -> tuple[str, str]:
    """Words and unit of "contact time, SD within, ms"."""
    words, comma, unit = name.replace(", mean %", " (mean), %").rpartition(", ")
    is_unit = bool(comma) and len(unit.split()) <= 3 and unit != "even runners"
    return (words, unit) if is_unit else (name, "")


def scenario_lines(figures: Figures) -> dict[str, Figures]:
    """Figures of each scenario by name."""
    lines: dict[str, Figures] = {}
    for name, value in figures.items():
        scenario, colon, what = name.partition(": ")
        if colon:
            lines.setdefault(scenario, {})[what] = value
    return lines


def scenario_columns(lines: dict[str, Figures]) -> dict[str, str]:
    """Columns that two scenarios or more share, in their order; name to words."""
    counts: dict[str, int] = {}
    for figures in lines.values():
        for what in figures:
            counts[what] = counts.get(what, 0) + 1
    return {what: what for what, count in counts.items() if count > 1}
