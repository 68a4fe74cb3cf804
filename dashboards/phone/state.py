"""All that the runner's page shows, as one value; the page draws it and no more."""

from typing import Literal

import msgspec

from contract.messages import Bends, Surface
from contract.model import SlotWord

Step = Literal[
    "home", "find", "shake", "fit", "context", "running", "saving", "ended", "fault"
]
"""Where she stands.

context: the sensors are connected, and begin to record when she starts or runs.
running: recorded, from standing ready to the end. saving: over, being analysed.
"""

TickState = Literal["waiting", "now", "good", "bad", "unsure"]
DiskWord = Literal["nothing", "receiving", "safe", "refused"]


class _View(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the state."""


class SensorView(_View, frozen=True, kw_only=True):
    """One sensor of hers: where it is worn, and how it does in words."""

    slot: SlotWord
    words: str = ""
    is_live: bool = False
    battery_pct: int | None = None
    is_low: bool = False


class NearView(_View, frozen=True, kw_only=True):
    """A sensor that is near, without its address."""

    kind: str
    signal: str


class RunnerView(_View, frozen=True, kw_only=True):
    """Somebody who can run: her pseudonym, and her name where she gave one."""

    runner: str
    name: str


class ShoeView(_View, frozen=True, kw_only=True):
    """A pair of shoes, and what it has run, in words."""

    name: str
    words: str = ""


class RunLine(_View, frozen=True, kw_only=True):
    """One run of the past: when, how left and right compared, and how sure that is."""

    session: str
    when: str
    verdict: str
    words: str = ""


class HomeView(_View, frozen=True, kw_only=True):
    """The last set, what can be changed of it, and the last runs.

    ``obstacle`` says why she cannot start, "" if she can. ``is_asked``: she has said
    what treadwear may do with her runs. ``is_known``: her sensors need no shaking.
    """

    runner: RunnerView | None = None
    runners: tuple[RunnerView, ...] = ()
    shoe: str = ""
    shoes: tuple[ShoeView, ...] = ()
    has_hip: bool = False
    sensors: tuple[SensorView, ...] = ()
    battery_words: str = ""
    is_known: bool = False
    is_asked: bool = False
    obstacle: str = ""
    runs: tuple[RunLine, ...] = ()


class FindView(_View, frozen=True, kw_only=True):
    """What is near, the strongest first; ``more`` is what cannot be used in shoes."""

    is_known: bool = False
    near: tuple[NearView, ...] = ()
    more: tuple[NearView, ...] = ()
    notes: tuple[str, ...] = ()
    needed: int = 2


class ShakeView(_View, frozen=True, kw_only=True):
    """Which one is to be shaken, and how much they move: newest last, in m/s2.

    ``moving`` is the one that moves most, ``resting`` the next; ``is_found``: it is
    plain which one, and she is asked whether it was that one.
    """

    slot: SlotWord
    moving: tuple[float, ...] = ()
    resting: tuple[float, ...] = ()
    both_move: bool = False
    is_found: bool = False
    notes: tuple[str, ...] = ()


class Tick(_View, frozen=True, kw_only=True):
    """One check: what it looks at, how it is, and what to do where it is not good."""

    name: str
    title: str
    state: TickState
    text: str = ""
    advice: str = ""


class FitView(_View, frozen=True, kw_only=True):
    """How far the fit check is; ``steps`` of ten, once she steps."""

    stage: Literal["connecting", "standing", "stepping", "looking", "done"]
    seconds_left: int = 0
    steps: int = 0
    ticks: tuple[Tick, ...] = ()
    is_good: bool = False


class ContextView(_View, frozen=True, kw_only=True):
    """What is asked about the run, filled with what held last time."""

    shoe: str = ""
    shoes: tuple[ShoeView, ...] = ()
    surface: Surface = ""
    bends: Bends = ""
    speed_kmh: float | None = None
    sensors: tuple[SensorView, ...] = ()
    notes: tuple[str, ...] = ()
    unverified: str = ""


class RunView(_View, frozen=True, kw_only=True):
    """The run as it stands; ``lost`` are the sensors that are not heard now."""

    phase: Literal["waiting", "running", "paused", "stopped"] = "waiting"
    elapsed_s: int = 0
    cadence_spm: int | None = None
    disk: DiskWord = "nothing"
    sensors: tuple[SensorView, ...] = ()
    lost: tuple[SlotWord, ...] = ()
    unverified: str = ""


class EndView(_View, frozen=True, kw_only=True):
    """After the run: its line, and whether its report can be seen here."""

    line: RunLine
    has_report: bool = False
    note: str = ""
    pain: int | None = None
    advice: str = ""


class FaultView(_View, frozen=True, kw_only=True):
    """What went wrong, why, and what to do, the likeliest first."""

    what: str
    why: str = ""
    steps: tuple[str, ...] = ()


class PhoneState(_View, frozen=True, kw_only=True):
    """The whole page; ``number`` grows with each change, ``may`` names the wishes.

    Parts of steps that have passed stay where later ones show them.
    """

    number: int = 0
    server: str = ""
    step: Step = "home"
    may: tuple[str, ...] = ()
    home: HomeView = HomeView()
    find: FindView | None = None
    shake: ShakeView | None = None
    fit: FitView | None = None
    context: ContextView | None = None
    run: RunView | None = None
    end: EndView | None = None
    fault: FaultView | None = None
    is_virtual: bool = False
