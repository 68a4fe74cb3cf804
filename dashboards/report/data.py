"""What one report is made of: the rows of one session, sorted into their places."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Protocol, TypeVar

from contract.errors import StoreError
from contract.messages import LinkInfo, SessionMeta
from contract.rows import (
    BalanceRow,
    BaselineRow,
    EventRow,
    ExerciseRow,
    FindingRow,
    HipStepRow,
    QualityRow,
    RejectionRow,
    RollRow,
    Row,
    SessionRow,
    StepRow,
    WearRow,
)
from contract.verdicts import MAIN_METRIC, WHOLE_RUN
from dashboards.report.background import NO_ADVICE, Advice

KILOMETRE = "km"
PARTS = ("first_third", "last_third", "change")
"""Windows that say how a run developed."""

MOST_FINDINGS = 3
MOST_EXERCISES = 4
"""More would not be done (product.md 3.3)."""

COURSE_WINDOW = "30s"
COURSE_WINDOW_S = 30.0
FEET = ("left", "right")
NO_REFUSAL = ("", "good", "not done yet")

AnyRow = TypeVar("AnyRow", bound=Row)


class RowSource(Protocol):
    """Where rows are kept, as far as a report needs it."""

    def rows(self, kind: type[AnyRow], session: str, /) -> Sequence[AnyRow]:
        """All rows of that kind in a session, by time."""

    def session(self, session: str, /) -> SessionRow | None:
        """Row of a session, or None when there is no such session."""

    def meta(self, session: str, /) -> SessionMeta | None:
        """Description of a session as it was sent, or None when none has come."""


@dataclass(frozen=True)
class ReportData:
    """All that one report shows.

    Attributes
    ----------
    session : SessionRow
        The run itself.
    balance : dict of str to BalanceRow
        Left against right over the whole run, by metric.
    course : tuple of BalanceRow
        Contact time left against right, one row per 30 s window, by time.
    steps : tuple of StepRow
        All steps of the run.
    rejections : Counter of (side, reason)
        How many strides gave no step, and why.
    wear, quality, events, hip_steps : tuple of rows
        As stored.
    zone : tzinfo or None
        Time zone of the dates; None is the zone of this computer.
    baseline : dict of str to BaselineRow
        The runner's own earlier runs, by metric.
    findings, exercises : tuple of rows
        What stands out and what to do, in their order; the plan of today where the run
        itself has none.
    splits : tuple of BalanceRow
        Parts of the run: thirds, their change, kilometres; all metrics.
    advice : Advice
        What the caller knows beside the rows.
    roll : tuple of RollRow
        Mean roll of each shoe over ground contact.
    meta : SessionMeta or None
        The run's own description: its sensors, and how their radio did.
    """

    session: SessionRow
    balance: dict[str, BalanceRow] = field(default_factory=dict)
    course: tuple[BalanceRow, ...] = ()
    steps: tuple[StepRow, ...] = ()
    rejections: Counter[tuple[str, str]] = field(default_factory=Counter)
    wear: tuple[WearRow, ...] = ()
    quality: tuple[QualityRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    zone: tzinfo | None = None
    hip_steps: tuple[HipStepRow, ...] = ()
    baseline: dict[str, BaselineRow] = field(default_factory=dict)
    findings: tuple[FindingRow, ...] = ()
    exercises: tuple[ExerciseRow, ...] = ()
    splits: tuple[BalanceRow, ...] = ()
    advice: Advice = NO_ADVICE
    roll: tuple[RollRow, ...] = ()
    meta: SessionMeta | None = None

    @property
    def feet(self) -> tuple[str, ...]:
        """The feet whose sensor gave samples, or that steps are known of."""
        seen = {row.side for row in self.quality if row.samples > 0}
        seen |= {row.side for row in self.steps}
        return tuple(side for side in FEET if side in seen)

    @property
    def has_hip(self) -> bool:
        """Whether the hip sensor gave samples."""
        return any(row.side == "hip" and row.samples > 0 for row in self.quality)

    @property
    def links(self) -> dict[str, LinkInfo]:
        """How the radio did, by where the sensor was worn; empty for a recording."""
        sensors = self.meta.sensors if self.meta else {}
        return {
            side: link
            for side in sorted(sensors, key=_place)
            if (link := sensors[side].link) is not None
        }

    @property
    def used_pct(self) -> float | None:
        """Share of the strides that gave a step, in percent."""
        strides = self.session.steps + self.session.rejected
        return 100.0 * self.session.steps / strides if strides else None

    def contact_times_ms(self, side: str) -> list[float]:
        """Ground contact times of one foot, in milliseconds."""
        return [1000.0 * s.contact_time_s for s in self.steps if s.side == side]

    def impacts_g(self, side: str) -> list[float]:
        """Shocks of one foot's steps, those that reached the sensor's range left out.

        Of such a step only a lower bound is known.
        """
        return [
            s.impact_g
            for s in self.steps
            if s.side == side and s.impact_g is not None and not s.is_clipped
        ]


def collect(
    store: RowSource,
    session: str,
    zone: tzinfo | None = None,
    advice: Advice = NO_ADVICE,
) -> ReportData:
    """Gather the rows of a session; raises `StoreError` when it does not exist."""
    row = store.session(session)
    if row is None:
        raise StoreError(
            f"there is no session {session!r}",
            "the store holds no row of that name",
            "Check the session id; ids look like 20261121t0640-7k2f.",
        )
    balance = store.rows(BalanceRow, session)
    rejected = store.rows(RejectionRow, session)
    return ReportData(
        session=row,
        balance={b.metric: b for b in balance if b.window == WHOLE_RUN},
        course=tuple(b for b in balance if _is_course(b)),
        steps=tuple(store.rows(StepRow, session)),
        roll=tuple(store.rows(RollRow, session)),
        rejections=Counter((r.side, r.reason) for r in rejected),
        wear=tuple(store.rows(WearRow, session)),
        quality=tuple(
            sorted(store.rows(QualityRow, session), key=lambda q: _place(q.side))
        ),
        events=tuple(store.rows(EventRow, session)),
        zone=zone,
        hip_steps=tuple(store.rows(HipStepRow, session)),
        baseline={b.metric: b for b in store.rows(BaselineRow, session)},
        findings=_findings(store.rows(FindingRow, session)),
        exercises=_exercises(store.rows(ExerciseRow, session) or advice.exercises),
        splits=tuple(b for b in balance if b.window in (KILOMETRE, *PARTS)),
        advice=advice,
        meta=store.meta(session),
    )


def _findings(rows: Iterable[FindingRow]) -> tuple[FindingRow, ...]:
    return tuple(sorted(rows, key=lambda r: r.rank)[:MOST_FINDINGS])


def _exercises(rows: Iterable[ExerciseRow]) -> tuple[ExerciseRow, ...]:
    return tuple(sorted(rows, key=lambda r: r.place)[:MOST_EXERCISES])


def _place(side: str) -> tuple[int, str]:
    """Left, right, then all others by name, in whatever order the store gives them."""
    return FEET.index(side) if side in FEET else len(FEET), side


def is_refused(row: QualityRow) -> bool:
    """Whether a shoe sensor gave data that could not be analysed; its row says why."""
    is_unknown = row.activity == "unknown" and row.samples > 0
    return row.side in FEET and is_unknown and row.calibration not in NO_REFUSAL


def _is_course(row: BalanceRow) -> bool:
    return row.window == COURSE_WINDOW and row.metric == MAIN_METRIC
