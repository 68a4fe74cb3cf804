"""The command backfill: send stored runs to InfluxDB again."""

import contextlib
import datetime as dt
import time
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from contract.errors import InfluxError, StoreError, UsageError
from contract.rows import SessionRow
from contract.units import NS_PER_S
from processing.store.forwarder import Forwarder
from processing.store.influx import InfluxServer, InfluxSettings
from processing.store.sqlite import SqliteStore
from treadwear.commands.options import DataDir
from treadwear.commands.sessions import resolve
from treadwear.settings import Settings, load_settings
from treadwear.tables import counted

_LOOK_S = 0.05
_PATIENCE_S = 5.0
"""A fault may pass; one that stays this long is told."""

Chosen = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SESSION]...", help="Session ids; 'last' is the one stored last."
    ),
]
EveryRun = Annotated[bool, typer.Option("--all", help="All runs there are.")]
OfRunner = Annotated[
    str | None, typer.Option("--runner", help="All runs of this runner.")
]
Since = Annotated[
    dt.datetime | None,
    typer.Option(
        "--since",
        formats=["%Y-%m-%d"],
        help="Only runs that began on this day or later.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(backfill)


def backfill(
    sessions: Chosen = None,
    every_run: EveryRun = False,
    runner: OfRunner = None,
    since: Since = None,
    data: DataDir = None,
) -> None:
    """Send runs to InfluxDB again: what it has of them is replaced.

    For runs from before InfluxDB was set up, or after it lost some. Nothing is
    computed anew; ctrl-C stops, and what was not sent yet is sent by the next run.
    """
    settings = load_settings(data_dir=data)
    influx = _influx_of(settings)
    if not (sessions or every_run or runner or since):
        raise UsageError(
            "backfill does not know which runs to send",
            "",
            "Name their sessions, or say --all, --runner ID or --since DATE.",
        )
    _check_choice(sessions, every_run=every_run, is_narrowed=bool(runner or since))
    SqliteStore.open(settings.store_path, read_only=True).close()
    with SqliteStore.open(settings.store_path) as store:
        named = [resolve(store, name) for name in sessions or ()]
        wanted = named or [row.session for row in _matching(store, runner, since)]
        store.send_again(wanted)
        with _queued(len(wanted)):
            _send(store, settings, influx, list(dict.fromkeys(wanted)))


def _check_choice(
    sessions: list[str] | None, *, every_run: bool, is_narrowed: bool
) -> None:
    """Raise `UsageError` for a choice of runs that contradicts itself."""
    if (sessions and (every_run or is_narrowed)) or (every_run and is_narrowed):
        raise UsageError(
            "backfill is told two ways which runs to send",
            "one of them would be ignored",
            "Say either their sessions, or --all, or --runner ID and --since DATE.",
        )


def _influx_of(settings: Settings) -> InfluxSettings:
    influx = settings.influx()
    if influx is None:
        raise UsageError(
            "there is no InfluxDB to send runs to",
            "influx_url is not set",
            "Set it in treadwear.toml, or as TREADWEAR_INFLUX_URL.",
        )
    return influx


def _matching(
    store: SqliteStore, runner: str | None, since: dt.datetime | None
) -> list[SessionRow]:
    """Give the runs asked for, oldest first."""
    since_ns = 0 if since is None else round(since.astimezone().timestamp()) * NS_PER_S
    found = [
        row
        for row in store.sessions()
        if runner in (None, row.runner) and row.time_ns >= since_ns
    ]
    if not found:
        what = "there is no such run"
        raise StoreError(what, "", "See what there is with: treadwear sessions.")
    return sorted(found, key=lambda row: (row.time_ns, row.session))


@contextlib.contextmanager
def _queued(runs: int) -> Iterator[None]:
    """Say of runs that could not be sent what becomes of them."""
    try:
        yield
    except InfluxError:
        typer.echo(
            f"Of {counted(runs, 'run')}, what was not sent stays queued here; it goes"
            " out as soon as treadwear runs and InfluxDB takes it.",
            err=True,
        )
        raise


def _send(
    store: SqliteStore,
    settings: Settings,
    influx: InfluxSettings,
    wanted: Sequence[str],
) -> None:
    """Send, or watch the service that is at it already; tells each run as it is in."""
    with contextlib.closing(InfluxServer(influx)) as server:
        server.version()
    forwarder = Forwarder(settings.store_path, influx, settings.outbox_mb * 1_000_000)
    forwarder.start()
    try:
        for number, name in enumerate(wanted, 1):
            _wait_for(store, name)
            typer.echo(f"{number} of {len(wanted)}: {name}")
    finally:
        forwarder.stop()
    refused = store.backlog().refused_rows
    if refused:
        typer.echo(
            f"InfluxDB has refused {counted(refused, 'row')} so far: see the log.",
            err=True,
        )


def _wait_for(store: SqliteStore, session: str) -> None:
    """Wait until a session is in; raises if that cannot be."""
    good_at = time.monotonic()
    while store.outbox.is_to_be_sent(session):
        state = store.backlog().influx
        if not state.startswith(("retrying", "refused")):
            good_at = time.monotonic()
        elif time.monotonic() - good_at > _PATIENCE_S:
            what, _, why = state.partition(": ")
            raise InfluxError(f"InfluxDB does not take {session}", f"{what}: {why}")
        time.sleep(_LOOK_S)
