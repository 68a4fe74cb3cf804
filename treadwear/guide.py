"""What is asked of the runner and shown to her: in a terminal, or on a page.

Pairing, the fit check and the run speak to a `Voice`. `Guide` is the one of the
terminal; that of the phone's page is `treadwear.phone.voice`. A virtual runner also
does what she is asked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from collector.cadence import Phase
from collector.check_result import CheckResult
from collector.discovery import Sighting
from collector.pairing import Candidate
from collector.sensor_set import SensorStatus
from contract.model import Slot
from treadwear.sensor_tables import (
    battery_words,
    near_table,
    signal_words,
    status_line,
)

LINE_EVERY_S = 10.0
"""How often a line per sensor is written where no picture can be drawn."""


class Act(StrEnum):
    """What a runner can be asked to do."""

    REST = "rest"
    SHAKE = "shake"
    STAND = "stand"
    STEP = "step"
    RUN = "run"


Wearer = Callable[[Act, Slot | None], None]
"""Does what is asked: in real life the runner, who hears it herself."""


class Disk(StrEnum):
    """What has become of the samples so far."""

    NOTHING = "nothing"
    RECEIVING = "receiving"
    SAFE = "safe"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RunPicture:
    """How a run stands: what she does, whether it is safe, how each sensor does.

    ``frames`` are on disk.
    """

    phase: Phase
    cadence_spm: float | None
    disk: Disk
    frames: int
    statuses: tuple[SensorStatus, ...]
    t_s: float


Seen = Callable[[Mapping[str, Sighting]], None]
Shown = Callable[[RunPicture], None]


class Voice(Protocol):
    """Speaks to the runner, shows her what happens, and hears her answers."""

    def ask(self, act: Act, words: str, slot: Slot | None = None) -> None:
        """Ask for something, in one sentence."""

    def tell(self, words: str) -> None:
        """Say something, in one sentence."""

    def searching(self) -> AbstractContextManager[Seen]:
        """Show what is near while it is searched; gives what takes each look."""

    def other(self, sighting: Sighting) -> None:
        """Show a device that is known and has nothing for a shoe."""

    def near(self, streaming: Sequence[Candidate]) -> None:
        """Show the sensors that answer."""

    def moving(self, levels: Mapping[str, float]) -> None:
        """Show how much each sensor moves just now, in m/s2."""

    async def agree(self, slot: Slot, moved: Candidate) -> Slot:
        """Give where the sensor that was shaken is worn: there, or on the other."""

    def found(self, slot: Slot, candidate: Candidate) -> None:
        """Show which sensor is worn there."""

    def counting(self, seconds_left: float, steps: int | None) -> None:
        """Show how far the fit check is; ``steps`` is None while she stands."""

    def checked(self, results: Sequence[CheckResult]) -> None:
        """Show what is known of the fit so far; the last word comes at the end."""

    def running(self) -> AbstractContextManager[Shown]:
        """Show the run while it lasts; gives what takes each picture."""


@dataclass(frozen=True, slots=True)
class Guide:
    """Speaks to the runner at the terminal.

    ``wearer`` also does what is asked, where the sensors are virtual.
    """

    console: Console
    wearer: Wearer | None = None

    def ask(self, act: Act, words: str, slot: Slot | None = None) -> None:
        """Ask for something, in one sentence."""
        self.console.print(f"[bold]{words}[/bold]", soft_wrap=True, highlight=False)
        if self.wearer is not None:
            self.wearer(act, slot)

    def tell(self, words: str) -> None:
        """Say something, in one sentence."""
        self.console.print(words, soft_wrap=True, highlight=False, markup=False)

    @contextmanager
    def searching(self) -> Iterator[Seen]:
        """Show the table of what is near whenever there is more of it."""
        known: set[str] = set()
        with Live(console=self.console, transient=True, auto_refresh=False) as picture:

            def show(seen: Mapping[str, Sighting]) -> None:
                is_news = not known.issuperset(seen)
                known.update(seen)
                if self.console.is_terminal and is_news:
                    picture.update(near_table(seen.values(), {}), refresh=True)

            yield show

    def other(self, sighting: Sighting) -> None:
        """Nothing: a terminal lists what can be used."""

    def near(self, streaming: Sequence[Candidate]) -> None:
        """Print the table of sensors that answer."""
        batteries = {c.sighting.address: c.battery_pct for c in streaming}
        self.console.print(near_table([c.sighting for c in streaming], batteries))

    def moving(self, levels: Mapping[str, float]) -> None:
        """Nothing: a terminal shows no signal."""

    async def agree(self, slot: Slot, moved: Candidate) -> Slot:
        """Take the runner at her word: she shook the one that she was asked for."""
        del moved
        return slot

    def found(self, slot: Slot, candidate: Candidate) -> None:
        """Say which sensor it is, its battery and its signal."""
        sighting = candidate.sighting
        name = candidate.serial or sighting.name or sighting.address
        signal = signal_words(sighting.rssi_dbm)
        battery = battery_words(candidate.battery_pct)
        self.tell(f"  {slot.word.upper()}: {name}, battery {battery}, signal {signal}")

    def counting(self, seconds_left: float, steps: int | None) -> None:
        """Nothing: what was asked stands there."""

    def checked(self, results: Sequence[CheckResult]) -> None:
        """Nothing: the command prints all six at the end."""

    @contextmanager
    def running(self) -> Iterator[Shown]:
        """Show lines that stay in place, or now and then in a file."""
        picture = Live(console=self.console, transient=True, auto_refresh=False)
        if self.console.is_terminal:
            with picture:
                yield lambda run: picture.update(Group(*run_lines(run)), refresh=True)
            return
        told_s: list[float] = []

        def write(run: RunPicture) -> None:
            if not told_s or run.t_s - told_s[-1] >= LINE_EVERY_S:
                told_s[:] = [run.t_s]
                for line in run_lines(run):
                    self.console.print(line, soft_wrap=True, highlight=False)

        yield write


_PHASES = {
    Phase.WAITING: "ready, just run",
    Phase.RUNNING: "running",
    Phase.PAUSED: "paused: below 100 steps a minute",
    Phase.STOPPED: "stopped: no running for four minutes",
}


def run_lines(run: RunPicture) -> list[Text]:
    """One line on the run and one for each sensor."""
    head = _PHASES[run.phase]
    if run.cadence_spm is not None:
        head += f", {run.cadence_spm:.0f} steps a minute"
    return [Text(_disk_words(run, head)), *(status_line(s) for s in run.statuses)]


def _disk_words(run: RunPicture, head: str) -> str:
    """Whether what comes is safe, in the words that the runner trusts."""
    if run.disk is Disk.NOTHING:
        return "Connecting; nothing is recorded yet"
    if run.disk is Disk.REFUSED:
        return (
            f"NOT on disk ✗  only {run.frames} frames are, the rest waits in memory:"
            f" free some disk space now; {head}"
        )
    if run.disk is Disk.RECEIVING:
        return "Receiving; written as soon as the rate is known"
    return f"Recording to disk ✓  {run.frames} frames, {head}"
