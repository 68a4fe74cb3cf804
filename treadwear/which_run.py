"""Which run a command took when it was told "last": whose, of when, in which shoe."""

from datetime import UTC, datetime

from contract.rows import SessionRow
from contract.units import NS_PER_S
from treadwear.tables import plain


def run_words(row: SessionRow) -> str:
    """Give one line about a run, such as "zorapel, 21 Nov 20:13, Pegasus blue".

    The year is told where it is another than this one.
    """
    when = datetime.fromtimestamp(row.time_ns // NS_PER_S, tz=UTC).astimezone()
    is_now = when.year == datetime.now(UTC).astimezone().year
    year = "" if is_now else f" {when.year}"
    parts = (row.runner, f"{when.day} {when:%b}{year} {when:%H:%M}", row.shoe)
    return ", ".join(plain(part) for part in parts if part)
