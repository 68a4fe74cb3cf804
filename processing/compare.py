"""Two runs, or groups of runs, of one runner against each other.

Before against after at a re-test, or shoe against shoe: how far left and right differ,
and what each foot does, with how sure each change is, what else differed, and what had
been planned. Pure: whoever asks reads the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from contract.errors import UsageError
from contract.messages import SessionMeta
from contract.model import Slot
from contract.people import Mount
from contract.rows import (
    BalanceRow,
    BaselineRow,
    ExerciseRow,
    FindingRow,
    SessionRow,
    StepRow,
)
from contract.units import NS_PER_S
from processing.compare_told import (
    BLOCKS,
    OWN_VARIATION,
    TWO_RUNS,
    Ground,
    chosen,
)
from processing.compare_words import (
    REGRESSION,
    about_what,
    change_words,
    headline,
    sureness,
)
from processing.foot_changes import FootChanges, foot_changes
from processing.pace_matched import windows_of
from processing.rules import METRICS
from processing.run_changes import (
    Cancelling,
    Change,
    Unit,
    between_runs,
)
from processing.run_context import (
    SAME_SHOE,
    Circumstance,
    Kind,
    Situation,
    cancelling_of,
    circumstances,
    is_alternating,
    kind_of,
    other_pace,
)
from processing.settings import BalanceSettings
from processing.verdict import JUDGED


@dataclass(frozen=True, slots=True, eq=False)
class ComparedRun:
    """What a comparison takes of one run; balances and baselines by metric."""

    about: SessionRow
    balances: Mapping[str, BalanceRow] = field(default_factory=dict)
    steps: Sequence[StepRow] = ()
    baselines: Mapping[str, BaselineRow] = field(default_factory=dict)
    findings: Sequence[FindingRow] = ()
    exercises: Sequence[ExerciseRow] = ()
    meta: SessionMeta | None = None
    mounts: Mapping[Slot, Mount] = field(default_factory=dict)

    @property
    def situation(self) -> Situation:
        """Its part besides the figures."""
        return Situation(self.about, self.meta, self.mounts)

    def why_not(self) -> str:
        """Say why its left and right cannot be compared; "" when they can."""
        if self.about.verdict not in JUDGED:
            return self.about.verdict or "not analysed yet"
        return "" if self.about.source == "shoes" else "the shoes were not measured"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A run that was asked for and is not compared, and why."""

    session: str
    why: str


@dataclass(frozen=True, slots=True)
class SideRuns:
    """One side: what it is called, its shoe, and its runs with their steps."""

    label: str
    shoe: str
    sessions: tuple[str, ...]
    steps: int


@dataclass(frozen=True, slots=True)
class PlanBefore:
    """What had been found and planned before: assess, correct, re-assess.

    ``text`` says whose re-test this is; ``findings`` then, each with what came of it;
    ``caution`` what of that comes by itself, "" without findings.
    """

    made: str
    due: str
    exercises: tuple[str, ...]
    findings: tuple[str, ...]
    text: str
    caution: str


@dataclass(frozen=True, slots=True, eq=False)
class RunComparison:
    """All that is said of two sides; nothing of ``asymmetry`` and ``feet`` need be.

    Attributes
    ----------
    basis : str
        groups: runs are the unit; own variation: one run against one, with how much
        this runner's runs vary; two runs: nobody knows how much they vary.
    sure : int
        0 to 3 dots: how sure a change is at most, 0 when none is told; ``sure_words``
        says why.
    looks : int
        How many changes could have been told; ``told`` cleared a bar for so many.
    told : tuple of str
        The changes that stand out most, one sentence each.
    asymmetry : tuple of Change
        Left against right over whole runs.
    feet : FootChanges
        Each foot over stretches of equal speed.
    plan : PlanBefore or None
    left_out : tuple of LeftOut
        Runs that were asked for and are not compared.
    """

    runner: str
    name: str
    kind: Kind
    basis: str
    sure: int
    sure_words: str
    before: SideRuns
    after: SideRuns
    headline: str
    looks: int
    told: tuple[str, ...]
    asymmetry: tuple[Change, ...]
    feet: FootChanges
    circumstances: tuple[Circumstance, ...]
    plan: PlanBefore | None
    left_out: tuple[LeftOut, ...]
    method: str
    settings_hashes: tuple[str, ...]
    is_simulated: bool

    @property
    def is_compared(self) -> bool:
        """Whether anything could be compared."""
        return bool(self.asymmetry or self.feet.changes)


