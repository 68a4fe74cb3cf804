"""Whatever happens in whatever order, InfluxDB ends up with the rows of the database.

Several processes write, the sender is killed at any point, answers are lost, there is
too little room, the clock goes backwards. The database and its queue are real. InfluxDB
is stood in for by its one rule, that points merge field by field: a real one takes tens
of milliseconds for each deletion (`tests.processing.test_influx_faults` has it).
"""

import dataclasses
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from contract.rows import BalanceRow
from contract.schema import ALL_MEASUREMENTS, MEASUREMENTS
from processing.store.forwarder import Courier
from processing.store.influx_faults import InfluxAwayError, InfluxTooLargeError
from processing.store.outbox import Kind
from processing.store.sqlite import SqliteStore
from tests.influxd import Points, points_in, step
from tests.processing.test_outbox import LIVE, SESSION, WEAR, balance

_LINE = re.compile(r"(\w+),(\S+) (.+) (\d+)")
_FIELD = re.compile(r'(\w+)=("[^"]*"|[^,]+)')


class Held:
    """What InfluxDB holds; fails when told to, before or after it did its work."""

    def __init__(self) -> None:
        self.points: Points = {}
        self.calls_until_fault: int | None = None
        self.does_its_work = False
        self.most_lines = 10**6
        self.meanwhile: Callable[[], None] | None = None
        self.calls_until_meanwhile = 0

    def write(self, lines: Sequence[str]) -> None:
        if len(lines) > self.most_lines:
            raise InfluxTooLargeError("too large", "so many", "fewer")
        self._serve(lambda: [self._take(line) for line in lines])

    def delete(
        self, measurement: str, where: Mapping[str, str], time_ns: int | None = None
    ) -> None:
        def work() -> None:
            for name, t_ns, tags in list(self.points):
                is_meant = name == measurement and time_ns in (None, t_ns)
                if is_meant and set(where.items()) <= tags:
                    del self.points[name, t_ns, tags]

        self._serve(work)

    def _serve(self, work: Callable[[], object]) -> None:
        if self.meanwhile is not None:
            self.calls_until_meanwhile -= 1
            if self.calls_until_meanwhile < 0:
                meanwhile, self.meanwhile = self.meanwhile, None
                meanwhile()
        is_faulty = self.calls_until_fault == 0
        if not is_faulty or self.does_its_work:
            work()
        if is_faulty:
            self.calls_until_fault = None
            raise InfluxAwayError("away", "no answer", "again")
        if self.calls_until_fault is not None:
            self.calls_until_fault -= 1

    def _take(self, line: str) -> None:
        found = _LINE.fullmatch(line)
        assert found is not None, line
        name, tags, fields, time_ns = found.groups()
        known = frozenset(tuple(tag.split("=")) for tag in tags.split(","))
        point: Any = (name, int(time_ns), known)
        told = {k: _value(name, k, v) for k, v in _FIELD.findall(fields)}
        self.points.setdefault(point, {}).update(told)


def _value(name: str, field: str, word: str) -> float | str | bool:
    kind = {c.name: c.kind for c in ALL_MEASUREMENTS[name].fields}[field]
    if kind == "text":
        return word.strip('"')
    return word == "true" if kind == "bool" else float(word.removesuffix("i"))


NUMBERS = st.lists(st.integers(0, 12), min_size=1, max_size=8)
ANGLES = st.sampled_from([None, 4.0, 5.0])
SESSIONS = st.sampled_from(["s1", "s2"])
WRITERS = st.integers(0, 1)
DELETIONS = len(MEASUREMENTS)
"""Of a whole session; then its rows are read and written, kind by kind."""
FAULTS = st.one_of(st.none(), st.tuples(st.integers(0, 12), st.booleans()))


