"""Commands about sensors: pair, check, run, sensors."""

import asyncio
import json
import shlex
import time
from typing import Annotated

import typer
from rich.console import Console

from collector.check_result import CheckResult
from collector.sensor_set import LEAST_RATE_HZ
from collector.service import CollectorService
from contract.errors import NoSensorError, UsageError
from contract.messages import SessionMeta
from contract.model import Slot
from contract.people import PairedSensor, Pairing
from firmware_config.profile import by_choice, facts, profile_of
from processing.store.people import (
    fit_check_of,
    keep_fit_check,
    keep_pairing,
    pairings_of,
)
from processing.store.sqlite import SqliteStore
from treadwear import check as fit
from treadwear.about_runner import about_in, about_runner
from treadwear.air import SIMULATED, air
from treadwear.app import listening, picking_up, running_collector
from treadwear.club import check_sender
from treadwear.commands.leftovers import (
    finish_leftovers,
    tell_leftovers,
    tell_sent,
)
from treadwear.commands.options import (
    STOPPED,
    DataDir,
    Json,
    Name,
    RunnerId,
    Shoe,
    check_new_runner,
    check_runner,
)
from treadwear.gate import check_run, rows_of
from treadwear.guide import Guide
from treadwear.live_run import LiveRun, RunPlan, run_meta
from treadwear.pair import LONELY_S, PairPlan
from treadwear.pair import pair as find_sensors
from treadwear.sensor_tables import (
    check_lines,
    family_lines,
    pairings_table,
    pod_words,
)
from treadwear.settings import Settings, load_settings
from treadwear.spools import spool_path
from treadwear.tables import counted
from treadwear.waiting import wait_until_closed, wait_until_stored

Virtual = Annotated[
    str | None,
    typer.Option(
        metavar=f"{SIMULATED}|DIR",
        help="Without hardware: sensors on a simulated runner or on a recording.",
    ),
]
Rate = Annotated[
    float,
    typer.Option("--rate", help="Least samples a second that sensors are set to."),
]
_RATES_HZ = (80.0, 1000.0)
"""Contact times need 80 Hz (docs/accuracy.md); no sensor for shoes sends 1000."""
_FEET = (Slot.LEFT, Slot.RIGHT)
_SHORT_S = 10.0
"""Of a virtual run that nobody asks for: pairing and check only need its beginning."""
_BELOW_GATE = 4


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(pair)
    app.command()(check)
    app.command()(run)
    app.command()(sensors)


def pair(
    runner: RunnerId,
    shoe: Shoe = "",
    hip: Annotated[
        bool, typer.Option("--hip", help="Wear one on the hip too.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Forget the sensors of last time.")
    ] = False,
    blink: Annotated[
        bool, typer.Option("--blink", help="Blink each sensor's LED once it is known.")
    ] = False,
    seconds: Annotated[
        float, typer.Option(min=1.0, max=600.0, help="How long to look for sensors.")
    ] = LONELY_S,
    virtual: Virtual = None,
    data: DataDir = None,
) -> None:
    """Find the sensors, tell left from right, and remember them for runner and shoe."""
    check_new_runner(runner, "", shoe)
    settings = load_settings(data_dir=data)
    about = about_runner(settings, runner)
    slots = (*_FEET, Slot.HIP) if hip else _FEET
    known = None if again else _pairing(settings, runner, shoe)
    if known is not None and {s.slot for s in known.sensors} != {s.word for s in slots}:
        known = None
    plan = PairPlan(slots, known, seconds, is_blinking=blink)
    found = asyncio.run(_pair(plan, virtual))
    pairing = Pairing(time_ns=time.time_ns(), shoe=shoe, sensors=found)
    with SqliteStore.open(settings.store_path) as store:
        keep_pairing(store, runner, pairing)
    if about.hint:
        typer.echo(about.hint, err=True)
    words = f" --shoe {shlex.quote(shoe)}" if shoe else ""
    typer.echo(f"Ready. Next: treadwear check --runner {runner}{words}")


async def _pair(plan: PairPlan, virtual: str | None) -> tuple[PairedSensor, ...]:
    async with air(virtual, plan.slots, _RATES_HZ[0], _SHORT_S) as (radio, wearer):
        return await find_sensors(plan, radio, Guide(Console(), wearer))