def compare_runs(
    before: Sequence[ComparedRun], after: Sequence[ComparedRun], zone: tzinfo = UTC
) -> RunComparison:
    """Compare one or more runs with one or more others of the same runner.

    Raises `UsageError` for runs that are not to be compared at all.
    """
    _check(before, after)
    asked = (*before, *after)
    good = _good(before), _good(after)
    asymmetry, feet = _changes(good) if all(good) else ((), _NO_FEET)
    shown = good[0] or list(before), good[1] or list(after)
    sides = [r.situation for r in shown[0]], [r.situation for r in shown[1]]
    kind, pace = kind_of(*sides), other_pace(*sides)
    labels = _labels(kind, shown)
    ground = Ground(_basis(good), _own_runs(asked), pace)
    asymmetry = tuple(ground.read(change) for change in asymmetry)
    is_matched = feet.tolerance is not None
    singles = tuple(ground.read(c, is_matched=is_matched) for c in feet.changes)
    feet = replace(feet, changes=singles)
    looks = ground.looks((*asymmetry, *singles))
    raised = ground.raised(asymmetry, looks)
    told = chosen((*raised, *ground.raised(singles, looks)))
    smaller, alternates = min(map(len, good)), is_alternating(*sides)
    sure = sureness(ground.basis, smaller, raised, alternates=alternates, told=told)
    return RunComparison(
        **_about(asked),
        kind=kind,
        basis=ground.basis,
        sure=sure[0],
        sure_words=sure[1],
        before=_side(labels[0], shown[0]),
        after=_side(labels[1], shown[1]),
        headline=headline(raised, told),
        looks=looks,
        told=tuple(change_words(change, labels) for change in told),
        asymmetry=asymmetry,
        feet=feet,
        circumstances=circumstances(*sides, zone),
        plan=_plan(shown, raised, kind, zone),
        left_out=_left_out(asked),
    )


_NO_FEET = FootChanges((), 0, None, None, "a side has no run of good data")

Sides = tuple[Sequence[ComparedRun], Sequence[ComparedRun]]


def _good(side: Sequence[ComparedRun]) -> list[ComparedRun]:
    return [run for run in side if not run.why_not()]


def _left_out(asked: Sequence[ComparedRun]) -> tuple[LeftOut, ...]:
    told = ((run.about.session, run.why_not()) for run in asked)
    return tuple(LeftOut(session, why) for session, why in told if why)


def _about(asked: Sequence[ComparedRun]) -> dict[str, Any]:
    """Whose runs, and what analysed them; the name is the latest one."""
    last = max((run.about for run in asked), key=lambda row: row.time_ns)
    hashes = {run.about.settings_hash for run in asked} - {None}
    return {
        "runner": last.runner,
        "name": last.name or last.runner,
        "method": last.method,
        "settings_hashes": tuple(sorted(str(h) for h in hashes)),
        "is_simulated": last.simulated,
    }


def _check(before: Sequence[ComparedRun], after: Sequence[ComparedRun]) -> None:
    """Raise `UsageError` where a comparison would be about something else."""
    runs = [run.about for run in (*before, *after)]
    sessions = [row.session for row in runs]
    if not before or not after:
        raise UsageError("one side has no run", "", "Name a session on each side.")
    if len(set(sessions)) < len(sessions):
        raise UsageError("a run is named twice", "", "Name each session once.")
    if len({row.runner for row in runs}) > 1:
        what, why = (
            "the runs are of several runners",
            "a runner is compared with herself",
        )
        raise UsageError(what, why, "See whose they are with: treadwear sessions.")
    if len({row.simulated for row in runs}) > 1:
        raise UsageError("simulated and real runs cannot be compared")
    methods = sorted({row.method for row in runs})
    if len(methods) > 1:
        what, why = "the runs were analysed by different methods", ", ".join(methods)
        raise UsageError(what, why, "Compute the older again: treadwear reprocess ID.")


def _usable(run: ComparedRun) -> dict[str, BalanceRow]:
    least = BalanceSettings().report_pairs
    return {m: row for m, row in run.balances.items() if row.n_pairs >= least}


