"""Whoever changes what is known for good needs that nothing works on it meanwhile."""

import contextlib
from collections.abc import Iterator

from contract.errors import UsageError
from processing.store.database import Turn
from treadwear.runtime import who_runs
from treadwear.server.health import processing_complaint
from treadwear.settings import Settings


def refuse_while_running(settings: Settings, what: str) -> None:
    """Raise `UsageError`, which begins with ``what``, while treadwear runs here."""
    running = who_runs(settings.data_dir) is not None
    if running or processing_complaint(settings.data_dir) == "":
        raise UsageError(
            f"{what} while treadwear runs",
            "it holds runs in memory and would write them again",
            "Stop it first (on a server: docker compose stop processing).",
        )


@contextlib.contextmanager
def nobody_sending(settings: Settings, what: str) -> Iterator[None]:
    """Keep rows that are on their way from arriving after they changed over there."""
    if not settings.store_path.exists():
        yield
        return
    turn = Turn(settings.store_path)
    if not turn.take():
        raise UsageError(
            f"{what} while rows are sent to InfluxDB",
            "what is on its way would arrive after it was changed there",
            "Wait for treadwear backfill to end, or stop it; then say it again.",
        )
    try:
        yield
    finally:
        turn.end()