def check(
    runner: RunnerId,
    shoe: Shoe = "",
    rate: Rate = LEAST_RATE_HZ,
    as_json: Json = False,
    virtual: Virtual = None,
    data: DataDir = None,
) -> None:
    """Stand still, take ten steps on the spot: tells whether the sensors sit well."""
    check_new_runner(runner, "", shoe)
    _check_rate(rate)
    settings = load_settings(data_dir=data)
    pairing = _known_pairing(settings, runner, shoe)
    _check_offered(rate, pairing)
    results = asyncio.run(_check(pairing.sensors, virtual, rate, is_quiet=as_json))
    kept = fit.kept_check(results, pairing.sensors, pairing.shoe, time.time_ns())
    with SqliteStore.open(settings.store_path) as store:
        keep_fit_check(store, runner, kept)
    if as_json:
        lines = [
            {"name": r.name, "is_good": r.is_good, "text": r.sentence, "do": r.advice}
            for r in results
        ]
        typer.echo(json.dumps({"checks": lines, "is_verified": not kept.failed}))
    else:
        for line in check_lines(results):
            Console().print(line, soft_wrap=True)
    if kept.failed:
        typer.echo(
            "You can run all the same; the run is marked as not verified.", err=True
        )
        raise typer.Exit(_BELOW_GATE)


async def _check(
    worn: tuple[PairedSensor, ...],
    virtual: str | None,
    rate_hz: float,
    *,
    is_quiet: bool,
) -> tuple[CheckResult, ...]:
    slots = tuple(Slot.from_word(sensor.slot) for sensor in worn)
    console = Console(stderr=is_quiet)
    async with air(virtual, slots, rate_hz, _SHORT_S) as (radio, wearer):
        return await fit.check(worn, radio, Guide(console, wearer))


def run(
    runner: RunnerId,
    shoe: Shoe = "",
    name: Name = "",
    seconds: Annotated[
        float | None, typer.Option(help="Stop after so long; else with ctrl-C.")
    ] = None,
    no_auto_stop: Annotated[
        bool, typer.Option("--no-auto-stop", help="Go on after four minutes of rest.")
    ] = False,
    pod: Annotated[
        bool, typer.Option("--pod", help="Listen to a foot pod too, to check speed.")
    ] = False,
    rate: Rate = LEAST_RATE_HZ,
    virtual: Virtual = None,
    data: DataDir = None,
) -> None:
    """Stream a run from the paired sensors until ctrl-C or four minutes of rest."""
    check_new_runner(runner, name, shoe)
    _check_rate(rate)
    if seconds is not None and not seconds > 0:
        raise UsageError(f"--seconds {seconds:g} is no time to run", "", "Try 60.")
    settings = load_settings(data_dir=data)
    check_sender(settings, runner)
    pairing = _known_pairing(settings, runner, shoe)
    _check_offered(rate, pairing)
    meta = _described(settings, runner, name, pairing, is_virtual=virtual is not None)
    plan = RunPlan(pairing.sensors, seconds, not no_auto_stop, has_pod=pod)
    lost_frames = _stream(settings, plan, meta, virtual, rate)
    if not settings.analysed_here:
        tell_sent(settings, meta.session, lost_frames)
        return
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        rows, row = rows_of(store, meta.session), store.session(meta.session)
        ended = store.meta(meta.session)
    typer.echo(f"{meta.session}: {counted(row.steps, 'step')}, {row.verdict}")
    if pod:
        typer.echo(pod_words(ended.foot_pod if ended else None, row))
    typer.echo(f"Report: treadwear report {meta.session}")
    check_run(rows, lost_frames=lost_frames)


def _described(
    settings: Settings, runner: str, name: str, pairing: Pairing, *, is_virtual: bool
) -> SessionMeta:
    """Description of the run that begins now."""
    now_ns = time.time_ns()
    with SqliteStore.open(settings.store_path) as store:
        about = about_in(store, runner, name)
        checked = fit_check_of(store, runner, pairing.shoe)
    if about.hint:
        typer.echo(about.hint, err=True)
    return run_meta(
        about,
        pairing.sensors,
        shoe=pairing.shoe,
        origin_ns=now_ns,
        unverified=fit.why_unverified(checked, pairing.sensors, now_ns),
        is_virtual=is_virtual,
    )


