"""What stands out in a run: at most three findings, each with one thing to do.

A difference must be larger than its interval *and* large enough to matter; a change
must leave the runner's own usual band. Several figures are looked at, so the bar is
raised with their number: else one even runner in four would be told something. What
differs is said, never what it might lead to (algorithms.md 4, product.md 0).
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from scipy.special import stdtrit

from contract.verdicts import MAIN_METRIC
from processing.advice.finding_rules import RULES, Rule, least_difference
from processing.advice.finding_words import action, since, text
from processing.advice.standout import Compared, Kind, Standout, Usual

MOST_FINDINGS = 3


class EarlierFinding(Protocol):
    """A finding of an earlier run: a Finding or a FindingRow."""

    @property
    def metric(self) -> str:
        """Column that it was about."""

    @property
    def side(self) -> str:
        """The larger side."""


@dataclass(frozen=True, slots=True)
class FindingSettings:
    """When a difference becomes a finding."""

    least_pairs: int = 30
    """Means of running strides need 16 to 150 steps (Godin, in algorithms.md 4); the
    verdict on a run asks for as many."""
    least_coverage: float = 0.7
    """Share of strides that must have become steps (algorithms.md 6)."""
    chance: float = 0.05
    """Share of even runners that may be told something (issue 3, item 9)."""
    runs_to_check: int = 3
    """A difference in this many runs asks for a look by a person (Exell-type rule,
    algorithms.md 4)."""


@dataclass(frozen=True, slots=True)
class RunQuality:
    """What the data of the run allow to say.

    Attributes
    ----------
    coverage : float
        Share of strides that became steps, of the foot that has least.
    withheld : Collection[str]
        Metrics whose figures are not given (poor calibration, clock).
    is_placed : bool
        False when sensors may be swapped or both on one foot: then nothing is found.
    """

    coverage: float
    withheld: Collection[str] = ()
    is_placed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that stands out; fields as in `contract.rows.FindingRow`."""

    side: str
    code: str
    rank: int
    metric: str
    text: str
    size: float
    low: float
    high: float
    unit: str
    certainty: int
    since: str
    action: str


def find(
    balances: Mapping[str, Compared],
    baselines: Mapping[str, Usual],
    change: Mapping[str, Compared],
    earlier: Sequence[Collection[EarlierFinding]],
    quality: RunQuality,
    settings: FindingSettings = FindingSettings(),
) -> tuple[Finding, ...]:
    """Give at most three findings, the one that stands out most first.

    Parameters
    ----------
    balances
        The whole run, per metric.
    baselines
        The same against the runner's own earlier runs, where there are enough; with
        the band that this run must leave (`Baseline.to_leave`).
    change
        Last third less first third of the run, per metric; pairs of both together.
    earlier
        Findings of each earlier run that had good data, in order of time (an empty
        collection for a run without any).
    """
    if not quality.is_placed or quality.coverage < settings.least_coverage:
        return ()
    balances = _usable(balances, quality, settings.least_pairs)
    change = _usable(change, quality, 2 * settings.least_pairs)
    baselines = {m: b for m, b in baselines.items() if m in balances}
    found = [
        c
        for metric, rule in RULES.items()
        if (c := _candidate((metric, rule), balances, baselines, change, settings))
    ]
    found.sort(key=lambda c: (c.kind is not Kind.NEW, -c.strength))
    chosen = _one_per_family(found)[:MOST_FINDINGS]
    return tuple(_told(c, k, earlier, settings) for k, c in enumerate(chosen, 1))


def _usable(
    figures: Mapping[str, Compared], quality: RunQuality, least_pairs: int
) -> dict[str, Compared]:
    """Figures that are given and rest on enough pairs."""
    return {
        metric: c
        for metric, c in figures.items()
        if metric in RULES
        and metric not in quality.withheld
        and c.n_pairs >= least_pairs
    }


def _candidate(
    what: tuple[str, Rule],
    balances: Mapping[str, Compared],
    baselines: Mapping[str, Usual],
    change: Mapping[str, Compared],
    settings: FindingSettings,
) -> Standout | None:
    """Judge one metric; leaving the own band counts before a standing difference."""
    metric, rule = what
    about, moved, usual = (
        balances.get(metric),
        change.get(metric),
        baselines.get(metric),
    )
    growth = _beyond(moved, 1.0, metric) if moved else 0.0
    grows = bool(growth and moved and about and moved.size * about.size > 0)
    if about and usual:
        strength = _beyond_usual(usual, _wider_usual(usual, baselines, settings), rule)
        if strength:
            return Standout(metric, rule, Kind.NEW, about, strength, usual, grows)
    if about:
        strength = _beyond(about, _wider(about, balances, settings), metric)
        if strength:
            kind = Kind.DIFFERENCE
            return Standout(metric, rule, kind, about, strength, usual, grows)
    if moved and growth:
        return Standout(metric, rule, Kind.GROWING, moved, growth, usual, True)
    return None


