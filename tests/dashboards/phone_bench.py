"""The runner's page over the real desk: broker, processing, virtual sensors, Chromium.

Time of the sensors and of the desk runs faster than ours, so that a fit check takes
seconds; nothing else differs from `treadwear up --virtual runner`.
"""

import asyncio
import concurrent.futures
import selectors
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

import treadwear.air
from collector.virtual.wearer import Wearer, worn_sensors
from contract.bus import MemoryBus
from dashboards.live.app import Extras
from dashboards.live.board import TileBoard
from dashboards.live.server import LiveServer
from dashboards.phone import wishes as w
from dashboards.phone.routes import phone_pages
from dashboards.phone.state import RunView
from tests.patience import PATIENCE_S, wait_until
from treadwear.app import broker_of, running_processing
from treadwear.phone.desk import PhoneKit
from treadwear.settings import Settings

SPEED = 10.0
PHONE = {"width": 390, "height": 844}
SMALL = """
() => [...document.querySelectorAll('button, a, input, select, textarea, summary')]
  .map((e) => [e, (e.closest('label') ?? e).getBoundingClientRect()])
  .filter(([e, box]) => box.width && (box.width < 44 || box.height < 44))
  .map(([e, box]) => `${e.tagName} ${e.textContent} ${box.width} x ${box.height}`)
"""


class _QuickSelector(selectors.DefaultSelector):  # type: ignore[valid-type, misc]
    """Time goes on only here, so that a busy machine makes no sensor's clock jump."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = time.monotonic()

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        began_s = time.monotonic()
        shorter = None if timeout is None else timeout / SPEED
        found: list[tuple[selectors.SelectorKey, int]] = super().select(shorter)
        passed_s = SPEED * (time.monotonic() - began_s)
        if timeout is not None:
            passed_s = min(passed_s, timeout) if found else timeout
        self.now_s += max(passed_s, 0.0)
        return found


class QuickLoop(asyncio.SelectorEventLoop):
    """A loop whose seconds are shorter than ours."""

    def __init__(self) -> None:
        self._quick = _QuickSelector()
        super().__init__(self._quick)

    def time(self) -> float:
        return self._quick.now_s


class Phone:
    """A served desk, pages that look at it, and what a browser complained of."""

    def __init__(
        self,
        kit: PhoneKit,
        server: LiveServer,
        chromium: Browser,
        worn: list[Wearer],
    ) -> None:
        self.kit, self.server, self._chromium = kit, server, chromium
        self._worn = worn
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"{self.server.url}run"

    def open(self, scheme: str = "light") -> Page:
        context = self._chromium.new_context(viewport=PHONE, color_scheme=scheme)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(self.url)
        expect(page.locator("main")).to_have_attribute("aria-busy", "false")
        return page

    def both(self) -> tuple[Page, Page]:
        """One page in light, one in dark: two phones that look at the same."""
        return self.open(), self.open("dark")

    def worn(self) -> Wearer:
        """The virtual runner and her sensors."""
        return self._worn[-1]

    def soon(self, deed: Callable[..., object], *words: object) -> None:
        """Do something to the sensors, on the loop that they live in."""
        loop = self.kit._ready.result()
        done = concurrent.futures.Future[None]()
        loop.call_soon_threadsafe(lambda: done.set_result(deed(*words)))
        done.result(PATIENCE_S)

    def known_runner(self, runner: str = "ana-1", name: str = "Ana") -> None:
        """A runner who has agreed to be kept, and has a shoe."""
        self.kit.do(w.AddRunner(runner=runner, name=name))
        self.kit.do(w.Agree(store=True, live=True, share=False, research=False))
        self.kit.do(w.ChooseShoe(shoe="Pegasus blue"))

    def to_shake(self) -> None:
        self.kit.do(w.Ready())
        wait_until(lambda: "answer" in self.kit.state().may)

    def to_fit(self) -> None:
        self.to_shake()
        self.kit.do(w.Answer(is_right=True))
        self.wait_for("fit")

    def to_context(self) -> None:
        self.to_fit()
        self.kit.do(w.Skip())
        self.wait_for("context")
        wait_until(lambda: "start" in self.kit.state().may)

    def to_run(self, start: w.Start | None = None) -> None:
        self.to_context()
        self.kit.do(start or w.Start(shoe="Pegasus blue"))
        self.wait_for("running")
        wait_until(lambda: self.run.disk == "safe")

    @property
    def run(self) -> RunView:
        """The run that goes on."""
        found = self.kit.state().run
        assert found is not None
        return found

    def wait_for(self, step: str) -> None:
        wait_until(lambda: self.kit.state().step == step)

    def forgive(self, words: str) -> None:
        """Complaints about that are somebody else's."""
        self.complaints = [c for c in self.complaints if words not in c]

    def go_home(self) -> None:
        """Back to the first screen, from wherever it is."""
        if "stop" in self.kit.state().may:
            self.kit.do(w.Stop())
        wait_until(
            lambda: self.kit.state().step == "home" or "home" in self.kit.state().may
        )
        if self.kit.state().step != "home":
            self.kit.do(w.Home())

    def close(self) -> None:
        while self._contexts:
            self._contexts.pop().close()

    def check(self) -> None:
        """Nothing was complained of, and nobody else was asked."""
        assert self.complaints == [], self.complaints
        host = urlsplit(self.server.url).netloc
        assert {urlsplit(url).netloc for url in self.asked} <= {host}


@contextmanager
def noted_wearers() -> Iterator[list[Wearer]]:
    """Whoever puts virtual sensors on meanwhile."""
    worn: list[Wearer] = []

    @asynccontextmanager
    async def noted(*about: object, **more: object) -> AsyncIterator[Wearer]:
        async with worn_sensors(*about, **more) as wearer:
            worn.append(wearer)
            yield wearer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(treadwear.air, "worn_sensors", noted)
        yield worn


@contextmanager
def served(data: Path, chromium: Browser, source: str) -> Iterator[Phone]:
    """Serve the page over all that is real; what it complained of fails at the end."""
    with noted_wearers() as worn, desk(data, source) as kit:
        board = TileBoard()
        board.attach(MemoryBus())
        extras = Extras(pages=phone_pages(kit))
        with LiveServer(board, extras=extras) as server:
            phone = Phone(kit, server, chromium, worn)
            yield phone
            phone.close()
            phone.check()


@contextmanager
def desk(data: Path, source: str) -> Iterator[PhoneKit]:
    """The desk with a broker and a processing."""
    settings = Settings(data_dir=data)
    with broker_of(settings) as (_, port), running_processing(settings, port):
        kit = PhoneKit(settings, port, source, QuickLoop)
        kit.start()
        try:
            yield kit
        finally:
            kit.close()


def assert_fit_for_all(page: Page, *, is_repeat: bool = False) -> None:
    """No text too pale, no target too small, nothing that axe-core objects to.

    ``is_repeat``: the same screen in other colours, so that only these are looked at.
    """
    only = {"runOnly": ["color-contrast"]} if is_repeat else None
    found = Axe().run(page, options=only)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(SMALL) == []
