"""The command up: everything on this computer, and who else gets in."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from contract.errors import UsageError
from treadwear.app import picking_up
from treadwear.commands.leftovers import tell_leftovers
from treadwear.commands.options import DataDir
from treadwear.commands.sensors import Virtual
from treadwear.lan import (
    Doorkeeper,
    lan_access,
    lan_address,
    names_address,
    seconds_of,
)
from treadwear.settings import load_settings
from treadwear.stack import Stack, running_stack


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(up)


def up(
    lan: Annotated[
        bool,
        typer.Option("--lan", help="Let phones in this network in, by a QR code."),
    ] = False,
    coach_link: Annotated[
        str | None,
        typer.Option(
            metavar="3h", help="With --lan: a link for a coach, who only looks."
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(help="With --lan: which address; 0.0.0.0 is all of them."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Of the page; 0 takes a free one."),
    ] = None,
    virtual: Virtual = None,
    seconds: Annotated[
        float | None, typer.Option(help="Stop after so long; else with ctrl-C.")
    ] = None,
    data: DataDir = None,
) -> None:
    """Run broker, processing, the wall and the runner's page until ctrl-C."""
    check_seconds(seconds)
    coach_s = _coach_seconds(coach_link, host, is_lan=lan)
    settings = load_settings(data_dir=data, live_host=host, live_port=port)
    access = lan_access(settings.live_host) if lan else None
    console = Console()
    with (
        running_stack(settings, access, virtual) as stack,
        picking_up(settings, stack.port) as rest,
    ):
        tell_leftovers(rest)
        _tell_stack(console, stack, data)
        keeper = None
        if access is not None:
            find = None if names_address(settings.live_host) else lan_address
            urls = (stack.network_url, stack.url)
            keeper = Doorkeeper(access, *urls, console, find)
            keeper.open(coach_s)
        _wait(console, seconds, keeper.look if keeper else None)
        console.print("Stopping; what arrived is being stored.")
    console.print("Stopped; everything that arrived is stored.")


def _coach_seconds(
    words: str | None, host: str | None, *, is_lan: bool
) -> float | None:
    """How long a coach's link lasts; None without one."""
    if not is_lan and (words or host):
        flag = "--coach-link" if words else "--host"
        raise UsageError(
            f"{flag} is for phones and other computers",
            "without --lan only this computer gets in",
            "Add --lan, or leave it out.",
        )
    return seconds_of(words) if words else None


def _tell_stack(console: Console, stack: Stack, data: Path | None) -> None:
    """Say what runs and where, and what can be done with it."""
    settings, place = stack.settings, f" --data {data}" if data else ""
    phones = "" if stack.network_url else " (phones: treadwear up --lan)"
    lines = [
        f"Live page   {stack.url}",
        f"Runner      {stack.url}run{phones}",
        f"Broker      {stack.broker_words}",
        f"Runs in     {settings.store_path}",
    ]
    if settings.influx_url:
        lines.append(f"InfluxDB    {settings.influx_url}")
    lines.append(f"In another terminal: treadwear replay DIR --runner ID{place}")
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def check_seconds(seconds: float | None) -> None:
    """Raise `UsageError` for what is no time to run."""
    if seconds is not None and not seconds > 0:
        raise UsageError(f"--seconds {seconds:g} is no time to run", "", "Try 60.")


def _wait(
    console: Console, seconds: float | None, look: Callable[[], None] | None
) -> None:
    """Wait until it is over; ``look`` is called again and again."""
    until = None if seconds is None else time.monotonic() + seconds
    try:
        # Inside: whoever reads this line may stop us at once.
        console.print("Stop with ctrl-C.")
        while until is None or time.monotonic() < until:
            time.sleep(0.2)
            if look is not None:
                look()
    except KeyboardInterrupt:
        return
