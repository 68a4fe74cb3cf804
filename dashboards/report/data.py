"""What one report is made of: the rows of one session, sorted into their places."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Protocol, TypeVar

from contract.errors import StoreError
from contract.rows import (
    BalanceRow,
    EventRow,
    QualityRow,
    RejectionRow,
    Row,
    SessionRow,
    StepRow,
    WearRow,
)

MAIN_METRIC = "contact_time_s"
"""The metric that the verdict is about."""

WHOLE_RUN = "run"
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
    wear, quality, events : tuple of rows
        As stored.
    zone : tzinfo or None
        Time zone of the dates; None is the zone of this computer.
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
    def used_pct(self) -> float | None:
        """Share of the strides that gave a step, in percent."""
        strides = self.session.steps + self.session.rejected
        return 100.0 * self.session.steps / strides if strides else None

    def contact_times_ms(self, side: str) -> list[float]:
        """Ground contact times of one foot, in milliseconds."""
        return [1000.0 * s.contact_time_s for s in self.steps if s.side == side]


def collect(store: RowSource, session: str, zone: tzinfo | None = None) -> ReportData:
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
        rejections=Counter((r.side, r.reason) for r in rejected),
        wear=tuple(store.rows(WearRow, session)),
        quality=tuple(sorted(store.rows(QualityRow, session), key=_place)),
        events=tuple(store.rows(EventRow, session)),
        zone=zone,
    )


def _place(row: QualityRow) -> tuple[int, str]:
    """Left, right, then all others by name, in whatever order the store gives them."""
    return FEET.index(row.side) if row.side in FEET else len(FEET), row.side


def is_refused(row: QualityRow) -> bool:
    """Whether a shoe sensor gave data that could not be analysed; its row says why."""
    is_unknown = row.activity == "unknown" and row.samples > 0
    return row.side in FEET and is_unknown and row.calibration not in NO_REFUSAL


def _is_course(row: BalanceRow) -> bool:
    return row.window == COURSE_WINDOW and row.metric == MAIN_METRIC
