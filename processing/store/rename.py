"""A shoe gets another name: every row, description and record that names it.

Runs by `SqliteStore.rename_shoe` in one transaction, so that a baseline never sees half
of the runs of a pair under one name and half under the other.
"""

import msgspec

from contract.messages import SessionMeta, dumps, loads
from contract.people import FitCheck, Mount, Pairing, Shoe
from contract.schema import MEASUREMENTS
from processing.store.base import RECORD_KINDS
from processing.store.database import Connection
from processing.store.sql import quoted

_WORN = [
    name
    for name, kind in MEASUREMENTS.items()
    if "shoe" in {column.name for column in kind.columns}
]
"""Tables whose rows say in which shoe they were run."""

_NAMED: tuple[type[Shoe] | type[Pairing] | type[FitCheck] | type[Mount], ...] = (
    Shoe,
    Pairing,
    FitCheck,
    Mount,
)
"""Records that name a shoe, a mount beside its own name."""


def rename_shoe(db: Connection, runner: str, old: str, new: str) -> list[str]:
    """Rename within a transaction of the caller; gives the sessions it was worn in."""
    sessions = _describe_anew(db, runner, old, new)
    where = (runner, old)
    for name in _WORN:
        table = quoted(name)
        worn = f"SELECT DISTINCT session FROM {table} WHERE runner = ? AND shoe = ?"  # noqa: S608 - our names
        sessions |= {found for (found,) in db.execute(worn, where)}
        rename = f"UPDATE {table} SET shoe = ? WHERE runner = ? AND shoe = ?"  # noqa: S608 - our names
        db.execute(rename, (new, *where))
    _keep_anew(db, runner, old, new)
    return sorted(sessions)


def _describe_anew(db: Connection, runner: str, old: str, new: str) -> set[str]:
    """Rename in descriptions; gives their sessions."""
    sql = "SELECT payload FROM meta WHERE runner = ?"
    metas = [loads(payload, SessionMeta) for (payload,) in db.execute(sql, (runner,))]
    worn = [meta for meta in metas if meta.shoe == old]
    db.executemany(
        "UPDATE meta SET payload = ? WHERE session = ?",
        [(dumps(msgspec.structs.replace(m, shoe=new)), m.session) for m in worn],
    )
    return {meta.session for meta in worn}


def _keep_anew(db: Connection, runner: str, old: str, new: str) -> None:
    """Rename in records, and the records that go by the shoe's name."""
    for kind in _NAMED:
        field = "name" if kind is Shoe else "shoe"
        own = (runner, RECORD_KINDS[kind])
        found = db.execute(
            "SELECT name, time_ns, payload FROM record WHERE runner = ? AND kind = ?",
            own,
        ).fetchall()
        for name, time_ns, payload in found:
            record = loads(payload, kind)
            if getattr(record, field) != old:
                continue
            changed = dumps(msgspec.structs.replace(record, **{field: new}))
            db.execute(
                "UPDATE OR REPLACE record SET name = ?, payload = ? WHERE runner = ?"
                " AND kind = ? AND name = ? AND time_ns = ?",
                (new if name == old else name, changed, *own, name, time_ns),
            )
