"""The collector of one run that the page began: opened, fed, and waited for."""

import contextlib
import logging

from collector.live_feeder import LiveFeeder
from collector.service import CollectorService
from contract.errors import SpoolError, TreadwearError
from contract.messages import SessionMeta
from contract.model import Slot
from treadwear.app import running_collector
from treadwear.settings import Settings
from treadwear.spools import spool_path
from treadwear.waiting import wait_until_closed, wait_until_stored

_log = logging.getLogger(__name__)

_LEAVE_S = 10.0
"""When treadwear itself ends: what is not stored by then stays in the spool."""


class Recorder:
    """One run from its sensors to the store; all but `begin` may block."""

    def __init__(self, settings: Settings, port: int, session: str) -> None:
        self._settings, self._port, self._session = settings, port, session
        self._parts = contextlib.ExitStack()
        self._collector: CollectorService | None = None

    def open(self) -> None:
        """Open disk and bus; raises what keeps it from recording."""
        path = spool_path(self._settings, self._session)
        around = running_collector(self._settings, self._port, [], 1.0, path)
        try:
            self._collector = self._parts.enter_context(around)
        except OSError as fault:
            raise SpoolError(
                "nothing can be written to disk on the computer",
                fault.strerror or str(fault),
                "Free some space there, or look what is in the way, and try again.",
            ) from fault

    def begin(self, meta: SessionMeta, slots: tuple[Slot, ...]) -> LiveFeeder:
        """Begin the session; gives what takes its batches."""
        if self._collector is None:
            raise TreadwearError("nothing can be recorded yet")
        return self._collector.add_live(meta, slots)

    def finish(self) -> None:
        """End the session; return when it is stored and analysed."""
        if self._collector is None:
            return
        self._collector.stop()
        wait_until_stored(self._settings, self._collector)
        wait_until_closed(self._settings, [self._session])

    def close(self) -> None:
        """Let go of disk and bus; what is not sent is sent by the next process."""
        collector, self._collector = self._collector, None
        if collector is None:
            return
        try:
            collector.stop()
            collector.wait(_LEAVE_S)
        except TreadwearError:
            _log.warning("the run ended with a fault", exc_info=True)
        finally:
            self._parts.close()
