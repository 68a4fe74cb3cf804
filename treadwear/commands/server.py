"""Commands of a club's server: init, live, simulate, health, tokens."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from collector.service import CollectorService
from contract.errors import TreadwearError, UsageError
from treadwear.server import simulated
from treadwear.server.health import live_complaint, processing_complaint
from treadwear.server.installation import install
from treadwear.server.tokens import TokenMaker, Wanted
from treadwear.server.told import told
from treadwear.server.wall import running_wall
from treadwear.settings import load_settings
from treadwear.tables import counted

_TELL_EVERY_S = 10.0
_NOT_WELL = 1


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(init)
    app.command()(live)
    app.command()(simulate)
    app.command()(health)
    app.command()(tokens)


def init(
    directory: Annotated[
        Path, typer.Argument(help="Where the server's files go.")
    ] = Path("treadwear-server"),
    runner: Annotated[
        list[str] | None,
        typer.Option("--runner", help="A runner who gets a password; several times."),
    ] = None,
    lan: Annotated[
        str | None,
        typer.Option(
            "--lan", metavar="HOST", help="Let other machines in by TLS, at this name."
        ),
    ] = None,
) -> None:
    """Make a club's server: secrets, broker, certificates, boards, compose file.

    What is there already stays as it is; run it again to add a runner.
    """
    done = install(directory, runner or (), lan)
    console = Console()
    for line in told(done):
        console.print(escape(line), soft_wrap=True, highlight=False)


def live(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; default 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", help="A further name that browsers may ask for."),
    ] = None,
    no_token: Annotated[
        bool,
        typer.Option(
            "--no-token", help="All who reach it come in: behind a published port only."
        ),
    ] = False,
) -> None:
    """Show the live page alone, on a broker that is already there.

    Only this computer comes in. In a container everybody is somebody else: there
    --no-token lets all in, and the port must be published on 127.0.0.1.
    """
    settings = load_settings(live_host=host, live_port=port)
    with running_wall(settings, allow or (), is_open=no_token) as server:
        try:
            # Inside: whoever reads this line may stop us at once.
            typer.echo(f"Live page {server.url}, stop with ctrl-C")
            while True:
                time.sleep(0.5)
        except KeyboardInterrupt:
            return


def simulate(
    runners: Annotated[
        int, typer.Option(help="How many; sim-1 limps, the others do not.")
    ] = 4,
    seconds: Annotated[
        float | None, typer.Option(help="Stop after so long; else with ctrl-C.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Which simulated runners.")] = 1,
    data: Annotated[
        Path | None, typer.Option("--data", help="Where the disk buffer is.")
    ] = None,
) -> None:
    """Send simulated runners round, in real time, on a broker that is already there."""
    if seconds is not None and not seconds > 0:
        raise UsageError(f"--seconds {seconds:g} is no time to run", "", "Try 60.")
    settings = load_settings(data_dir=data)
    squad = simulated.draw_squad(runners, seed, time.time_ns())
    typer.echo(f"{counted(runners, 'simulated runner')}, stop with ctrl-C")
    if not simulated.run(settings, squad, seconds, _Teller()):
        raise TreadwearError(
            "not everything is stored yet",
            "the broker or the processing is away",
            "What waits is on this machine's disk; the next simulate sends it.",
        )
    typer.echo("Stopped; everything that was run is stored.")


class _Teller:
    """Says every ten seconds how far the squad is."""

    def __init__(self) -> None:
        self._next_s = time.monotonic() + _TELL_EVERY_S

    def __call__(self, collector: CollectorService) -> None:
        """Say it, if it is time."""
        if time.monotonic() < self._next_s:
            return
        self._next_s += _TELL_EVERY_S
        progress = collector.progress()
        fed = sum(p.fed_frames for p in progress)
        stored = sum(p.acked_frames for p in progress)
        typer.echo(f"  {progress[0].fed_s:.0f} s, {fed} frames sent, {stored} stored")


def health(
    of: Annotated[
        str, typer.Option("--for", metavar="processing|live", help="Which service.")
    ] = "processing",
    data: Annotated[
        Path | None, typer.Option("--data", help="Data directory of the processing.")
    ] = None,
) -> None:
    """Say whether a service works: 0 if it does, 1 and why if not."""
    settings = load_settings(data_dir=data)
    if of == "processing":
        if not settings.data_dir.is_dir():
            raise UsageError(
                f"there is no directory {settings.data_dir}",
                "a processing writes there how it is",
                "Name the one that it has with --data.",
            )
        complaint = processing_complaint(settings.data_dir)
    elif of == "live":
        complaint = live_complaint(settings.live_port)
    else:
        what = f"--for does not know {of!r}"
        raise UsageError(what, "", "It is processing or live.")
    typer.echo(f"{of}: {complaint or 'ok'}")
    if complaint:
        raise typer.Exit(_NOT_WELL)


def tokens(
    writer: Annotated[Path, typer.Option(help="File for the token that may write.")],
    reader: Annotated[Path, typer.Option(help="File for the token that may read.")],
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make new ones, revoke the old.")
    ] = False,
) -> None:
    """Make InfluxDB's bucket and its two tokens, with the administrator's token."""
    settings = load_settings().influx()
    if settings is None:
        raise UsageError(
            "there is no InfluxDB to make tokens for",
            "none is set",
            "Set influx_url and influx_token_file.",
        )
    with TokenMaker(settings) as maker:
        for wanted in (Wanted("write", writer), Wanted("read", reader)):
            state = maker.provide(wanted, is_rotating=rotate)
            typer.echo(f"{state:8} {wanted.path}")
