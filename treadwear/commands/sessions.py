"""Commands about stored runs: sessions."""

import json
from dataclasses import asdict, replace

import typer
from rich.console import Console

from contract.errors import StoreError
from contract.rows import SessionRow
from processing.store.sqlite import SqliteStore
from treadwear.about_runner import named
from treadwear.club import server_words
from treadwear.commands.options import DataDir, Json
from treadwear.places import has_store
from treadwear.settings import Settings, load_settings
from treadwear.tables import plain, sessions_table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sessions)


def sessions(as_json: Json = False, data: DataDir = None) -> None:
    """List the stored runs, the one stored last first."""
    settings = load_settings(data_dir=data)
    rows = _stored(settings)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows]))
    elif rows:
        console = Console()
        # Names come over the network too: they must not steer the terminal.
        shown = [
            replace(row, name=plain(row.name), shoe=plain(row.shoe)) for row in rows
        ]
        console.print(sessions_table(shown, console.width))
    else:
        typer.echo(_nothing(settings))


def _nothing(settings: Settings) -> str:
    """Say why there is no run here, and where to look."""
    if settings.analysed_here:
        return "No runs yet. Try: treadwear demo"
    return (
        f"No runs are stored here: this computer sends them to the server at"
        f" {server_words(settings)}. See its live page and Grafana there."
    )


def _stored(settings: Settings) -> list[SessionRow]:
    if not has_store(settings):
        return []
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        return [named(store, row) for row in store.sessions()]


def resolve(store: SqliteStore, session: str) -> str:
    """Id of a session; ``last`` is the one stored last."""
    if session != "last":
        return store.session(session).session
    rows = store.sessions()
    if not rows:
        raise StoreError("there is no run yet", "", "Try: treadwear demo")
    return rows[0].session
