"""Every kind of run that a report may have to tell of, for tests that try them all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

from contract.rows import EventRow, ExerciseRow, FindingRow
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
    "first run": first_run,
    "as usual": as_usual,
    "below the gate": below_gate,
    "one foot": one_foot,
    "hip only": hip_only,
    "crowded": crowded,
}
