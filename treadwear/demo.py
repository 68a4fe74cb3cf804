"""The demonstration: two simulated runners on the whole real path.

It checks itself: the limping runner's asymmetry must be found, and the even runner's
interval must hold zero.
"""

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.table import Table

from collector.service import CollectorService, SessionPlan
from collector.simulated.source import simulated_run
from collector.simulated.traits import RunnerTraits, draw_runner
from collector.simulated.truth import true_steps
from contract import topics
from contract.messages import SensorInfo, SessionMeta
from contract.rows import BalanceRow
from contract.verdicts import MAIN_METRIC, WHOLE_RUN
from dashboards.report.build import write_report
from processing.store.sqlite import SqliteStore
from treadwear.app import running_collector
from treadwear.ble_demo import RadioRunner, streaming
from treadwear.first_contact import how_to_type
from treadwear.gate import lost_data
from treadwear.known import advice_for
from treadwear.page import show_page
from treadwear.settings import Settings
from treadwear.stack import Stack, running_stack
from treadwear.waiting import wait_until_closed

SHORT_S = 40.0
"""A shorter demonstration is not judged: half a minute of strides is needed, after
standing and calibration."""
_LINE_EVERY_S = 10.0
LIMP_PCT = 8.0
"""Asymmetry of the limping runner: a clear limp, near Garmin's red band (8.8 %)."""


