"""Every kind of run that a report may have to tell of, for tests that try them all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

from contract.rows import (
    BaselineRow,
    EventRow,
    ExerciseRow,
    FindingRow,
    StepRow,
)
from dashboards.report.background import NO_ADVICE, Advice
from dashboards.report.data import ReportData, collect
from tests.dashboards.report_advice import advice, checked_meta, track
from tests.dashboards.runs import (
    ANGLES,
    KEYS,
    RATIOS,
    START_NS,
    Shelf,
    balance,
    finding,
    full_run,
    hip_steps,
    judged_run,
    own,
    quality,
    rolls,
    session,
    steps,
    wear,
)

LONG = "Wilhelmina Alexandra van der Something-Extraordinarily-Long-Name"
NASTY = "<script>alert(1)</script>"


def told(shelf: Shelf, known: Advice = NO_ADVICE) -> ReportData:
    return collect(shelf, KEYS["session"], UTC, known)


def everything() -> ReportData:
    """A clear difference against seven own runs: three findings, four exercises."""
    return told(Shelf(*judged_run().kept, checked_meta()), advice())


def with_watch() -> ReportData:
    shelf = Shelf(*judged_run().kept, checked_meta(surface="trail"))
    return told(shelf, advice(track=track()))


def drifting() -> ReportData:
    """It grew from even to clear, half of the left shocks clipped; no plan, notes."""
    kept = [
        row
        for row in judged_run(simulated=True).kept
        if not isinstance(row, FindingRow | ExerciseRow | StepRow | BaselineRow)
        and getattr(row, "window", "run") not in ("change", "last_third")
    ]
    whole = balance(asi_pct=5.0, ci_low=-0.1, ci_high=10.0)
    last = balance(window="last_third", asi_pct=8.3, ci_low=4.8, ci_high=11.7)
    grew = balance(window="change", asi_pct=6.6, ci_low=5.5, ci_high=7.8)
    found = [
        finding(
            rank, code=code, metric=metric, size=size, low=low, high=high, side=side
        )
        for rank, code, metric, side, size, low, high in (
            (1, "TW-026", "flight_time_s", "left", -14.1, -16.4, -11.9),
            (2, "TW-013", "contact_time_s", "right", 6.6, 5.5, 7.8),
        )
    ]
    left = [
        replace(s, is_clipped=k % 2 == 0) for k, s in enumerate(steps("left", 0.24))
    ]
    bands = [
        own(m, usual=-0.1, band_low=-4.0, band_high=3.8) for m in (*RATIOS, *ANGLES)
    ]
    shelf = Shelf(
        *kept, whole, last, grew, *found, *left, *steps("right", 0.25), *bands
    )
    words = "What stands out asks for no exercises yet: do the one thing named with it"
    return told(shelf, advice(plan_words=words))


def first_run() -> ReportData:
    return told(full_run())


def as_usual() -> ReportData:
    bands = [own(m, is_new=False, band_low=-5.0) for m in (*RATIOS, *ANGLES)]
    shelf = full_run(verdict="as usual", baseline_runs=7)
    return told(Shelf(*shelf.kept, *bands, *rolls(), checked_meta()), advice())


def below_gate() -> ReportData:
    return told(full_run(verdict="not enough good data", steps=80, rejected=120))


def one_foot() -> ReportData:
    rows = (quality("right"), *steps("right", 0.24), wear("right", 0.34))
    return told(Shelf(session(verdict="one foot only"), *rows))


def hip_only() -> ReportData:
    withheld = quality("hip", withheld="pelvic drop and tilt: no standing found")
    rows = (withheld, balance("step_time_s", source="hip"), *hip_steps())
    return told(Shelf(session(verdict="hip only", source="hip"), *rows))


def crowded() -> ReportData:
    """All of it at its longest, and more events than paper has room for."""
    shelf = judged_run(name=LONG * 2, shoe="Extraordinary racing shoe " * 4,
                       simulated=True)  # fmt: skip
    meta = checked_meta(
        unverified="the sensors were not checked before this run", note="word " * 300
    )
    happened = [
        EventRow(**{**KEYS, "time_ns": START_NS + i * 10**11}, side="both",
                 kind=("mark", "slip")[i % 2], text=f"{LONG} {i}")
        for i in range(30)
    ]  # fmt: skip
    return told(Shelf(*shelf.kept, meta, *happened), advice(track=track()))


def nasty() -> ReportData:
    """Somebody tries to make the page run a script, in every word she can choose."""
    kept = judged_run(name=NASTY, shoe=NASTY, method=NASTY).kept
    rows = [_poisoned(row) for row in kept]
    mark = EventRow(**KEYS, side="both", kind="mark", text=NASTY)
    return told(Shelf(*rows, checked_meta(note=NASTY), mark), advice(fit=NASTY))


def _poisoned(row: object) -> object:
    if isinstance(row, FindingRow):
        return replace(row, text=NASTY, since=NASTY, action=NASTY)
    if isinstance(row, ExerciseRow):
        return replace(row, exercise=NASTY, dose=NASTY, why=NASTY)
    return row


CASES: dict[str, Callable[[], ReportData]] = {
    "everything": everything,
    "with a watch": with_watch,
    "drifting": drifting,
    "first run": first_run,
    "as usual": as_usual,
    "below the gate": below_gate,
    "one foot": one_foot,
    "hip only": hip_only,
    "crowded": crowded,
}
