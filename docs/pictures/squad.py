"""Six simulated runners on the real path: the wall while they run, a report afterwards.

Four have earlier runs, so that the wall knows what is usual for them; two of these run
unlike themselves on the day of the picture. Everything goes faster than real time.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from collector.service import SessionPlan
from collector.simulated.radio import RadioTraits
from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import draw_runner
from contract import topics
from contract.messages import SensorInfo, SessionMeta
from contract.people import Assessment, Intake, Observation
from contract.units import NS_PER_S
from dashboards.report.build import write_report
from processing.store.people import keep_assessment
from processing.store.sqlite import SqliteStore
from treadwear.app import running_collector
from treadwear.demo import SimulatedRunner
from treadwear.known import advice_for
from treadwear.settings import Settings, load_settings
from treadwear.stack import Stack, running_stack
from treadwear.waiting import wait_until_closed

EARLIER_RUNS, EARLIER_S = 6, 240.0
TODAY_S, SPEED = 500.0, 4.0
LINK = RunSettings(radio=RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0))
"""No losses: the pictures are about the runners, not about the radio."""
_DAY_NS = 86_400 * NS_PER_S
_PATIENCE_S = 240.0


@dataclass(frozen=True, slots=True)
class Member:
    """One of the squad: asymmetry of contact time usually, and on the day, percent."""

    name: str
    shoe: str
    seed: int
    usual_pct: float
    today_pct: float
    has_history: bool = True

    @property
    def runner(self) -> str:
        """Pseudonym."""
        return f"{self.name.lower()}-1"

    def run(self, days_ago: int) -> SimulatedRunner:
        """Give a run of that day; the feet are the same, the steps are not."""
        share = self.today_pct if days_ago == 0 else self.usual_pct
        meta = SessionMeta(
            runner=self.runner,
            session=topics.new_session_id(),
            origin_ns=time.time_ns() - days_ago * _DAY_NS,
            name=self.name,
            shoe=self.shoe,
            surface="road",
            sensors={w: SensorInfo(family="simulated") for w in ("left", "right")},
            simulated=True,
            consent_live=True,
        )
        traits = draw_runner(self.seed, speed_mps=3.0, contact_asymmetry_pct=share)
        return SimulatedRunner(meta, traits, 100 * self.seed + days_ago)


SQUAD = (
    Member("Ana", "Pegasus blue", 11, -1.0, -1.0),
    Member("Mira", "Ghost 15", 12, 0.5, -3.5),
    Member("Jonas", "Rincon 3", 13, -1.0, 7.5),
    Member("Leo", "Speedgoat 5", 14, 1.0, 1.0, has_history=False),
    Member("Sofia", "Kinvara 14", 15, 0.0, 0.0),
    Member("Tomas", "Pegasus grey", 16, 2.0, 2.0, has_history=False),
)
CHECKED = SQUAD[2]


def squad(browser: Browser, to: Path) -> None:
    """Pictures of the wall, one runner's ten minutes, and her report."""
    with tempfile.TemporaryDirectory() as directory:
        settings = load_settings(data_dir=Path(directory))
        with running_stack(settings) as stack:
            _run_earlier(settings, stack)
            _assess(settings)
            sessions = _run_today(settings, stack, browser, to)
        page = to / "report.html"
        with SqliteStore.open(settings.store_path, read_only=True) as store:
            name = sessions[CHECKED.runner]
            write_report(store, name, page, advice=advice_for(store, name))
        _picture_report(browser, page, to)
        page.unlink()


def _run_earlier(settings: Settings, stack: Stack) -> None:
    """One day after another: a run is judged by those before it."""
    for days_ago in range(EARLIER_RUNS * 2, 0, -2):
        runs = [m.run(days_ago) for m in SQUAD if m.has_history]
        plans = [_plan(run, EARLIER_S) for run in runs]
        with running_collector(settings, stack.port, plans, 0.0) as collector:
            collector.wait()
            wait_until_closed(settings, [run.session for run in runs])


def _plan(run: SimulatedRunner, seconds: float) -> SessionPlan:
    sources = simulated_run(run.traits, run.meta.origin_ns, seconds, run.seed, LINK)
    return SessionPlan(run.meta, list(sources.values()))


def _assess(settings: Settings) -> None:
    """Somebody watched a squat: what she saw leads to a plan."""
    seen = Observation(
        test="overhead_squat",
        checkpoint="foot_ankle",
        compensation="feet_flatten",
        side="right",
    )
    told = Assessment(
        time_ns=time.time_ns() - _DAY_NS,
        intake=Intake(pain=1, pain_where="right calf"),
        observations=(seen,),
        assessed=("foot_ankle", "knee", "lphc"),
    )
    with SqliteStore.open(settings.store_path) as store:
        keep_assessment(store, CHECKED.runner, told)


def _run_today(
    settings: Settings, stack: Stack, browser: Browser, to: Path
) -> dict[str, str]:
    runs = {member.runner: member.run(0) for member in SQUAD}
    plans = [_plan(run, TODAY_S) for run in runs.values()]
    with running_collector(settings, stack.port, plans, SPEED) as collector:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(stack.url)
        page.locator(".tile.check").first.wait_for(timeout=1000 * _PATIENCE_S)
        time.sleep(2.0)
        page.screenshot(path=to / "wall.png")
        _picture_detail(page, to)
        page.close()
        collector.wait()
        wait_until_closed(settings, [run.session for run in runs.values()])
    return {runner: run.session for runner, run in runs.items()}


def _picture_detail(page: Page, to: Path) -> None:
    page.locator(".tile.check").first.click()
    time.sleep(1.5)
    page.screenshot(path=to / "wall-detail.png")


def _picture_report(browser: Browser, file: Path, to: Path) -> None:
    """Both pages as they are printed; what follows is for screens only."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(file.as_uri())
    for number, section in enumerate(page.locator("section.page").all()[:2], start=1):
        section.screenshot(path=to / f"report-{number}.png")
    page.close()