@dataclass(frozen=True, slots=True)
class SimulatedRunner:
    """One runner of the demonstration."""

    meta: SessionMeta
    traits: RunnerTraits
    seed: int

    @property
    def session(self) -> str:
        """Session id."""
        return self.meta.session

    def plan(self, duration_s: float | None) -> SessionPlan:
        """What the collector is to collect."""
        sources = simulated_run(self.traits, self.meta.origin_ns, duration_s, self.seed)
        return SessionPlan(self.meta, list(sources.values()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """True and measured asymmetry of contact time, percent, + = right longer.

    The true one is that of the steps that were run; None while they are too few.
    """

    name: str
    true_pct: float | None
    measured: BalanceRow | None
    is_limping: bool
    is_short: bool

    @property
    def is_good(self) -> bool:
        """Whether the limp was found, or the even runner was left in peace."""
        if self.is_short:
            return True
        if self.measured is None or self.true_pct is None:
            return False
        holds_zero = self.measured.ci_low <= 0 <= self.measured.ci_high
        if not self.is_limping:
            return holds_zero
        same_side = self.measured.size * self.true_pct > 0
        return same_side and not holds_zero

    @property
    def words(self) -> str:
        """One line for people."""
        kind = "limping" if self.is_limping else "even"
        if self.true_pct is None:
            return f"{self.name} ({kind}): too short to judge, give it --seconds 60"
        head = f"{self.name} ({kind}): true {self.true_pct:+.1f} %"
        if self.measured is None:
            return f"{head}, not enough data to measure"
        m = self.measured
        found = f"measured {m.size:+.1f} % (likely {m.ci_low:+.1f} to {m.ci_high:+.1f})"
        if self.is_good:
            verdict = "limp found" if self.is_limping else "no false alarm"
        else:
            verdict = "limp NOT found" if self.is_limping else "FALSE ALARM"
        return f"{head}, {found}, {m.n_pairs} pairs: {verdict}"


def draw_runners(seed: int, origin_ns: int) -> list[SimulatedRunner]:
    """Draw the even and the limping runner of a seed."""
    people = (("even", "Ana", 0.0), ("limping", "Ben", LIMP_PCT))
    runners = []
    for number, (runner, name, asymmetry_pct) in enumerate(people):
        own_seed = 10 * seed + number
        meta = SessionMeta(
            runner=f"demo-{runner}",
            session=topics.new_session_id(),
            origin_ns=origin_ns,
            name=name,
            shoe="simulated shoe",
            sensors={w: SensorInfo(family="simulated") for w in ("left", "right")},
            simulated=True,
            consent_live=True,
        )
        traits = draw_runner(own_seed, contact_asymmetry_pct=asymmetry_pct)
        runners.append(SimulatedRunner(meta, traits, own_seed))
    return runners


def run(
    settings: Settings,
    *,
    seconds: float | None,
    speed: float,
    seed: int,
    is_quiet: bool,
    is_radio: bool = False,
) -> bool:
    """Run the demonstration; gives whether it found what it should.

    ``is_radio``: over a virtual Bluetooth, in real time.
    """
    console = Console()
    duration_s = None if seconds is None else seconds * (speed or 1.0)
    with running_stack(settings) as stack:
        console.print(f"Live page: [bold]{stack.url}[/bold]", soft_wrap=True)
        way = " over a virtual Bluetooth" if is_radio else ""
        words = f"Broker: {stack.broker_words}. Two simulated runners start now{way}."
        console.print(words)
        if not is_quiet and console.is_terminal:
            show_page(stack.url)
        if seconds is None:
            console.print("Stop with ctrl-C; then the reports are written.")
        runners = draw_runners(seed, time.time_ns())
        plans = [] if is_radio else [runner.plan(duration_s) for runner in runners]
        with (
            running_collector(settings, stack.port, plans, speed) as collector,
            _radio(collector, runners, seconds, is_radio=is_radio),
        ):
            fed_s = _watch(console, stack, collector, is_quiet=is_quiet)
            collector.stop()
            collector.wait()
            wait_until_closed(settings, [r.session for r in runners])
            lost_frames = sum(p.dropped_frames for p in collector.progress())
    is_good = _conclude(console, settings, runners, fed_s)
    if lost_frames:
        raise lost_data(lost_frames)
    return is_good


def _radio(
    collector: CollectorService,
    runners: list[SimulatedRunner],
    seconds: float | None,
    *,
    is_radio: bool,
) -> AbstractContextManager[None]:
    """Stream over the virtual radio, if that is wanted."""
    if not is_radio:
        return nullcontext()
    worn = [RadioRunner(r.meta, r.traits, r.seed) for r in runners]
    return streaming(collector, worn, seconds)


def _watch(
    console: Console, stack: Stack, collector: CollectorService, *, is_quiet: bool
) -> float:
    """Show progress until the runs end or ctrl-C; gives the seconds that were run."""
    try:
        with Live(console=console, transient=True, auto_refresh=False) as picture:
            next_line_s = time.monotonic() + _LINE_EVERY_S
            while not collector.wait(0.25):
                progress = collector.progress()
                fed_s = min(p.fed_s for p in progress)
                if not is_quiet and console.is_terminal:
                    picture.update(_picture(stack, collector), refresh=True)
                elif time.monotonic() >= next_line_s:
                    console.print(
                        f"  {fed_s:.0f} s run, {_stored(stack)} frames stored"
                    )
                    next_line_s += _LINE_EVERY_S
    except KeyboardInterrupt:
        console.print("Stopping; the reports are written now.")
    return min(p.fed_s for p in collector.progress())


def _stored(stack: Stack) -> int:
    return stack.processing.counters.stored


def _picture(stack: Stack, collector: CollectorService) -> Table:
    table = Table(title=f"Live page: {stack.url}")
    for heading in ("runner", "seconds run", "frames sent", "frames stored"):
        table.add_column(heading)
    for p in collector.progress():
        table.add_row(
            p.runner, f"{p.fed_s:.0f}", str(p.fed_frames), str(p.acked_frames)
        )
    return table


def _conclude(
    console: Console, settings: Settings, runners: list[SimulatedRunner], fed_s: float
) -> bool:
    with SqliteStore.open(settings.store_path, read_only=True) as store:
        outcomes = [_outcome(store, runner, fed_s) for runner in runners]
        paths = [
            write_report(
                store,
                r.session,
                settings.report_path(r.session),
                advice=advice_for(store, r.session),
            )
            for r in runners
        ]
    console.print("Ground contact time, left against right (+ = right longer):")
    for outcome in outcomes:
        console.print(f"  {outcome.words}", soft_wrap=True, highlight=False)
    for path in paths:
        console.print(f"Report: {path}", soft_wrap=True, highlight=False)
    if hint := how_to_type():
        console.print(hint, soft_wrap=True, highlight=False)
    return all(outcome.is_good for outcome in outcomes)


def _outcome(store: SqliteStore, runner: SimulatedRunner, fed_s: float) -> Outcome:
    is_short = fed_s < SHORT_S
    truth = None if is_short else true_steps(runner.traits, runner.seed, fed_s)
    rows = store.rows(BalanceRow, runner.session)
    whole = [r for r in rows if r.window == WHOLE_RUN and r.metric == MAIN_METRIC]
    return Outcome(
        name=runner.meta.name,
        true_pct=truth.asi_pct if truth else None,
        measured=whole[0] if whole else None,
        is_limping=runner.traits.contact_asymmetry_pct != 0,
        is_short=is_short,
    )
