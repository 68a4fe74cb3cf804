"""The live page in a real browser, which only the tests of that page need."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

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
