"""Before against after at a re-test: which differences changed by more than chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot
from typing import Protocol

from processing.advice.finding_rules import RULES, UNIT_WORDS
from processing.advice.standout import Compared


class Measured(Compared, Protocol):
    """A comparison that knows its part from step-to-step variation."""

    @property
    def random_half(self) -> float:
        """Half width of the interval without the systematic part."""


@dataclass(frozen=True, slots=True)
class RetestChange:
    """One metric before and after; ``change`` is after less before, + = to the right.

    ``mdc`` is the smallest change that is more than chance.
    """

    metric: str
    before: float
    after: float
    change: float
    mdc: float
    unit: str
    is_beyond_mdc: bool
    text: str


def compare_retest(
    before: Mapping[str, Measured],
    after: Mapping[str, Measured],
    mdc: Mapping[str, float] | None = None,
) -> tuple[RetestChange, ...]:
    """Compare metrics that both runs have, in the order of the findings' rules.

    Parameters
    ----------
    before, after
        The whole run then and now, same shoe, sensors and mounts: their systematic
        part cancels, so only the random halves count.
    mdc
        From the own baseline, per metric: run-to-run variation, which is more than two
        runs can tell. Without it the change is judged by the two runs alone.
    """
    known = mdc or {}
    return tuple(
        _change(metric, before[metric], after[metric], known.get(metric, 0.0))
        for metric in RULES
        if metric in before
        and metric in after
        and before[metric].ci_unit == after[metric].ci_unit
    )


def _change(metric: str, before: Measured, after: Measured, mdc: float) -> RetestChange:
    least = max(mdc, hypot(before.random_half, after.random_half))
    change = after.size - before.size
    is_beyond = abs(change) > least
    return RetestChange(
        metric=metric,
        before=before.size,
        after=after.size,
        change=change,
        mdc=least,
        unit=after.ci_unit,
        is_beyond_mdc=is_beyond,
        text=_text(metric, before, after, is_beyond=is_beyond),
    )


def _text(metric: str, before: Measured, after: Measured, *, is_beyond: bool) -> str:
    """One sentence: from, to, and whether that is closer to even."""
    rule = RULES[metric]
    unit = UNIT_WORDS.get(after.ci_unit, after.ci_unit)
    then, now = (_amount(x.size, unit) for x in (before, after))
    if not is_beyond:
        word = "no change beyond chance"
    elif abs(after.size) < abs(before.size):
        word = "closer to even"
    else:
        word = "further from even"
    return (
        f"{rule.quantity[0].upper()}{rule.quantity[1:]} ({rule.more}): "
        f"{then} before, {now} now, {word}."
    )


def _amount(size: float, unit: str) -> str:
    side = "right" if size > 0 else "left"
    return f"{abs(size):.1f} {unit} on the {side}"