def _beyond(compared: Compared, wider: float, metric: str) -> float:
    """Size over what noise allows; 0 when it is within, or too small to matter.

    A change within the run needs no wider interval: for contact time the least
    difference is more than three of its standard errors at 30 pairs (3 against .8 %).
    """
    half = wider * (compared.ci_high - compared.ci_low) / 2
    least = least_difference(metric)
    return 0.0 if least is None else _over(abs(compared.size), half, least)


def _beyond_usual(usual: Usual, wider: float, rule: Rule) -> float:
    """Shift over what is usual; 0 when it is within, or too small to matter."""
    half = max(wider * (usual.band_high - usual.band_low) / 2, usual.mdc)
    return _over(abs(usual.shift), half, rule.least_shift)


def _over(size: float, half: float, least: float) -> float:
    """Size over half a width; 0 unless it is larger than that and than the least."""
    if not (size > half and size >= least):
        return 0.0
    return size / half if half > 0 else math.inf


def _wider(
    compared: Compared, balances: Mapping[str, Compared], settings: FindingSettings
) -> float:
    """How much wider than 95 % an interval must be, for all metrics judged so."""
    looks = sum(not RULES[m].is_own_only for m in balances)
    return wider(looks, compared.n_pairs - 1, settings.chance)


def _wider_usual(
    usual: Usual, baselines: Mapping[str, Usual], settings: FindingSettings
) -> float:
    """Return the same for the own band; metrics of one family move together here.

    Between runs of one runner with the same sensors, contact time and impulse are
    nearly one figure, so families are counted: five runs would show nothing else.
    """
    looks = len({RULES[m].family for m in baselines})
    return wider(looks, usual.runs - 1, settings.chance)


def wider(looks: int, degrees: int, chance: float) -> float:
    """Quantile for so many looks over the 95 % one (Bonferroni)."""
    free = max(degrees, 1)
    wanted = stdtrit(free, chance / 2 / max(looks, 1))
    return float(wanted / stdtrit(free, 0.025))


def _one_per_family(found: list[Standout]) -> list[Standout]:
    """Of figures that say the same thing only the first, or what the verdict is about.

    Contact time comes before what follows from it: the headline speaks of it too.
    """
    first: dict[str, Standout] = {}
    for candidate in found:
        known = first.setdefault(candidate.rule.family, candidate)
        if candidate.metric == MAIN_METRIC and known.kind == candidate.kind:
            first[candidate.rule.family] = candidate
    return list(first.values())


def _told(
    c: Standout,
    rank: int,
    earlier: Sequence[Collection[EarlierFinding]],
    settings: FindingSettings,
) -> Finding:
    """Put a candidate into words."""
    streak = _streak(c, earlier)
    runs, least = streak + 1, settings.runs_to_check
    return Finding(
        side=c.side,
        code=f"TW-{c.rule.number + c.kind:03d}",
        rank=rank,
        metric=c.metric,
        text=text(c, runs, least),
        size=c.size,
        low=c.size - c.half,
        high=c.size + c.half,
        unit=c.about.ci_unit,
        certainty=_certainty(c, runs),
        since=since(streak, has_earlier=bool(earlier)),
        action=action(c, runs, least),
    )


def _streak(c: Standout, earlier: Sequence[Collection[EarlierFinding]]) -> int:
    """Earlier runs in a row, up to the last one, that showed it on the same side."""
    sides = {
        metric: c.side if rule.is_inverse == c.rule.is_inverse else _OTHER[c.side]
        for metric, rule in RULES.items()
        if rule.family == c.rule.family
    }
    count = 0
    for told in reversed(earlier):
        if not any(sides.get(f.metric) == f.side for f in told):
            break
        count += 1
    return count


_OTHER = {"left": "right", "right": "left"}


def _certainty(c: Standout, runs: int) -> int:
    """3: neither even nor usual; 2: not even; 1: not usual, but perhaps even.

    What is seen for the first time is never very sure: a single run has its day.
    """
    if c.about.ci_low <= 0 <= c.about.ci_high:
        return 1
    return 3 if c.kind is Kind.NEW and runs > 1 else 2