def _changes(good: Sides) -> tuple[tuple[Change, ...], FootChanges]:
    """Left against right, and each foot for itself."""
    before, after = good
    cancelling = cancelling_of(
        [run.situation for run in before], [run.situation for run in after]
    )
    cut = [windows_of([run.steps for run in side]) for side in good]
    feet = foot_changes(cut[0], cut[1], cancelling)
    return _asymmetry(good, cancelling), feet


def _asymmetry(good: Sides, cancelling: Cancelling) -> tuple[Change, ...]:
    """Left against right of each metric that every run has."""
    usable = [[_usable(run) for run in side] for side in good]
    return tuple(
        between_runs(
            rule,
            [_unit(found[name]) for found in usable[0]],
            [_unit(found[name]) for found in usable[1]],
            cancelling,
            _mdc(name, (*good[0], *good[1])),
        )
        for name, rule in METRICS.items()
        if all(name in found for side in usable for found in side)
    )


def _unit(row: BalanceRow) -> Unit:
    return Unit(row.size, row.random_half, row.systematic_half)


def _mdc(metric: str, runs: Sequence[ComparedRun]) -> float:
    """What this runner's runs differ by without a change; 0 when not known."""
    known = (r.baselines[metric].mdc for r in runs if metric in r.baselines)
    return max(known, default=0.0)


def _basis(good: Sides) -> str:
    runs = (*good[0], *good[1])
    if len(runs) > 2:
        return BLOCKS
    return OWN_VARIATION if any(run.baselines for run in runs) else TWO_RUNS


def _own_runs(runs: Sequence[ComparedRun]) -> dict[str, int]:
    """Earlier runs of the own baseline that has fewest, of each metric that has one."""
    rows = sorted(
        (b for r in runs for b in r.baselines.values()), key=lambda b: -b.runs
    )
    return {row.metric: row.runs for row in rows}


def _labels(kind: Kind, sides: Sides) -> tuple[str, str]:
    """What the sides are called: shoes by their names, else before and after."""
    if kind is Kind.SHOES:
        return sides[0][0].about.shoe, sides[1][0].about.shoe
    if kind not in SAME_SHOE:
        return "A", "B"
    is_turned = _began(sides[1]) < _began(sides[0])
    return ("after", "before") if is_turned else ("before", "after")


def _side(label: str, runs: Sequence[ComparedRun]) -> SideRuns:
    return SideRuns(
        label=label,
        shoe=", ".join(dict.fromkeys(run.about.shoe for run in runs)),
        sessions=tuple(run.about.session for run in runs),
        steps=sum(run.about.steps for run in runs),
    )


def _plan(
    shown: Sides, changes: Sequence[Change], kind: Kind, zone: tzinfo
) -> PlanBefore | None:
    """Give the latest plan of the side that was run first; None without one."""
    is_turned = _began(shown[1]) < _began(shown[0])
    first, last = (shown[1], shown[0]) if is_turned else shown
    planned = [run for run in first if run.exercises]
    if not planned:
        return None
    run = max(planned, key=lambda r: r.about.time_ns)
    exercises = sorted(run.exercises, key=lambda e: e.place)
    by_metric = {change.metric: change for change in changes}
    made, now = _day(run, zone), max(_day(r, zone) for r in last)
    return PlanBefore(
        made=made.isoformat(),
        due=exercises[0].retest,
        exercises=tuple(f"{e.phase}, {e.side}: {e.exercise}" for e in exercises),
        findings=tuple(
            about_what(found, by_metric.get(found.metric), is_turned=is_turned)
            for found in sorted(run.findings, key=lambda f: f.rank)
        ),
        text=_plan_words(made, now, exercises[0].retest, kind),
        caution=REGRESSION if run.findings else "",
    )


def _plan_words(made: date, now: date, due: str, kind: Kind) -> str:
    early = f"; it was meant for {due}" if due and now.isoformat() < due else ""
    after = f"{(now - made).days / 7:.1f} weeks later"
    if kind is not Kind.RETEST:
        return f"Plan of {made.isoformat()}, {after}; no re-test of it: {kind}."
    return f"Re-test of the plan of {made.isoformat()}, {after}{early}."


def _began(side: Sequence[ComparedRun]) -> int:
    return min(run.about.time_ns for run in side)


def _day(run: ComparedRun, zone: tzinfo) -> date:
    return datetime.fromtimestamp(run.about.time_ns // NS_PER_S, tz=zone).date()
