"""Findings in words: what differs, since when, and the one thing to do.

One sentence each, no word of what a difference might lead to (product.md 0 and 5).
"""

from processing.advice.finding_rules import UNIT_WORDS, Rule
from processing.advice.standout import Kind, Standout

FIRST_RUN = "in this run, the first one looked at"
NEW_RUN = "new in this run"
REPEAT = (
    "Look again on your next easy run: same shoes, flat and straight, without a "
    "sloping road edge."
)
SWAP = (
    "Run one easy run with the two sensors swapped over and said to be so: if the "
    "difference moves with them, it is how they sit."
)
CHANGED = (
    "Think of what changed (shoes, surface, sloping road, pace, tired legs) and look "
    "again on your next easy run."
)
MANY_LOOKS = (
    "Several figures are looked at, so a finding must clear a higher bar (Bonferroni: "
    "at most one even runner in twenty is told anything); the intervals in tables and "
    "plots are 95 % each, not widened for that."
)
LATE = "Look at the last third of your next long run again, at the same easy pace."


def since(streak: int, *, has_earlier: bool) -> str:
    """Say since when, by the earlier runs in a row that showed it too."""
    if not has_earlier:
        return FIRST_RUN
    return f"in your last {streak + 1} runs" if streak else NEW_RUN


def runs_of(since: str) -> int:
    """How many runs in a row a finding was there, from its ``since``."""
    digits = "".join(c for c in since if c.isdigit())
    return int(digits) if digits else 1


def text(c: Standout, runs: int, runs_to_check: int) -> str:
    """One sentence: what differs, whether that is new, on how many runs it rests."""
    amount = _amount(c.about.size, c.about.ci_unit, c.rule)
    if c.kind is Kind.GROWING:
        opening = f"Your {c.rule.quantity} changed over the run: in the last third "
        return f"{opening}{amount} than in the first, {_rests_on(runs, runs_to_check)}."
    opening = f"Your {c.rule.quantity} differs: {amount}"
    growth = " and growing over the run" if c.is_growing else ""
    if c.kind is Kind.NEW and c.usual:
        now = f"now {_words(c.about.size, c)}{growth}, usually {_usual_words(c)}"
        told = f"Your {c.rule.quantity} differs from your usual, new for you: {now}"
    elif c.usual and c.usual.band_low <= c.about.size <= c.usual.band_high:
        told = f"{opening}{growth}, as usual for you"
    elif c.usual:
        told = f"{opening}{growth}, a little off your usual ({_usual_words(c)})"
    else:
        told = f"{opening}{growth}"
    return f"{told}, {_rests_on(runs, runs_to_check)}."


def _usual_words(c: Standout) -> str:
    return _words(c.usual.usual if c.usual else 0.0, c)


def _words(size: float, c: Standout) -> str:
    is_even = float(f"{abs(size):.1f}") == 0
    return "even" if is_even else _amount(size, c.about.ci_unit, c.rule)


def _rests_on(runs: int, runs_to_check: int) -> str:
    if runs == 1:
        return "seen in one run only, worth watching if it comes back"
    if runs < runs_to_check:
        return f"seen in {runs} runs in a row, worth watching"
    return f"seen in {runs} runs in a row, consider checking it"


def _amount(size: float, unit: str, rule: Rule) -> str:
    """Give a size in words, with its side: 4.2 % longer on the left."""
    word = UNIT_WORDS.get(unit, unit)
    return f"{abs(size):.1f} {word} {rule.more} on the {_side(size)}"


def _side(size: float) -> str:
    return "right" if size > 0 else "left"


def action(c: Standout, runs: int, runs_to_check: int) -> str:
    """Give the one thing to do: look again, then rule the mount out, then check."""
    if runs >= runs_to_check:
        return c.rule.check
    if c.kind is Kind.NEW:
        return CHANGED
    if c.kind is Kind.GROWING:
        return LATE
    return SWAP if runs > 1 else REPEAT
