"""Which of the changes between two sides are told, and from what on.

A table may show every range as it is, 95 % each. What is told in a sentence was picked
from all of them, so it must clear a bar that is raised with their number, as findings
do: else one comparison in three of a runner who never changed would be told something.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contract.verdicts import MAIN_METRIC
from processing.advice.finding_rules import RULES
from processing.advice.findings import FindingSettings, wider
from processing.run_changes import (
    CANNOT_BE_SAID,
    DIFFERS,
    PERHAPS_CHANGED,
    Change,
)

MOST_TOLD = 3
"""Changes that are told in a sentence (product.md section 0: three findings)."""
BLOCKS, OWN_VARIATION, TWO_RUNS = "groups", "own variation", "two runs"


@dataclass(frozen=True, slots=True)
class Ground:
    """What the ranges of a comparison rest on, and so what can be said from them.

    Attributes
    ----------
    basis : str
    own_runs : metric -> int
        Earlier runs of the own baseline, of metrics that have one.
    pace : str
        Why left against right of both sides cannot be compared; "" when they can.
    """

    basis: str
    own_runs: Mapping[str, int]
    pace: str = ""

    def read(self, change: Change, *, is_matched: bool = False) -> Change:
        """Say nothing of it that its range does not hold.

        Parameters
        ----------
        is_matched : bool
            Whether it is about stretches of equal speed, however fast the runs were.
        """
        if self.pace and not is_matched:
            return replace(change, word=CANNOT_BE_SAID, why=self.pace)
        if self._holds_days(change) or not change.has_changed:
            return change
        return replace(change, word=DIFFERS)

    def looks(self, changes: Sequence[Change]) -> int:
        """How many changes could be told: metrics that say the same are one."""
        found = [c for c in changes if c.metric in RULES and self._holds_days(c)]
        return len({_look(c) for c in found if not (self.pace and c.why == self.pace)})

    def raised(self, changes: Sequence[Change], looks: int) -> tuple[Change, ...]:
        """Give the same changes, called so only beyond the bar for so many looks."""
        return tuple(
            c if not c.has_changed or self._is_beyond(c, looks) else _perhaps(c)
            for c in changes
        )

    def _holds_days(self, change: Change) -> bool:
        """Whether the range holds what runs vary by.

        One run against one: only left against right of metrics with an own baseline
        has that range; a single foot has none, and two runs alone know nothing of days.
        """
        if self.basis == BLOCKS:
            return True
        is_own = change.side == "both" and change.metric in self.own_runs
        return self.basis == OWN_VARIATION and is_own

    def _is_beyond(self, change: Change, looks: int) -> bool:
        half = (change.high - change.low) / 2
        chance = FindingSettings().chance
        return abs(change.change) > wider(looks, self._degrees(change), chance) * half

    def _degrees(self, change: Change) -> int:
        """Degrees of freedom of the range: of the runs of both sides, or of the own."""
        if self.basis == BLOCKS:
            return change.count - 2
        return self.own_runs[change.metric] - 1


def _perhaps(change: Change) -> Change:
    return replace(change, word=PERHAPS_CHANGED)


def _look(change: Change) -> tuple[str, str]:
    return RULES[change.metric].family, change.side


def chosen(changes: Sequence[Change]) -> list[Change]:
    """Choose clear changes, then slight ones; one of those that say the same.

    Contact time comes before what follows from it: the headline speaks of it too.
    """
    found: dict[tuple[str, str], Change] = {}
    for change in sorted(changes, key=lambda c: (c.word, -c.strength)):
        if not (change.has_changed and change.metric in RULES):
            continue
        known = found.setdefault(_look(change), change)
        if change.metric == MAIN_METRIC and known.word == change.word:
            found[_look(change)] = change
    return list(found.values())[:MOST_TOLD]
