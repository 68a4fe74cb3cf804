"""The live page in a real browser, which only the tests of that page need."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from collector.simulated.radio import RadioTraits
from collector.simulated.source import RunSettings
from contract.model import Slot

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.dashboards.wall import Wall

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def run_of_ana(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A recording of 60 s of a runner who limps by 8 %, over a perfect radio."""
    from tests.treadwear.conftest import recorded  # noqa: PLC0415 - only where used

    lossless = RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)
    settings = RunSettings(rate_hz=208.0, radio=lossless)
    place = tmp_path_factory.mktemp("recordings") / "ana"
    feet = (Slot.LEFT, Slot.RIGHT)
    return str(recorded(place, *feet, settings=settings, seconds=60.0))


@pytest.fixture(scope="module")
def chromium(require: Callable[..., str]) -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where used

    path = require("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def wall(chromium: "Browser") -> "Iterator[Wall]":
    from tests.dashboards.wall import Wall  # noqa: PLC0415 - only where used

    wall = Wall(chromium)
    yield wall
    wall.close()
    assert wall.complaints == []
    host = urlsplit(wall.server.url).netloc
    assert {urlsplit(url).netloc for url in wall.asked} == {host}
