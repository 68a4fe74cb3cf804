"""The collector: feeds sessions into the spool and sends until all is stored."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from collector.feeder import Feeder, SessionPlan, end_session
from collector.flow import FlowSettings
from collector.live_feeder import LiveFeeder
from collector.publish import Publisher, PublisherCounts
from collector.spool import Spool, StreamCounts
from contract.bus import Bus
from contract.errors import TreadwearError, UsageError
from contract.messages import SessionMeta
from contract.model import Slot

__all__ = ["CollectorService", "Progress", "SessionPlan"]

_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one session is.

    ``fed_s`` is time of the run, not of the clock; ``is_stored``: it has ended and
    processing has acknowledged all of it.
    """

    runner: str
    session: str
    fed_s: float
    fed_frames: int
    acked_frames: int
    dropped_frames: int
    is_fed: bool
    is_stored: bool


class CollectorService:
    """Collects sessions; also sends what an earlier process left in the spool.

    Use it as a context manager, or call `start`, `stop` and `close`. One service at a
    time uses a spool; `add` begins further sessions.

    Parameters
    ----------
    bus : Bus
        Where processing listens; stays open.
    spool : Spool
        The buffer on disk; stays open.
    plans : sequence of SessionPlan
        Sessions to begin with.
    speed : float or None
        See `Feeder`; 0 is the same as None.
    settings : FlowSettings, optional
        How frames are sent.
    """

    def __init__(
        self,
        bus: Bus,
        spool: Spool,
        plans: Sequence[SessionPlan] = (),
        *,
        speed: float | None = 1.0,
        settings: FlowSettings | None = None,
    ) -> None:
        if speed is not None and not speed >= 0:
            raise UsageError(f"a speed of {speed} is impossible", "", "Use --speed 1.")
        self._spool = spool
        self._speed = speed or None
        self._plans = list(plans)
        self._stop = threading.Event()
        self._publisher = Publisher(bus, spool, settings)
        self._feeders: list[Feeder | LiveFeeder] = []
        self._threads: list[threading.Thread] = []
        self._faults: list[TreadwearError] = []

    def __enter__(self) -> "CollectorService":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self.close()

    @property
    def counts(self) -> PublisherCounts:
        """What became of frames so far."""
        return self._publisher.counts

    def start(self) -> None:
        """End what a killed process left open, then begin to feed and to send."""
        planned = {(plan.meta.runner, plan.meta.session) for plan in self._plans}
        for meta in self._spool.metas():
            if meta.state == "running" and (meta.runner, meta.session) not in planned:
                end_session(self._spool, meta)
        for plan in self._plans:
            self.add(plan)
        self._publisher.start()

    def add(self, plan: SessionPlan) -> None:
        """Begin a session that is read from sources."""
        feeder = Feeder(
            plan,
            self._spool,
            speed=self._speed,
            stop=self._stop,
            on_append=self._publisher.wake,
        )
        self._begin(feeder)

    def add_live(self, meta: SessionMeta, slots: Sequence[Slot]) -> LiveFeeder:
        """Begin a session that sensors push into what this gives."""
        feeder = LiveFeeder(
            meta, slots, self._spool, stop=self._stop, on_append=self._publisher.wake
        )
        self._begin(feeder)
        return feeder

    def _begin(self, feeder: Feeder | LiveFeeder) -> None:
        self._spool.put_meta(feeder.meta)
        name = f"feed {feeder.meta.session}"
        thread = threading.Thread(
            target=self._feed, args=(feeder,), name=name, daemon=True
        )
        self._feeders.append(feeder)
        self._threads.append(thread)
        thread.start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until all sessions are fed and stored; gives whether they are.

        Raises what a source or the spool raised, once the rest is done.
        """
        until_s = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._is_done():
            if until_s is not None and time.monotonic() >= until_s:
                return False
            time.sleep(_POLL_S)
        if self._faults:
            raise self._faults[0]
        return True

    def stop(self) -> None:
        """End all sessions at what was fed; sending goes on."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def close(self) -> None:
        """End sending; what is not acknowledged stays in the spool for next time."""
        self._publisher.close()

    def progress(self) -> list[Progress]:
        """How far each session is, in the order in which they began."""
        open_ids = {(meta.runner, meta.session) for meta in self._spool.metas()}
        return [
            self._progress(feeder, thread.is_alive(), open_ids)
            for feeder, thread in zip(self._feeders, self._threads, strict=True)
        ]

    def _progress(
        self,
        feeder: Feeder | LiveFeeder,
        is_feeding: bool,
        open_ids: set[tuple[str, str]],
    ) -> Progress:
        meta = feeder.meta
        counts = [self._spool.counts(stream) for stream in feeder.streams]
        total = StreamCounts(
            appended=sum(count.appended for count in counts),
            held=sum(count.held for count in counts),
            dropped=sum(count.dropped for count in counts),
        )
        return Progress(
            runner=meta.runner,
            session=meta.session,
            fed_s=feeder.fed_s,
            fed_frames=feeder.fed_frames,
            acked_frames=total.acked,
            dropped_frames=total.dropped,
            is_fed=not is_feeding,
            is_stored=not is_feeding and (meta.runner, meta.session) not in open_ids,
        )

    def _feed(self, feeder: Feeder | LiveFeeder) -> None:
        try:
            feeder.run()
        except TreadwearError as fault:
            self._faults.append(fault)

    def _is_done(self) -> bool:
        """Whether nothing is fed any more and no session waits to be stored."""
        if any(thread.is_alive() for thread in self._threads):
            return False
        return not self._spool.metas() and not self._spool.streams()