class Club(RuleBasedStateMachine):
    """Two processes that write, one that sends and is killed, and a small disk."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.path = Path(self.place.name) / "treadwear.db"
        self.stores = [SqliteStore.open(self.path) for _ in range(2)]
        self.stores[0].feed(is_on=True)
        self.held = Held()
        self.now_ns = 1_800_000_000_000_000_000

    @initialize(most_bytes=st.sampled_from([700, 3000, 10**6]))
    def room(self, most_bytes: int) -> None:
        self.limit(most_bytes)

    @rule(most_bytes=st.sampled_from([700, 3000, 10**6]))
    def limit(self, most_bytes: int) -> None:
        with self.stores[0].writing():
            self.stores[0].outbox.remember("most_bytes", most_bytes)

    @rule(writer=WRITERS, session=SESSIONS, numbers=NUMBERS, angle=ANGLES)
    def steps(
        self, writer: int, session: str, numbers: list[int], angle: float | None
    ) -> None:
        rows = [step(n, session=session, strike_angle_deg=angle) for n in numbers]
        self.stores[writer].write(rows)

    @rule(writer=WRITERS, shoe=st.sampled_from(["", "blue", "red"]))
    def shoe(self, writer: int, shoe: str) -> None:
        named = [dataclasses.replace(row, shoe=shoe) for row in (WEAR, SESSION)]
        self.stores[writer].write(named)

    @rule(writer=WRITERS, windows=NUMBERS)
    def compare(self, writer: int, windows: list[int]) -> None:
        rows = [balance("contact_time_s", window) for window in windows]
        self.stores[writer].replace("s1", (BalanceRow,), rows)

    @rule(writer=WRITERS, session=SESSIONS, numbers=NUMBERS)
    def reprocess(self, writer: int, session: str, numbers: list[int]) -> None:
        self.stores[writer].clear_rows(session)
        self.stores[writer].write([step(n, session=session) for n in numbers])

    def reprocess_and_backfill(self, session: str, numbers: list[int]) -> None:
        self.reprocess(1, session, numbers[:1])
        self.backfill(1, session)

    @rule(writer=WRITERS, session=SESSIONS)
    def backfill(self, writer: int, session: str) -> None:
        self.stores[writer].send_again([session])

    @rule(seconds=st.integers(0, 50))
    def show_live(self, seconds: int) -> None:
        time_ns = LIVE.time_ns + seconds
        self.stores[0].announce([dataclasses.replace(LIVE, time_ns=time_ns)])

    @rule(fault=FAULTS, most_lines=st.sampled_from([1, 3, 10**6]))
    def send(self, fault: tuple[int, bool] | None, most_lines: int) -> None:
        """One round of a sender that is new each time: it was killed before."""
        self.held.most_lines = most_lines
        if fault is not None:
            self.held.calls_until_fault, self.held.does_its_work = fault
        with suppress(InfluxAwayError):
            self._courier().send_oldest()
        self.held.calls_until_fault = None

    @rule(
        session=SESSIONS,
        numbers=NUMBERS,
        words=st.sampled_from(["steps", "steps", "reprocess", "backfill", "both"]),
        is_calm=st.booleans(),
        is_whole=st.booleans(),
        calls=st.sampled_from([0, 1, *range(DELETIONS, DELETIONS + 4)]),
    )
    def send_while_another_writes(
        self,
        session: str,
        numbers: list[int],
        words: str,
        *,
        is_calm: bool,
        is_whole: bool,
        calls: int,
    ) -> None:
        """Another process acts while an answer is waited for, the first or a later."""
        acts: dict[str, Callable[[], None]] = {
            "steps": lambda: self.steps(1, session, numbers, None),
            "reprocess": lambda: self.reprocess(1, session, numbers),
            "backfill": lambda: self.backfill(1, session),
            "both": lambda: self.reprocess_and_backfill(session, numbers),
        }
        if is_calm:
            self.drain()
        if is_whole:
            self.backfill(1, session)
        else:
            self.steps(1, session, numbers, None)
        self.held.meanwhile = acts[words]
        self.held.calls_until_meanwhile = calls if is_whole else 0
        self._courier().send_oldest()
        self.held.meanwhile = None

    @rule(seconds=st.sampled_from([-(10**6), -5, 5, 10**6]))
    def set_the_clock(self, seconds: int) -> None:
        """What waits is dated by a clock that went elsewhere meanwhile."""
        with self.stores[0].writing():
            sql = "UPDATE outbox SET time_ns = time_ns + ?"
            self.stores[0]._db.execute(sql, (seconds * 10**9,))

    @rule()
    def start_again(self) -> None:
        self.stores[0].close()
        self.stores[0] = SqliteStore.open(self.path)

    @invariant()
    def the_sums_are_right(self) -> None:
        told = self.stores[1].backlog()
        sql = "SELECT coalesce(sum(rows), 0), coalesce(sum(bytes), 0) FROM outbox"
        assert self.stores[1]._db.execute(sql).fetchone() == (
            told.rows,
            told.size_bytes,
        )
        assert told.age_s >= 0.0

    @invariant()
    def a_session_that_waits_whole_waits_once(self) -> None:
        sql = (
            "SELECT count(*) FROM outbox WHERE kind = ? AND session IN"
            " (SELECT session FROM outbox WHERE kind = ? GROUP BY session)"
        )
        for kind in (Kind.LINES, Kind.DELETION):
            found = self.stores[1]._db.execute(sql, (kind, Kind.WHOLE))
            assert found.fetchone() == (0,)

    def drain(self) -> None:
        self.held.most_lines = 10**6
        while self._courier().send_oldest():
            pass

    def teardown(self) -> None:
        self.drain()
        kept = {p: f for p, f in self.held.points.items() if p[0] in MEASUREMENTS}
        wanted = points_in(self.path)
        told = self.stores[0].backlog()
        for store in self.stores:
            store.close()
        self.place.cleanup()
        assert kept == wanted
        assert (told.rows, told.size_bytes, told.refused_rows) == (0, 0, 0)

    def _courier(self) -> Courier:
        return Courier(self.stores[0], self.held)  # type: ignore[arg-type]


Club.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestWhateverHappens = Club.TestCase
"""The rules above, in random order."""
