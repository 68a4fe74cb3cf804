"""What the commands say of runs that an earlier, killed process left to be sent."""

from collections.abc import Sequence

import typer
from rich.console import Console

from treadwear.club import server_words
from treadwear.gate import lost_data
from treadwear.settings import Settings
from treadwear.spools import Leftover, finish
from treadwear.tables import counted


def tell_leftovers(leftovers: Sequence[Leftover]) -> None:
    """Say that there is more to send than was asked for, and what is not sent."""
    console = Console(stderr=True)
    names = [s for leftover in leftovers if leftover.service for s in leftover.sessions]
    if names:
        runs = counted(len(names), "unfinished run")
        text = f"Sending what an earlier process left of {runs}: {', '.join(names)}"
        console.print(text, soft_wrap=True, highlight=False)
    for leftover in leftovers:
        if leftover.why_kept:
            text = f"{', '.join(leftover.sessions)} stays here: {leftover.why_kept}"
            console.print(text, soft_wrap=True, highlight=False)


def finish_leftovers(settings: Settings, leftovers: Sequence[Leftover]) -> None:
    """Wait until they are stored; say what of them was lost."""
    lost_frames = finish(settings, leftovers)
    if lost_frames:
        typer.echo(f"Of an earlier run: {lost_data(lost_frames).what}.", err=True)


def tell_sent(settings: Settings, session: str, lost_frames: int) -> None:
    """Say where a run is that a server analyses; raise what was lost on the way."""
    typer.echo(
        f"{session}: all of it is stored at the server, {server_words(settings)}"
    )
    if lost_frames:
        raise lost_data(lost_frames)
