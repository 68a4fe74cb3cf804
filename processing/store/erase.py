"""What it takes to forget a runner, as SQL statements; `SqliteStore.erase` runs them.

Everything about the person goes: rows, raw frames, descriptions, messages set aside,
shoes, sensors, assessments, pain. What InfluxDB still has is deleted over there.
"""

from dataclasses import dataclass

from contract.schema import MEASUREMENTS
from contract.topics import ROOT
from processing.store.sql import quoted


@dataclass(frozen=True, slots=True)
class Erased:
    """What a runner's data were, now that they are gone."""

    sessions: tuple[str, ...] = ()
    rows: int = 0
    frames: int = 0
    records: int = 0
    letters: int = 0


SESSIONS = (
    "SELECT session FROM meta WHERE runner = :runner"
    " UNION SELECT session FROM frame WHERE runner = :runner"
    ' UNION SELECT session FROM "session" WHERE runner = :runner'
)
"""All runs of a runner, also those whose description never came."""

_LOST = f"DELETE FROM lost WHERE session IN ({SESSIONS})"  # noqa: S608 - our words
_LETTERS = f"DELETE FROM dead_letter WHERE topic GLOB '{ROOT}/' || :runner || '/*'"  # noqa: S608 - our words
FRAMES, RECORDS, LETTERS, ROWS = "frames", "records", "letters", "rows"


def statements() -> list[tuple[str, str]]:
    """What each statement counts towards ("" nothing), and the statement, in order."""
    every_row = [
        (ROWS, f"DELETE FROM {quoted(name)} WHERE runner = :runner")  # noqa: S608 - our names
        for name in MEASUREMENTS
    ]
    return [
        ("", _LOST),
        *every_row,
        (FRAMES, "DELETE FROM frame WHERE runner = :runner"),
        ("", "DELETE FROM meta WHERE runner = :runner"),
        (RECORDS, "DELETE FROM record WHERE runner = :runner"),
        (LETTERS, _LETTERS),
    ]
