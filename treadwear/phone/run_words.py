"""One line on a run: when, how left and right compared, and how sure that is."""

from datetime import UTC, datetime

from contract.rows import BalanceRow, BaselineRow, SessionRow
from contract.units import NS_PER_S
from contract.verdicts import MAIN_METRIC, NOT_ENOUGH, SIDES_IN_DOUBT, WHOLE_RUN
from dashboards.phone.state import RunLine
from processing.store.sqlite import SqliteStore
from processing.verdict import JUDGED
from treadwear.gate import advice, rows_of

_WEEK_DAYS = 6


def run_line(store: SqliteStore, row: SessionRow) -> RunLine:
    """Say how a run that is over went."""
    return RunLine(
        session=row.session,
        when=when_words(row.time_ns),
        verdict=row.verdict,
        words=_words(store, row),
    )


def when_words(time_ns: int, now: datetime | None = None) -> str:
    """Say when that was, as one would say it today, where this computer is."""
    then = datetime.fromtimestamp(time_ns // NS_PER_S, UTC).astimezone()
    now = now or datetime.now(UTC).astimezone()
    days = (now.date() - then.date()).days
    if days == 0:
        return f"today, {then:%H:%M}"
    if days == 1:
        return "yesterday"
    return f"{then:%A}" if 0 < days <= _WEEK_DAYS else f"{then.day} {then:%B %Y}"


def _words(store: SqliteStore, row: SessionRow) -> str:
    """Say the difference with its interval, or what is missing for one."""
    if row.verdict == NOT_ENOUGH:
        why, what_to_do = advice(rows_of(store, row.session))
        return f"{why[0].upper()}{why[1:]}. {what_to_do}"
    if row.verdict == SIDES_IN_DOUBT:
        return "It is in doubt which sensor was on which foot."
    if row.verdict not in JUDGED:
        return ""
    found = store.rows(BalanceRow, row.session)
    whole = [b for b in found if (b.window, b.metric) == (WHOLE_RUN, MAIN_METRIC)]
    if not whole:
        return ""
    own = [b for b in store.rows(BaselineRow, row.session) if b.metric == MAIN_METRIC]
    return difference_words(whole[0]) + (_own_words(own[0]) if own else "")


def difference_words(row: BalanceRow) -> str:
    """Say which foot stayed down longer and how sure that is."""
    low, high = sorted((row.ci_low, row.ci_high))
    if low <= 0 <= high:
        return f"Likely between {_on_side(low)} and {_on_side(high)}."
    side = "Right" if row.size > 0 else "Left"
    near, far = sorted((abs(low), abs(high)))
    size = f"{side} stayed down {abs(row.size):.1f} % longer"
    return f"{size}, likely {near:.1f} to {far:.1f} %."


def _own_words(own: BaselineRow) -> str:
    reach = f"{_on_side(own.band_low)} to {_on_side(own.band_high)}"
    return f" Your own normal: {reach}."


def _on_side(size_pct: float) -> str:
    text = f"{abs(size_pct):.1f}"
    if not text.strip("0."):
        return "even"
    return f"{text} % longer {'right' if size_pct > 0 else 'left'}"
