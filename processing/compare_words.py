"""A comparison in plain sentences: what changed, by how much, and how sure that is."""

from collections.abc import Sequence

from contract.rows import FindingRow
from contract.verdicts import MAIN_METRIC
from processing.advice.finding_rules import RULES, UNIT_WORDS
from processing.run_changes import (
    CANNOT_BE_SAID,
    NO_CLEAR_CHANGE,
    PERHAPS_CHANGED,
    Change,
)
from processing.run_context import OTHER_PACE, UNKNOWN_PACE

_TIMES = ("before", "after")
_LARGE_GROUP = 3
"""Runs on each side from which a group is more than a pair of pairs."""

SURE = ("cannot be said", "not sure", "fairly sure", "very sure")
NO_RUNS = "a side has no run of good data"
TWO_DAYS = "one run against one run cannot tell the day from the change"
_REASONS = {
    OTHER_PACE: "how left and right differ goes with pace, and here it was another",
    UNKNOWN_PACE: "how left and right differ goes with pace, and here it is not known",
}
REGRESSION = (
    "What stood out was picked because it was large; part of it goes back by itself."
)


def sureness(
    basis: str,
    smaller: int,
    asymmetry: Sequence[Change],
    *,
    alternates: bool,
    told: Sequence[Change],
) -> tuple[int, str]:
    """How sure a change can be at most: 0 to 3 dots, and why.

    Where no change is told there is nothing to be sure of, so there are no dots.

    Parameters
    ----------
    smaller : int
        How many runs the side with fewer has.
    asymmetry, told
        Left against right, and what is told of all, as `headline` takes them.
    """
    if not smaller:
        return 0, f"{SURE[0]}: {NO_RUNS}"
    level, why = _ground(basis, smaller, alternates=alternates)
    return (level, f"{SURE[level]}: {why}") if told else (0, _not_told(asymmetry, why))


def _ground(basis: str, smaller: int, *, alternates: bool) -> tuple[int, str]:
    if basis == "two runs":
        return 1, f"{TWO_DAYS}, and it is not known how much your runs vary"
    if basis != "groups":
        return 2, "the range holds how much your runs vary"
    if smaller == 1:
        return 1, "one run cannot tell its day from the change"
    if not alternates:
        return 1, "one side was over before the other began"
    if smaller >= _LARGE_GROUP:
        return 3, "several runs on each side, in turns"
    return 2, "the range holds how much your runs vary"


def _not_told(asymmetry: Sequence[Change], why: str) -> str:
    """Say of time on the ground why there is no change to be sure of."""
    main = _main_of(asymmetry)
    if main and main.word in (NO_CLEAR_CHANGE, PERHAPS_CHANGED):
        return f"no change is told: {why}"
    reason = _REASONS.get(main.why, main.why) if main else ""
    return f"{SURE[0]}: {reason or why}"


def _main_of(asymmetry: Sequence[Change]) -> Change | None:
    return next((c for c in asymmetry if c.metric == MAIN_METRIC), None)


def headline(asymmetry: Sequence[Change], told: Sequence[Change]) -> str:
    """Say of time on the ground what came of it, and of what changed most besides.

    Both are as they may be told, with the bar raised for the number of figures.
    """
    found = _main_of(asymmetry)
    if found is None:
        return "Left and right cannot be compared between these runs."
    if found.word == CANNOT_BE_SAID:
        said = f"whether left and right changed {found.reading}"
    else:
        came = f", {evenness(found)}" if found.has_changed else ""
        said = f"left against right {found.word}{came}"
    other = next((c for c in told if RULES[c.metric].family != _MAIN_FAMILY), None)
    besides = f"; {_named(other)} {other.word}" if other else ""
    return f"Time on the ground: {said}{besides}."


_MAIN_FAMILY = RULES[MAIN_METRIC].family


def _named(change: Change) -> str:
    """Quantity with the foot that it is of."""
    quantity = RULES[change.metric].quantity
    return quantity if change.side == "both" else f"{change.side} {quantity}"


def change_words(change: Change, labels: tuple[str, str]) -> str:
    """One change in one sentence."""
    if change.side != "both":
        return _foot_words(change, labels)
    rule, unit = RULES[change.metric], UNIT_WORDS.get(change.unit, change.unit)
    then, now = (amount(e.size, unit) for e in (change.before, change.after))
    quantity = f"{rule.quantity[0].upper()}{rule.quantity[1:]} ({rule.more})"
    return (
        f"{quantity}: {then} {_when(labels[0])}, {now} {_when(labels[1])}; "
        f"{evenness(change)}, by {_span(change, unit)}."
    )


def _when(label: str) -> str:
    return label if label in _TIMES else f"in {label}"


def amount(size: float, unit: str) -> str:
    """Write a difference with its side; even where it rounds to nothing."""
    text = f"{abs(size):.1f}"
    if not text.strip("0."):
        return f"{text} {unit}"
    return f"{text} {unit} on the {'right' if size > 0 else 'left'}"


def evenness(change: Change) -> str:
    """Say whether left and right came closer; of what did not change, that."""
    if not change.has_changed:
        return change.word
    then, now = abs(change.before.size), abs(change.after.size)
    return "closer to even" if now < then else "further from even"


def _foot_words(change: Change, labels: tuple[str, str]) -> str:
    quantity = RULES[change.metric].quantity
    unit = UNIT_WORDS.get(change.unit, change.unit)
    size, low, high = (
        f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")
        for value in (change.change, change.low, change.high)
    )
    figures = f"{size} {unit} ({low} to {high})"
    if labels[0] in _TIMES:
        return f"Your {change.side} foot: {quantity} {figures} {_order(labels)}."
    return (
        f"{labels[1]} changes your {change.side} foot's {quantity} by {figures}, "
        f"against {labels[0]}."
    )


def _order(labels: tuple[str, str]) -> str:
    return f"from {labels[0]} to {labels[1]}"


def _span(change: Change, unit: str) -> str:
    """Size of a change, and the smallest and largest that are likely."""
    ends = sorted((abs(change.low), abs(change.high)))
    return f"{abs(change.change):.1f} {unit} (likely {ends[0]:.1f} to {ends[1]:.1f})"


def about_what(found: FindingRow, change: Change | None, *, is_turned: bool) -> str:
    """Give a finding of before and what came of it.

    ``is_turned``: the comparison was asked for the other way round in time.
    """
    rule, unit = RULES.get(found.metric), UNIT_WORDS.get(found.unit, found.unit)
    quantity = rule.quantity if rule else found.metric
    then = f"{quantity[0].upper()}{quantity[1:]}: then {amount(found.size, unit)}"
    if change is None:
        return f"{then}; not compared now."
    now = change.before if is_turned else change.after
    told = change.reading if not change.has_changed else _turned(change, is_turned)
    return f"{then}, now {amount(now.size, unit)}: {told}."


def _turned(change: Change, is_turned: bool) -> str:
    first, last = abs(change.before.size), abs(change.after.size)
    came_closer = (last < first) is not is_turned
    return f"{change.word}, {'closer to' if came_closer else 'further from'} even"
