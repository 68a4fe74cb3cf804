"""Live commands: demo, replay, process."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from collector.recording import Recording, read_recording
from collector.service import CollectorService, SessionPlan
from contract import topics
from contract.errors import TreadwearError, UsageError
from contract.units import NS_PER_S
from processing.service import ProcessingService
from processing.share import Share
from processing.store.sqlite import SqliteStore
from treadwear import demo as demonstration
from treadwear.about_runner import about_runner
from treadwear.app import (
    listening,
    picking_up,
    running_collector,
    running_processing,
)
from treadwear.club import check_sender
from treadwear.commands.leftovers import (
    finish_leftovers,
    tell_leftovers,
    tell_sent,
)
from treadwear.commands.options import (
    STOPPED,
    AccUnit,
    BeltSpeed,
    DataDir,
    GyroUnit,
    Name,
    RunnerId,
    Shoe,
    check_belt_speed,
    check_new_runner,
    check_units,
)
from treadwear.commands.up import check_seconds
from treadwear.gate import check_run, rows_of
from treadwear.processes import Others, Parent, others
from treadwear.recordings import describe, on_belt, sources_of
from treadwear.server import health
from treadwear.settings import Settings, load_settings
from treadwear.spools import spool_path
from treadwear.tables import counted
from treadwear.waiting import wait_until_closed

Speed = Annotated[float, typer.Option(help="1 is real time, 0 as fast as possible.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(demo)
    app.command()(replay)
    app.command()(process)


def demo(
    seconds: Annotated[
        float | None, typer.Option(help="Stop after so long and write the reports.")
    ] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="No moving picture in the terminal.")
    ] = False,
    speed: Speed = 1.0,
    seed: Annotated[int, typer.Option(help="Which simulated runners.")] = 1,
    ble: Annotated[
        bool, typer.Option("--ble", help="Over a virtual Bluetooth, in real time.")
    ] = False,
    data: Annotated[
        Path, typer.Option("--data", help="Where the demo keeps its files.")
    ] = Path("treadwear-demo"),
) -> None:
    """Show everything with two simulated runners, one of them limping."""
    check_seconds(seconds)
    _check_speed(speed)
    settings = load_settings(data_dir=data)
    if ble and speed != 1.0:
        what = "a radio knows no other speed than 1"
        raise UsageError(what, "--ble runs in real time", "Leave --speed out.")
    is_good = demonstration.run(
        settings,
        seconds=seconds,
        speed=speed,
        seed=seed,
        is_quiet=headless,
        is_radio=ble,
    )
    if not is_good:
        raise typer.Exit(1)


def _check_speed(speed: float) -> None:
    if not speed >= 0:
        raise UsageError(f"a speed of {speed:g} is impossible", "", "Use --speed 1.")


def replay(
    directory: Annotated[Path, typer.Argument(help="Recording directory.")],
    runner: RunnerId,
    speed: Speed = 1.0,
    name: Name = "",
    shoe: Shoe = "",
    belt_speed: BeltSpeed = None,
    acc_unit: AccUnit = "m/s2",
    gyro_unit: GyroUnit = "rad/s",
    data: DataDir = None,
) -> None:
    """Send a recording through MQTT as if it were run now.

    Goes to a running `treadwear up` on the same data directory, else to an external
    broker that is set, else to a broker and processing started for it.
    """
    check_new_runner(runner, name, shoe)
    _check_speed(speed)
    check_belt_speed(belt_speed)
    check_units(acc_unit, gyro_unit)
    recording = read_recording(directory, acc_unit=acc_unit, gyro_unit=gyro_unit)
    settings = load_settings(data_dir=data)
    check_sender(settings, runner)
    about = about_runner(settings, runner, name)
    origin_ns = time.time_ns() - round(recording.start_s * NS_PER_S)
    session = topics.new_session_id()
    meta = describe(
        recording, about=about, session=session, origin_ns=origin_ns, shoe=shoe
    )
    meta = on_belt(meta, belt_speed)
    plan = SessionPlan(meta, sources_of(recording, origin_ns))
    is_whole, lost_frames = _send(settings, plan, speed, recording)
    if not settings.analysed_here:
        tell_sent(settings, session, lost_frames)
        _check_whole(is_whole=is_whole)
        return
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        rows, row = rows_of(store, session), store.session(session)
    typer.echo(f"{session}: {counted(row.steps, 'step')}, {row.verdict}")
    typer.echo(f"Report: treadwear report {session}")
    if about.hint:
        typer.echo(about.hint)
    _check_whole(is_whole=is_whole)
    check_run(rows, lost_frames=lost_frames)


def _check_whole(*, is_whole: bool) -> None:
    """Leave as what ctrl-C ended does, if it did."""
    if not is_whole:
        typer.echo("Stopped before the end; all that was sent is stored.", err=True)
        raise typer.Exit(STOPPED)


def _send(
    settings: Settings, plan: SessionPlan, speed: float, recording: Recording
) -> tuple[bool, int]:
    """Send it all and wait until it is analysed: whether it is whole, frames lost."""
    path = spool_path(settings, plan.meta.session)
    with (
        listening(settings) as port,
        picking_up(settings, port) as rest,
        running_collector(settings, port, [plan], speed, path) as collector,
    ):
        tell_leftovers(rest)
        is_whole = _follow(collector, recording)
        wait_until_closed(settings, [plan.meta.session])
        lost_frames = collector.progress()[0].dropped_frames
        finish_leftovers(settings, rest)
    return is_whole, lost_frames


def _follow(collector: CollectorService, recording: Recording) -> bool:
    """Show how far a replay is until all is stored; False if ctrl-C ended it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    # On stderr, as is usual for progress: what is printed is the result alone.
    console = Console(stderr=True)
    try:
        with Progress(
            *columns, transient=True, console=console, disable=not console.is_terminal
        ) as bars:
            name = escape(recording.name)
            task = bars.add_task(f"replaying {name}", total=recording.duration_s)
            while not collector.wait(0.2):
                bars.update(task, completed=collector.progress()[0].fed_s)
    except KeyboardInterrupt:
        typer.echo("Stopping; what was sent is kept and analysed.", err=True)
        collector.stop()
        collector.wait()
        return False
    return True