def _stream(
    settings: Settings,
    plan: RunPlan,
    meta: SessionMeta,
    virtual: str | None,
    rate_hz: float,
) -> int:
    """Stream until it is over and all is stored; gives the frames that were lost."""
    guide_console = Console(stderr=True)
    if meta.unverified:
        guide_console.print(f"Not verified: {meta.unverified}.", soft_wrap=True)
    path = spool_path(settings, meta.session)
    with (
        listening(settings) as port,
        picking_up(settings, port) as rest,
        running_collector(settings, port, [], 1.0, path) as collector,
    ):
        tell_leftovers(rest)
        try:
            asyncio.run(_run(collector, plan, meta, virtual, rate_hz))
        except KeyboardInterrupt:
            if not collector.progress():
                typer.echo("Stopped; nothing was recorded.", err=True)
                raise typer.Exit(STOPPED) from None
            done = "analysed" if settings.analysed_here else "sent"
            words = f"Stopping; everything that was recorded is {done} now."
            typer.echo(words, err=True)
        collector.stop()
        wait_until_stored(settings, collector)
        wait_until_closed(settings, [meta.session])
        finish_leftovers(settings, rest)
        return collector.progress()[0].dropped_frames


async def _run(
    collector: CollectorService,
    plan: RunPlan,
    meta: SessionMeta,
    virtual: str | None,
    rate_hz: float,
) -> None:
    slots = tuple(Slot.from_word(sensor.slot) for sensor in plan.sensors)
    around = air(virtual, slots, rate_hz, plan.seconds, has_pod=plan.has_pod)
    async with around as (radio, wearer):
        guide = Guide(Console(stderr=True), wearer)
        run = LiveRun(plan, radio, lambda: collector.add_live(meta, slots), guide)
        await run.stream()


def sensors(
    runner: Annotated[
        str | None, typer.Option("--runner", help="Whose paired sensors to show.")
    ] = None,
    as_json: Json = False,
    data: DataDir = None,
) -> None:
    """List the sensors that can be used, and those that a runner has paired."""
    known: dict[str, Pairing] = {}
    if runner is not None:
        check_runner(runner, "", "")
        settings = load_settings(data_dir=data)
        if settings.store_path.exists():
            with SqliteStore.open(settings.store_path, read_only=True) as store:
                known = pairings_of(store, runner)
    if as_json:
        told = {
            "families": [facts(profile) for profile in by_choice()],
            "paired": {
                shoe: {s.slot: s.serial or s.address for s in p.sensors}
                for shoe, p in known.items()
            },
        }
        typer.echo(json.dumps(told))
        return
    console = Console()
    console.print("Sensors that treadwear speaks with, the first choice first:\n")
    for line in family_lines(by_choice()):
        console.print(line)
    if known:
        console.print(pairings_table(known))
    elif runner is not None:
        words = f"{runner} has paired none. Next: treadwear pair --runner {runner}"
        console.print(words, soft_wrap=True, highlight=False)


def _check_rate(rate_hz: float) -> None:
    low, high = _RATES_HZ
    if not low <= rate_hz <= high:
        raise UsageError(
            f"--rate {rate_hz:g} cannot be used",
            f"sensors send {low:g} to {high:g} samples a second",
            "Leave it out: 200 is what accuracy was measured at.",
        )


def _check_offered(rate_hz: float, pairing: Pairing) -> None:
    """Raise `UsageError` for a rate that one of the sensors does not reach."""
    for sensor in pairing.sensors:
        profile = profile_of(sensor.family)
        most_hz = max(profile.stream.rates_hz)
        if rate_hz > most_hz and rate_hz > LEAST_RATE_HZ:
            raise UsageError(
                f"--rate {rate_hz:g} is more than the {sensor.slot} sensor can",
                f"{profile.title} sends {most_hz:g} samples a second at most",
                "Leave it out: 200 is what accuracy was measured at.",
            )


def _pairing(settings: Settings, runner: str, shoe: str) -> Pairing | None:
    """Sensors of a runner with that shoe; without a shoe those paired last."""
    if not settings.store_path.exists():
        return None
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        known = pairings_of(store, runner)
    if shoe:
        return known.get(shoe)
    return list(known.values())[-1] if known else None


def _known_pairing(settings: Settings, runner: str, shoe: str) -> Pairing:
    found = _pairing(settings, runner, shoe)
    if found is None:
        of_shoe = f" with the shoe {shoe!r}" if shoe else ""
        words = f" --shoe {shlex.quote(shoe)}" if shoe else ""
        raise NoSensorError(
            f"no sensors are paired for {runner}{of_shoe}",
            "sensors are told apart once, before the first run",
            f"Pair them: treadwear pair --runner {runner}{words}",
        )
    return found
