"""The command runners: who is known here, and what is known of one of them."""

import math
import shlex
import time
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from contract.errors import UsageError
from contract.people import Profile
from processing.store.people import keep_profile, profile_of
from processing.store.sqlite import SqliteStore
from treadwear.commands.options import DataDir, Json, check_runner
from treadwear.runner_ids import check_runner_id
from treadwear.runner_list import RunnerFacts, runner_facts, runners_table, told
from treadwear.settings import Settings, load_settings
from treadwear.tables import plain

_MASS_KG = (20.0, 250.0)
"""A child of six weighs 20 kg (WHO growth reference, 2007); nobody runs with 250 kg."""
_LEG_M = (0.3, 1.3)
"""Hip to floor: about half of a height of 0.9 to 2.3 m (Drillis and Contini, 1966: 0.53
of body height)."""


def runners(
    runner: Annotated[
        str, typer.Argument(help="Pseudonym of one runner.", show_default=False)
    ] = "",
    add: Annotated[
        str, typer.Option(metavar="ID", help="Make a new runner known.")
    ] = "",
    name: Annotated[
        str | None, typer.Option(help="Name to show; '' takes it away.")
    ] = None,
    mass: Annotated[
        float | None, typer.Option(metavar="KG", help="Body mass in kg.")
    ] = None,
    leg_length: Annotated[
        float | None, typer.Option(metavar="M", help="Hip to floor, in metres.")
    ] = None,
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """List runners with runs, shoes, sensors and what they agreed to; add, change.

    The pseudonym itself stays: it is in every row, topic and file of her
    runs. What is shown to people is the name, and that can change.
    """
    who = _who(runner, add, has_change=(name, mass, leg_length) != (None, None, None))
    check_runner(who or "nobody", name or "", "")
    if add:
        check_runner_id(add)
    if name is not None and name != plain(name):
        what = f"{name!r} is no name to show"
        raise UsageError(what, "it has to be readable", "Choose another one.")
    _check_range("--mass", mass, _MASS_KG, "kg")
    _check_range("--leg-length", leg_length, _LEG_M, "m")
    settings = load_settings(data_dir=data)
    is_change = bool(add) or (name, mass, leg_length) != (None, None, None)
    if is_change:
        _check_known(settings, who, is_new=bool(add))
        _keep(settings, who, (name, mass, leg_length))
    found = [one for one in _known(settings) if who in ("", one.runner)]
    if who and not found:
        raise _unknown(who)
    _show(found, as_json=as_json)


def _who(runner: str, add: str, *, has_change: bool) -> str:
    if runner and add and runner != add:
        what = f"{runner} and --add {add} are two runners"
        raise UsageError(what, "one is added or changed at a time", "Name one of them.")
    if has_change and not (runner or add):
        what = "nobody is named whose name, mass or leg length this is"
        raise UsageError(what, "", "Write: treadwear runners ana-1 --mass 58.")
    return add or runner


def _check_range(
    flag: str, value: float | None, plausible: tuple[float, float], unit: str
) -> None:
    low, high = plausible
    if value is None or (math.isfinite(value) and low <= value <= high):
        return
    raise UsageError(
        f"{flag} {value:g} cannot be",
        f"it is in {unit}, {low:g} to {high:g}",
        "Check the unit.",
    )


def _check_known(settings: Settings, runner: str, *, is_new: bool) -> None:
    known = {one.runner for one in _known(settings)}
    if runner in known and is_new:
        raise UsageError(
            f"{runner} is known already",
            "an id is of one runner",
            f"To change what is known: treadwear runners {runner} --name NAME",
        )
    if runner not in known and not is_new:
        raise _unknown(runner)


def _keep(
    settings: Settings,
    runner: str,
    said: tuple[str | None, float | None, float | None],
) -> None:
    """Keep the profile with what was said now; what was not said stays."""
    named = zip(("name", "mass_kg", "leg_length_m"), said, strict=True)
    now = {key: value for key, value in named if value is not None}
    with SqliteStore.open(settings.store_path) as store:
        before = profile_of(store, runner)
        changed = msgspec.structs.replace(before, time_ns=time.time_ns(), **now)
        keep_profile(store, runner, changed)


def _unknown(runner: str) -> UsageError:
    return UsageError(
        f"nobody is called {runner} here",
        "there is no run and no record of that id",
        f"To add: treadwear runners --add {shlex.quote(runner)}",
    )


def _known(settings: Settings) -> list[RunnerFacts]:
    if not settings.store_path.exists():
        return []
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        return runner_facts(store)


def _show(found: list[RunnerFacts], *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode([told(one) for one in found]).decode())
        return
    if not found:
        typer.echo("Nobody is known yet. Try: treadwear runners --add ana-1")
        return
    console = Console()
    console.print(runners_table(found, console.width))
    if len(found) == 1:
        for line in profile_lines(found[0].profile):
            typer.echo(line)


def profile_lines(profile: Profile) -> list[str]:
    """Tell what is known of the body, one line each."""
    told_of = {
        "Name": plain(profile.name),
        "Mass": "" if profile.mass_kg is None else f"{profile.mass_kg:g} kg",
        "Leg length": ""
        if profile.leg_length_m is None
        else f"{profile.leg_length_m:g} m",
    }
    return [f"{what}: {words}" for what, words in told_of.items() if words]
