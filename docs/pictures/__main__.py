"""Write the pictures of README and docs: ``make screenshots``; a part by its name."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from pictures import boards, phone, squad

IMAGES = Path(__file__).resolve().parents[1] / "images"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _boards(browser: Browser, to: Path) -> None:
    for name, html in boards.pages():
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_content(html)
        page.screenshot(path=to / f"{name}.png", full_page=True)
        page.close()


PARTS: dict[str, Callable[[Browser, Path], None]] = {
    "boards": _boards,
    "phone": phone.phone,
    "squad": squad.squad,
}


def main(wanted: list[str]) -> int:
    """Draw all parts, or those that are named."""
    found = [shutil.which(n) for n in ("chromium", "chromium-browser", "google-chrome")]
    path = next(filter(None, found), None)
    if path is None:
        sys.stderr.write("There is no Chromium: apt-get install chromium\n")
        return 1
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=path, args=FLAGS)
        for name in wanted or PARTS:
            PARTS[name](browser, IMAGES)
            sys.stdout.write(f"{name}: in docs/images\n")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
