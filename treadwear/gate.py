"""What a finished run leaves the command with: nothing to add, or why, and a code.

Every command that ends with a verdict asks here, so that the same recording gives the
same exit code on every way.
"""

from collections.abc import Sequence

from contract.errors import QualityError, TreadwearError
from contract.rows import BalanceRow, EventRow, QualityRow, Row, SessionRow
from contract.verdicts import MAIN_METRIC, NOT_ENOUGH, WHOLE_RUN
from processing.settings import BalanceSettings, EventSettings
from processing.store.sqlite import SqliteStore

Advice = tuple[str, str]
"""Why there is no comparison, and what to do."""

ON_ONE_FOOT = "both may be on one foot"
"""What `processing.placement` ends its sentence with."""
_LONGER = "Record half a minute of running or more, after a moment of standing still."
# 80 Hz is the limit; of the rates that sensors offer, 100 Hz is the next above it.
_FASTER = (
    f"Contact times need {EventSettings().least_rate_hz:g} Hz; set the sensor to"
    " 100 Hz or more."
)


def rows_of(store: SqliteStore, session: str) -> list[Row]:
    """Read the rows of a stored session that `check_run` looks at."""
    return [
        store.session(session),
        *store.rows(QualityRow, session),
        *store.rows(BalanceRow, session),
        *store.rows(EventRow, session),
    ]


def check_run(rows: Sequence[Row], *, lost_frames: int = 0) -> None:
    """Raise what the command is to leave with, once the result is printed.

    "No running found", "one foot only" and "hip only" are answers; "not enough good
    data" is none.
    """
    if lost_frames:
        raise lost_data(lost_frames)
    run = next(row for row in rows if isinstance(row, SessionRow))
    if run.verdict == NOT_ENOUGH:
        what = "there is not enough good data to compare left and right"
        raise QualityError(what, *advice(rows))


def lost_data(frames: int) -> TreadwearError:
    """Give the error that says how many frames the disk buffer had to let go."""
    verb = "frame was" if frames == 1 else "frames were"
    return TreadwearError(
        f"{frames} {verb} lost: the disk buffer was full",
        "processing or the broker was away or slower than the data",
        "Give it more room with TREADWEAR_SPOOL_MB, or replay with a lower --speed.",
    )


def advice(rows: Sequence[Row]) -> Advice:
    """Say why left and right cannot be compared, the most basic obstacle first."""
    sensors = [r for r in rows if isinstance(r, QualityRow)]
    feet = [r for r in sensors if r.side != "hip"]
    refused = [q for q in feet or sensors if q.activity == "unknown" and not q.steps]
    if refused:
        return _refused(refused)
    if not feet:
        return "no shoe sensor was recorded", "Wear a sensor on each shoe."
    on_one_foot = [e.text for e in _events(rows) if ON_ONE_FOOT in e.text]
    if on_one_foot:
        return on_one_foot[0], "Put one sensor on each shoe and record again."
    n_pairs = max((row.n_pairs for row in _contact_times(rows)), default=0)
    needed = BalanceSettings().report_pairs
    if not n_pairs:
        return _unpaired(feet)
    if n_pairs < needed:
        return f"{n_pairs} of the {needed} pairs of steps needed were found", _LONGER
    worst = max(feet, key=lambda q: q.rejected)
    why = f"{worst.side}: {worst.rejected} of {worst.strides} strides cannot be used"
    return why, "Seat both sensors firmly and record again."


def _events(rows: Sequence[Row]) -> list[EventRow]:
    return [row for row in rows if isinstance(row, EventRow)]


def _contact_times(rows: Sequence[Row]) -> list[BalanceRow]:
    return [
        row
        for row in rows
        if isinstance(row, BalanceRow)
        and (row.window, row.metric) == (WHOLE_RUN, MAIN_METRIC)
    ]


def _refused(feet: Sequence[QualityRow]) -> Advice:
    rates_hz = [q.rate_hz or 0.0 for q in feet]
    words = [
        f"{q.side}: {q.calibration} ({rate_hz:.4g} Hz)"
        for q, rate_hz in zip(feet, rates_hz, strict=True)
    ]
    is_slow = min(rates_hz) < EventSettings().least_rate_hz
    return "; ".join(words), _FASTER if is_slow else _LONGER


def _unpaired(feet: Sequence[QualityRow]) -> Advice:
    if sum(q.steps > 0 for q in feet) < 2:
        return "too few steps were found", _LONGER
    why = "no left step could be paired with a right step"
    return why, "Check that both sensors were recorded at the same time."
