"""The runner's page, led through a run with virtual sensors: three screens."""

import base64
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from treadwear.settings import load_settings
from treadwear.stack import running_stack

_SIZE = {"width": 390, "height": 844}
_PATIENCE_MS = 60_000.0


def phone(browser: Browser, to: Path) -> None:
    """Picture of finding left, of the fit check, and of the run."""
    with tempfile.TemporaryDirectory() as directory:
        settings = load_settings(data_dir=Path(directory))
        with running_stack(settings, air="runner") as stack:
            page = browser.new_page(viewport=_SIZE, device_scale_factor=1)
            page.set_default_timeout(_PATIENCE_MS)
            page.goto(f"{stack.url}run")
            _side_by_side(browser, _led_through(page), to / "phone.png")
            page.close()


def _led_through(page: Page) -> list[bytes]:
    pictures = []
    page.get_by_label("Name").fill("Ana")
    _tap(page, "Add")
    _tap(page, "Save my answer")
    _tap(page, "Change")
    page.get_by_label("Another pair").fill("Pegasus blue")
    _tap(page, "Add")
    _tap(page, "Ready to run")
    page.get_by_text("Got it: this is left.").wait_for()
    pictures.append(page.screenshot())
    _tap(page, "Yes, next")
    page.get_by_role("button", name="Next").wait_for()
    pictures.append(page.screenshot())
    _tap(page, "Next")
    page.get_by_label("Road").check()
    _tap(page, "Start")
    page.get_by_text("Recording to disk").wait_for()
    page.wait_for_timeout(25_000)
    pictures.append(page.screenshot())
    _tap(page, "Stop")
    _tap(page, "Tap again to stop")
    page.get_by_role("link", name="See the report").wait_for()
    return pictures


def _tap(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


def _side_by_side(browser: Browser, pictures: list[bytes], to: Path) -> None:
    wide = 30 + len(pictures) * (_SIZE["width"] + 30)
    page = browser.new_page(viewport={"width": wide, "height": _SIZE["height"] + 60})
    shown = "".join(
        '<img style="border-radius: 36px" '
        f'src="data:image/png;base64,{base64.b64encode(one).decode()}">'
        for one in pictures
    )
    look = "display: flex; gap: 30px; margin: 30px; background: #C9CED6"
    page.set_content(f'<body style="{look}">{shown}</body>')
    page.screenshot(path=to)
    page.close()
