"""Flags that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from contract import topics
from contract.errors import TopicError, UsageError
from contract.units import ACC_TO_MPS2, GYRO_TO_RPS
from treadwear.runner_ids import check_runner_id

STOPPED = 130
"""Exit code of a command that ctrl-C ended (128 and the number of SIGINT)."""
MOST_LETTERS = 60
"""Of a name or a shoe: one line of the report's heading."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
RunnerId = Annotated[
    str,
    typer.Option("--runner", help="Pseudonym: small letters, digits, dashes."),
]
DataDir = Annotated[
    Path | None,
    typer.Option("--data", help="Data directory; default: your user data directory."),
]
SessionId = Annotated[
    str, typer.Argument(help="Session id; 'last' is the one stored last.")
]
AccUnit = Annotated[str, typer.Option(help="Unit of acceleration: m/s2, g or mg.")]
GyroUnit = Annotated[str, typer.Option(help="Unit of angular rate: rad/s or dps.")]
Name = Annotated[str, typer.Option(help="Name to show for the runner.")]
Shoe = Annotated[str, typer.Option(help="Shoe that was worn.")]
BeltSpeed = Annotated[
    float | None,
    typer.Option(help="Speed of the treadmill's belt, m/s, where it is known."),
]
_BELT_MPS = (0.5, 8.0)
"""Slower than any walk, faster than any runner goes on for a minute."""


def check_runner(runner: str, name: str, shoe: str) -> None:
    """Raise `UsageError` if a run cannot be kept under these words."""
    try:
        topics.check_id(runner, "runner")
    except TopicError as fault:
        raise UsageError(fault.what, fault.why, fault.next_step) from fault
    for flag, words in (("--name", name), ("--shoe", shoe)):
        if len(words) > MOST_LETTERS:
            why = f"it has {len(words)} letters, {MOST_LETTERS} fit"
            raise UsageError(f"{flag} is too long", why, "Choose a shorter one.")


def check_new_runner(runner: str, name: str, shoe: str) -> None:
    """Raise `UsageError` also for an id that would stand for a part of the server."""
    check_runner(runner, name, shoe)
    check_runner_id(runner)


def check_units(acc_unit: str, gyro_unit: str) -> None:
    """Raise `UsageError` for a unit that is not known."""
    for flag, unit, known in (
        ("--acc-unit", acc_unit, ACC_TO_MPS2),
        ("--gyro-unit", gyro_unit, GYRO_TO_RPS),
    ):
        if unit not in known:
            why = f"it knows {', '.join(known)}"
            raise UsageError(f"{flag} does not know {unit!r}", why, "Choose one.")


def check_belt_speed(speed_mps: float | None) -> None:
    """Raise `UsageError` for a speed that no treadmill's belt has in a run."""
    low, high = _BELT_MPS
    if speed_mps is not None and not low <= speed_mps <= high:
        raise UsageError(
            f"--belt-speed {speed_mps:g} is no speed of a run",
            f"it is in metres per second, {low:g} to {high:g}",
            "Divide km/h by 3.6: 12 km/h are --belt-speed 3.33.",
        )
