"""How the processing does: counts, and how long steps take from shoe to disk."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from contract.model import FloatArray
from contract.rows import Row, StepRow
from contract.service_rows import SERVICE, PipelineRow
from contract.units import NS_PER_S
from processing.store.base import Backlog

_LOOKED_BACK_S = 60.0
_LIVE_S = 3600.0
"""Steps further from now are of a recording: how late they are says nothing."""
_MEMORY = Path("/proc/self/statm")
_PAGE_MB = 4096 / 2**20


@dataclass(slots=True)
class Counters:
    """What the service has done since it started."""

    received: int = 0
    refused: int = 0
    stored: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    lost: int = 0
    store_failures: int = 0
    failed_sessions: int = 0
    steps: int = 0


class Lags:
    """From a step's end (toe-off) to the moment after its row was first committed."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, FloatArray]] = deque()

    def note(self, ends_ns: FloatArray, now_ns: int) -> None:
        """Take steps in that were just committed."""
        lag_s = (now_ns - ends_ns) / NS_PER_S
        live = lag_s[np.abs(lag_s) < _LIVE_S]
        now_s = now_ns / NS_PER_S
        if len(live):
            self._seen.append((now_s, live))
        while self._seen and now_s - self._seen[0][0] > _LOOKED_BACK_S:
            self._seen.popleft()

    def percentiles(self) -> tuple[float | None, float | None]:
        """Median and 99th percentile (s) of the last minute; None without steps."""
        if not self._seen:
            return None, None
        all_s = np.concatenate([lag_s for _, lag_s in self._seen])
        p50, p99 = np.percentile(all_s, [50.0, 99.0]).tolist()
        return p50, p99


class StepWatch:
    """Knows which steps of one session are written for the first time.

    A step's row may be written again when the other foot has landed; it is new when it
    is later than all before it of its side. The first ones of a side have waited until
    the sensor was calibrated: they are counted, how late they are is not.
    """

    def __init__(self) -> None:
        self._latest_ns: dict[str, int] = {}

    def look(self, rows: Iterable[Row]) -> tuple[int, list[float]]:
        """How many steps are new among these rows, and when those in time ended."""
        count, ends = 0, []
        latest = dict(self._latest_ns)
        for row in rows:
            if not isinstance(row, StepRow):
                continue
            known_ns = self._latest_ns.get(row.side)
            if known_ns is not None and row.time_ns <= known_ns:
                continue
            count += 1
            latest[row.side] = max(latest.get(row.side, row.time_ns), row.time_ns)
            if known_ns is not None:
                ends.append(row.time_ns + row.contact_time_s * NS_PER_S)
        self._latest_ns = latest
        return count, ends


@dataclass(frozen=True, slots=True)
class Load:
    """Which of the processes this is (from 0), and what is in its memory now."""

    number: int
    sessions: int
    inbox: int


def pipeline_row(
    counters: Counters, lags: Lags, load: Load, backlog: Backlog, started_ms: int
) -> PipelineRow:
    """Row about the service as it is now."""
    p50_s, p99_s = lags.percentiles()
    return PipelineRow(
        runner=SERVICE,
        session=f"{SERVICE}-{load.number + 1}" if load.number else SERVICE,
        side="both",
        time_ns=time.time_ns(),
        started_ms=started_ms,
        sessions=load.sessions,
        received=counters.received,
        stored=counters.stored,
        duplicates=counters.duplicates,
        lost=counters.lost,
        dead_letters=counters.dead_letters,
        refused=counters.refused,
        inbox=load.inbox,
        failed_sessions=counters.failed_sessions,
        store_failures=counters.store_failures,
        steps=counters.steps,
        lag_p50_s=p50_s,
        lag_p99_s=p99_s,
        outbox_rows=backlog.rows,
        outbox_bytes=backlog.size_bytes,
        outbox_age_s=backlog.age_s,
        outbox_refused=backlog.refused_rows,
        influx=backlog.influx,
        memory_mb=_memory_mb(),
    )


def _memory_mb() -> float | None:
    """Memory that this process holds now, where the system tells (Linux)."""
    try:
        pages = int(_MEMORY.read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * _PAGE_MB
