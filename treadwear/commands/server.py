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
from treadwear.server.certificates import in_address
from treadwear.server.health import live_complaint, processing_complaint
from treadwear.server.installation import SOON_DAYS, Installed, install
from treadwear.server.tokens import TokenMaker, Wanted
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
    for line in _told(done):
        console.print(escape(line), soft_wrap=True, highlight=False)


def _told(done: Installed) -> list[str]:
    lines = [f"The server's directory is {done.root}"]
    for word, names in (("made", done.made), ("changed", done.changed)):
        lines += [f"  {word:8} {name}" for name in names]
    if done.kept:
        lines.append(f"  kept     {counted(len(done.kept), 'file')} as they were")
    for name in done.differing:
        lines.append(f"  kept     {name}, although this version brings another one")
    for name in done.removed:
        lines.append(f"  removed  {name}: no password is kept, so no way in")
    return [*lines, *_warned(done), "", *_next_steps(done)]


def _warned(done: Installed) -> list[str]:
    lines = []
    if not done.has_source:
        lines.append("  note     no source here: name one in .env (TREADWEAR_SOURCE)")
    days = done.certificate_days
    if days is not None and days < SOON_DAYS:
        lines.append(
            f"  note     the certificate is good for {days} more days: remove"
            f" tls/server/server.crt and run this again with --lan {done.host}"
        )
    return lines


def _next_steps(done: Installed) -> list[str]:
    if not done.made and not done.changed:
        return ["Nothing had to be done."]
    lines = [
        "Next:",
        f"  cd {done.root}",
        "  docker compose build",
        "  docker compose up -d",
    ]
    if any(name.startswith("mosquitto/") for name in done.changed):
        lines.append("  docker compose kill -s HUP mosquitto")
    scheme = "https" if done.host else "http"
    lines += [
        f"Then {scheme}://127.0.0.1:3000/ is Grafana: user admin, password in",
        "  secrets/grafana_admin_password",
        "and http://127.0.0.1:8080/ the live page.",
    ]
    lines += [
        f"A collector of {name} has the password secrets/broker_{name}"
        for name in done.runners
    ]
    if done.host:
        lines.append(
            f"From elsewhere: broker {done.host} port 8883, https://{in_address(done.host)}:3443/;"
            " both trusted with tls/ca.crt"
        )
    return lines


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
) -> None:
    """Show the live page alone, on a broker that is already there."""
    settings = load_settings(live_host=host, live_port=port)
    with running_wall(settings, allow or ()) as server:
        typer.echo(f"Live page {server.url}, stop with ctrl-C")
        try:
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
