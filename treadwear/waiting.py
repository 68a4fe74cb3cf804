"""Wait for what another thread or process writes into the run database."""

import time
from collections.abc import Sequence

from contract.errors import TreadwearError
from processing.store.sqlite import SqliteStore
from treadwear.settings import Settings

_POLL_S = 0.1
_PATIENCE_S = 60.0
"""An hour's run is analysed in seconds; longer means that nobody is at work."""


def wait_until_closed(settings: Settings, sessions: Sequence[str]) -> None:
    """Return when all these sessions are analysed and written to the end.

    What a server analyses is not waited for: it has all of it, and shows it itself.
    """
    if not settings.analysed_here:
        return
    until = time.monotonic() + _PATIENCE_S
    while True:
        with SqliteStore.open(settings.store_path, read_only=True) as store:
            waiting = [s for s in sessions if not store.is_closed(s)]
        if not waiting:
            return
        if time.monotonic() > until:
            raise TreadwearError(
                f"session {waiting[0]} was stored but not analysed to its end",
                "the processing has not closed it",
                f"Try: treadwear reprocess {waiting[0]}",
            )
        time.sleep(_POLL_S)
