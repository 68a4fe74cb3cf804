"""Live commands: demo, up, replay, process."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
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
from processing.store.sqlite import SqliteStore
from treadwear import demo as demonstration
from treadwear.app import (
    broker_of,
    running_collector,
    running_processing,
    running_stack,
)
from treadwear.commands.options import DataDir, RunnerId
from treadwear.recordings import describe, sources_of
from treadwear.runtime import who_runs
from treadwear.settings import Settings, load_settings
from treadwear.waiting import wait_until_closed

Speed = Annotated[float, typer.Option(help="1 is real time, 0 as fast as possible.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(demo)
    app.command()(up)
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
    data: Annotated[
        Path, typer.Option("--data", help="Where the demo keeps its files.")
    ] = Path("treadwear-demo"),
) -> None:
    """Show everything with two simulated runners, one of them limping."""
    if seconds is not None and seconds <= 0:
        raise UsageError(f"--seconds {seconds:g} is no time to run", "", "Try 60.")
    settings = load_settings(data_dir=data)
    is_good = demonstration.run(
        settings, seconds=seconds, speed=speed, seed=seed, is_quiet=headless
    )
    if not is_good:
        raise typer.Exit(1)


def up(
    seconds: Annotated[
        float | None, typer.Option(help="Stop after so long; else with ctrl-C.")
    ] = None,
    data: DataDir = None,
) -> None:
    """Run broker, processing and live page until ctrl-C."""
    settings = load_settings(data_dir=data)
    console = Console()
    with running_stack(settings) as stack:
        console.print(f"Live page   {stack.url}", soft_wrap=True)
        console.print(f"Broker      {stack.broker_words}")
        console.print(f"Runs in     {settings.store_path}", soft_wrap=True)
        place = f" --data {data}" if data else ""
        hint = f"In another terminal: treadwear replay DIR --runner ID{place}"
        console.print(hint, soft_wrap=True)
        console.print("Stop with ctrl-C.")
        _sleep(seconds)
    console.print("Stopped; everything that arrived is stored.")


def _sleep(seconds: float | None) -> None:
    until = None if seconds is None else time.monotonic() + seconds
    try:
        while until is None or time.monotonic() < until:
            time.sleep(0.2)
    except KeyboardInterrupt:
        return


def replay(
    directory: Annotated[Path, typer.Argument(help="Recording directory.")],
    runner: RunnerId,
    speed: Speed = 1.0,
    name: Annotated[str, typer.Option(help="Name to show for the runner.")] = "",
    shoe: Annotated[str, typer.Option(help="Shoe that was worn.")] = "",
    data: DataDir = None,
) -> None:
    """Send a recording through MQTT as if it were run now.

    Goes to a running `treadwear up` on the same data directory, else to an external
    broker that is set, else to a broker and processing started for it.
    """
    topics.check_id(runner, "runner")
    if speed < 0:
        raise UsageError(f"a speed of {speed:g} is impossible", "", "Use --speed 1.")
    recording = read_recording(directory)
    settings = load_settings(data_dir=data)
    origin_ns = time.time_ns() - round(recording.start_s * NS_PER_S)
    session = topics.new_session_id()
    meta = describe(
        recording,
        runner=runner,
        session=session,
        origin_ns=origin_ns,
        name=name,
        shoe=shoe,
    )
    plan = SessionPlan(meta, sources_of(recording, origin_ns))
    with (
        _listening(settings) as port,
        running_collector(settings, port, [plan], speed) as collector,
    ):
        _follow(collector, recording)
        wait_until_closed(settings, [session])
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        row = store.session(session)
    typer.echo(f"{session}: {row.steps} steps, {row.verdict}")
    typer.echo(f"Report: treadwear report {session}")


@contextmanager
def _listening(settings: Settings) -> Iterator[int]:
    """Port of a broker with a processing behind it."""
    running = who_runs(settings.data_dir)
    if running is not None:
        yield running.port or settings.broker_port
        return
    with broker_of(settings) as (_, port), running_processing(settings, port):
        yield port


def _follow(collector: CollectorService, recording: Recording) -> None:
    """Show how far a replay is until all of it is stored."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bars:
        name = escape(recording.name)
        task = bars.add_task(f"replaying {name}", total=recording.duration_s)
        while not collector.wait(0.2):
            bars.update(task, completed=collector.progress()[0].fed_s)


def process(
    broker_port: Annotated[
        int | None, typer.Option(help="Port of a broker on 127.0.0.1.")
    ] = None,
    data: DataDir = None,
) -> None:
    """Run the processing alone, on a broker that is already there."""
    settings = load_settings(data_dir=data)
    port = broker_port or settings.broker_port
    with running_processing(settings, port) as service:
        typer.echo("processing, stop with ctrl-C")
        try:
            while service.is_alive:
                time.sleep(0.2)
        except KeyboardInterrupt:
            return
    raise TreadwearError(
        "the processing has stopped by itself", "", "Run it again with --verbose."
    )
