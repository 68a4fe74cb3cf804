"""Wait for what another thread, process or machine does with what was sent."""

import time
from collections.abc import Sequence

import typer

from collector.service import CollectorService
from contract.errors import TreadwearError
from processing.store.sqlite import SqliteStore
from treadwear.club import NOT_SAID
from treadwear.settings import Settings

_POLL_S = 0.1
_PATIENCE_S = 60.0
"""An hour's run is analysed in seconds; longer means that nobody is at work."""
_TELL_S = 5.0
_QUIET_S = 60.0
"""Nothing was acknowledged for so long: what is not there by now is away."""


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


def wait_until_stored(settings: Settings, collector: CollectorService) -> None:
    """Wait until processing has all; give up when nothing moves any more."""
    acked, since_s, is_told = -1, time.monotonic(), False
    try:
        while not collector.wait(0.5):
            now = sum(p.acked_frames for p in collector.progress())
            if now != acked:
                acked, since_s, is_told = now, time.monotonic(), False
            elif time.monotonic() - since_s > _TELL_S and not is_told:
                is_told = True
                where = "processing" if settings.analysed_here else "server"
                typer.echo(f"Waiting for the {where}.", err=True)
            if time.monotonic() - since_s > _QUIET_S:
                raise _kept(settings)
    except KeyboardInterrupt:
        raise _kept(settings, "it was stopped before") from None


def _kept(settings: Settings, why: str = "") -> TreadwearError:
    """Say why a run is not stored yet, and what becomes of it."""
    if not settings.analysed_here:
        return TreadwearError(
            "the run is safe on this computer's disk, but not known to be stored",
            why or NOT_SAID,
            "Nothing is lost: it is sent next time. See what is wrong with:"
            " treadwear doctor",
        )
    return TreadwearError(
        "the run is safe on this computer's disk, but not analysed yet",
        why or "the broker or the processing is away",
        "Start treadwear up on the same data directory: it analyses the rest.",
    )
