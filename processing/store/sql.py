"""SQL of the row tables, made from `contract.schema`: create, insert, select.

Columns are always named, never counted: a table that was made by an earlier version
has its newer columns at the end.
"""

from typing import Any

from contract.schema import Column, Measurement

_SQL_KINDS = {"float": "REAL", "int": "INTEGER", "text": "TEXT", "bool": "INTEGER"}

OTHER_TABLES = """
CREATE TABLE IF NOT EXISTS frame (
    session TEXT, slot INTEGER, epoch INTEGER, seq INTEGER, runner TEXT, payload BLOB,
    PRIMARY KEY (session, slot, epoch, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lost (
    session TEXT, slot INTEGER, epoch INTEGER, first_seq INTEGER, last_seq INTEGER,
    PRIMARY KEY (session, slot, epoch, first_seq, last_seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (
    session TEXT PRIMARY KEY, runner TEXT, payload BLOB, is_closed INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS dead_letter (
    id INTEGER PRIMARY KEY, topic TEXT, reason TEXT, payload BLOB, received_ns INTEGER);
CREATE TABLE IF NOT EXISTS record (
    runner TEXT, kind TEXT, name TEXT, time_ns INTEGER, payload BLOB,
    PRIMARY KEY (runner, kind, name, time_ns)) WITHOUT ROWID;
"""
"""Tables that hold no rows of the contract: raw data, and what is known of people."""


OUTBOX_TABLES = """
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER, session TEXT, rows INTEGER,
    bytes INTEGER, time_ns INTEGER, payload TEXT);
CREATE INDEX IF NOT EXISTS outbox_session ON outbox (session, kind);
CREATE INDEX IF NOT EXISTS outbox_whole ON outbox (session) WHERE kind >= 3;
CREATE TABLE IF NOT EXISTS outbox_refused (
    id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT, error TEXT, time_ns INTEGER);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT OR IGNORE INTO state VALUES ('feed', 0), ('rows', 0), ('bytes', 0),
    ('refused', 0), ('given_up', 0), ('influx', 'off');
"""
"""What waits for InfluxDB, what it refused, and how things stand.

Ids are never used twice (AUTOINCREMENT): what is on its way may be taken out of the
queue meanwhile.
"""

OUTBOX_TRIGGERS = (
    """CREATE TRIGGER IF NOT EXISTS outbox_grows AFTER INSERT ON outbox BEGIN
    UPDATE state SET value = value + new.rows WHERE name = 'rows';
    UPDATE state SET value = value + new.bytes WHERE name = 'bytes'; END""",
    """CREATE TRIGGER IF NOT EXISTS outbox_shrinks AFTER DELETE ON outbox BEGIN
    UPDATE state SET value = value - old.rows WHERE name = 'rows';
    UPDATE state SET value = value - old.bytes WHERE name = 'bytes'; END""",
)
"""They keep the sums of what waits, so that asking for them costs nothing."""


def quoted(name: str) -> str:
    """Give a name as SQL takes it, also when it is a word of SQL."""
    return f'"{name}"'


def declared(column: Column) -> str:
    """Name and kind of a column, as a table declares it."""
    return f"{quoted(column.name)} {_SQL_KINDS[column.kind]}"


def create(kind: Measurement) -> str:
    """Make the table unless it is there."""
    columns = ", ".join(map(declared, kind.columns))
    keys = ", ".join(kind.keys)
    return (
        f"CREATE TABLE IF NOT EXISTS {quoted(kind.name)}"
        f" ({columns}, PRIMARY KEY ({keys})) WITHOUT ROWID;\n"
    )


def upsert(kind: Measurement) -> str:
    """Insert a row, or replace the one with the same keys."""
    names = ", ".join(quoted(c.name) for c in kind.columns)
    marks = ", ".join("?" for _ in kind.columns)
    into = f"{quoted(kind.name)} ({names})"
    return f"INSERT OR REPLACE INTO {into} VALUES ({marks})"  # noqa: S608 - our names


def select(kind: Measurement) -> str:
    """Read all columns, in the order of the row class."""
    names = ", ".join(quoted(c.name) for c in kind.columns)
    return f"SELECT {names} FROM {quoted(kind.name)}"  # noqa: S608 - our names


def points(kind: Measurement) -> str:
    """Read what tells the points of a session apart: keys, then tags, of its rows."""
    names = ", ".join(quoted(name) for name in (*kind.keys, *kind.tags))
    return f"SELECT {names} FROM {quoted(kind.name)} WHERE session = ?"  # noqa: S608 - our names


def one(kind: Measurement) -> str:
    """Read all columns of the row with these keys."""
    return f"{select(kind)} WHERE " + " AND ".join(
        f"{quoted(k)} = ?" for k in kind.keys
    )


def in_order(kind: Measurement) -> str:
    """Order by time, then by what else tells rows apart."""
    return " ORDER BY " + ", ".join(
        ("time_ns", *(quoted(k) for k in kind.keys if k != "time_ns"))
    )


def revive(kind: Measurement, values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a row
    """Row of the values that ``select`` gave."""
    named = {
        c.name: bool(v) if c.kind == "bool" and v is not None else v
        for c, v in zip(kind.columns, values, strict=True)
    }
    return kind.row(**named)


def earlier(kind: Measurement, equal: list[str]) -> str:
    """Read a runner's finished sessions that began before a time.

    Takes runner, time, and the words that the columns ``equal`` must hold.
    """
    ended = (
        "SELECT session FROM \"session\" WHERE runner = ? AND state = 'ended'"
        " AND time_ns < ?"
    )
    also = "".join(f" AND {quoted(name)} = ?" for name in equal)
    return f"{select(kind)} WHERE session IN ({ended}){also}{in_order(kind)}"


OPEN_SESSIONS = (
    "WITH RECURSIVE stored (session) AS (SELECT min(session) FROM frame UNION ALL"
    " SELECT (SELECT min(session) FROM frame WHERE session > stored.session)"
    " FROM stored WHERE stored.session IS NOT NULL)"
    " SELECT session FROM stored WHERE session IS NOT NULL"
    " AND session NOT IN (SELECT session FROM meta WHERE is_closed)"
    " UNION SELECT session FROM meta WHERE NOT is_closed"
)
"""Sessions with frames or a description that were not closed. One step of the index
for each with frames: reading a season of frames for their names takes minutes."""

MOST_LETTERS = 10_000
"""Messages set aside that are kept: 4 kB each at most, so 40 MB."""

OLD_LETTERS = (
    "DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - ?"
)