def process(
    broker_port: Annotated[
        int | None, typer.Option(help="Port of a broker on 127.0.0.1.")
    ] = None,
    share: Annotated[
        str,
        typer.Option(
            metavar="N/M", help="Only this share of the runners; set by itself."
        ),
    ] = "",
    data: DataDir = None,
) -> None:
    """Run the processing alone, on a broker that is already there."""
    settings = load_settings(data_dir=data)
    port = broker_port or settings.broker_port
    own = _share(share, settings)
    with (
        running_processing(settings, port, own) as service,
        others(settings, port, own) as rest,
    ):
        if own.number == 0:
            typer.echo("processing, stop with ctrl-C")
        try:
            _watch(service, rest, settings.data_dir if own.number == 0 else None)
        except KeyboardInterrupt:
            return
        finally:
            if own.number == 0:
                (settings.data_dir / health.NAME).unlink(missing_ok=True)
    raise TreadwearError(
        "the processing has stopped by itself", "", "Run it again with --verbose."
    )


def _share(words: str, settings: Settings) -> Share:
    """Read ``--share``; without it this is the first of as many as are set."""
    if not words:
        return Share(0, settings.processes)
    number, _, of = words.partition("/")
    if number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= 8:
        return Share(int(number) - 1, int(of))
    raise UsageError(f"--share {words} is no share", "", "Try 1/2 and 2/2.")


def _watch(service: ProcessingService, rest: Others, data_dir: Path | None) -> None:
    """Say how the processing is, for health checks, until it or a part of it ends."""
    pulse = health.Pulse(data_dir) if data_dir else None
    line, parent = health.Line(), Parent()
    while service.is_alive and rest.are_alive and (pulse or parent.is_there):
        line.look(service.broker_trouble)
        if pulse and pulse.is_due:
            complaint = str(service.fault or "") or line.complaint
            words = complaint or f"InfluxDB: {service.health().influx}"
            pulse.beat(is_working=not complaint, words=words)
        time.sleep(0.2)
