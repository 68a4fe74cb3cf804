"""A live page on a wall: the board that is served, and a browser that looks at it."""

import datetime as dt
import time

import msgspec
from playwright.sync_api import Browser, BrowserContext, Page, expect

from contract import topics
from contract.bus import MemoryBus
from contract.messages import TOLD_KINDS, Event, LightInfo, LightState, LiveTile, dumps
from dashboards.live.app import NO_EXTRAS, Extras
from dashboards.live.board import TileBoard
from dashboards.live.server import LiveServer
from dashboards.live.stream import StreamPace

PAGE_TIME = dt.datetime(2026, 11, 21, 7, 4, 20, tzinfo=dt.UTC)
# The tests turn the page's clock; the server must not put it right meanwhile.
PACE = StreamPace(least_s=0.01, most_s=600.0)
NOTHING = {"asi_pct": None, "ci_low": None, "ci_high": None}


def light_of(
    state: LightState, text: str, code: str = "", **figures: float
) -> LightInfo:
    """Give a light that says this."""
    return LightInfo(state=state, text=text, code=code, **figures)


_OWN = {"usual_pct": 1.2, "band_low_pct": -0.8, "band_high_pct": 3.2}
STEADY = light_of("steady", "Within your usual, by 6 earlier runs.", **_OWN)
CHECK = light_of(
    "check",
    "Left foot 5.8 points longer on the ground than your usual (likely 5.1 to 6.5):"
    " worth watching.",
    "TW-021",
    **_OWN,
)


def standing_clock() -> float:
    """Time on the server stands still: a slow machine makes no tile older."""
    return 100.0


class Wall:
    """A served board, the bus that feeds it, and everything a browser complained of."""

    def __init__(self, chromium: Browser) -> None:
        self.bus = MemoryBus()
        self.said: list[tuple[str, str, Event]] = []
        self.serve(self.new_board())
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.asked: list[str] = []

    def new_board(self) -> TileBoard:
        """A board that knows no runner yet, as after a restart."""
        board = TileBoard(clock=standing_clock)
        board.attach(self.bus)
        return board

    def serve(
        self, board: TileBoard, port: int = 0, extras: Extras | None = None
    ) -> None:
        self.board = board
        extras = extras or Extras(desk=self.say)
        self.server = LiveServer(board, port=port, pace=PACE, extras=extras)
        self.server.start()

    def serve_only_looks(self) -> None:
        """Serve again, to people who may look and nothing else."""
        self.server.stop()
        self.serve(self.new_board(), extras=NO_EXTRAS)

    def say(self, runner: str, session: str, event: Event) -> None:
        """Take what a watcher says, as the real desk does."""
        self.said.append((runner, session, event))
        self.bus.publish(topics.mark(runner, session), dumps(event))

    def tell(self, runner: str = "mira", **fields: object) -> None:
        """Let something happen to a runner just now."""
        event = Event(**{"t_ns": time.time_ns(), **fields})
        topic = topics.mark if event.kind in TOLD_KINDS else topics.event
        self.bus.publish(topic(runner, "s-1"), dumps(event))

    def send(self, runner: str = "mira", **changes: object) -> None:
        now_ns = time.time_ns()
        tile = LiveTile(
            runner=runner,
            session="s-1",
            name=runner.title(),
            shoe="Ghost 15",
            state="live",
            t_ns=now_ns,
            data_t_ns=now_ns,
            elapsed_s=1446.0,
            window_s=30.0,
            n_pairs=44,
            pairs_needed=60,
            asi_pct=-4.1,
            ci_low=-5.0,
            ci_high=-3.2,
            cadence_spm=168.2,
            contact_left_ms=252.3,
            contact_right_ms=242.1,
        )
        tile = msgspec.structs.replace(tile, **changes)
        self.bus.publish(topics.live(runner, tile.session), dumps(tile))

    def open(
        self, width: int = 1280, height: int = 800, query: str = "", **how: str
    ) -> Page:
        context = self._chromium.new_context(
            viewport={"width": width, "height": height}, timezone_id="UTC", **how
        )
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.clock.install(time=PAGE_TIME)
        page.clock.pause_at(PAGE_TIME + dt.timedelta(seconds=1))
        page.goto(self.server.url + query)
        expect(page.locator("#link-word")).to_have_text("connected")
        return page

    def forgive_the_cut_line(self) -> None:
        """The browser itself notes a line that was cut; nothing else may go wrong."""
        self.complaints = [c for c in self.complaints if "net::ERR_" not in c]

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        self.server.stop()


def middle(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2


def colour(page: Page, selector: str) -> str:
    return page.locator(selector).evaluate("e => getComputedStyle(e).color")
