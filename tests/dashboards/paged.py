"""Pages in a real browser from disk: what they ask for, print and break."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BANNED = re.compile(
    "|".join(("injur" + "y risk", "diag" + "nos", "abnor" + "mal", r"\bscor" + "e",
              "treat" + "ment", "prevent injur" + "y")),
    re.IGNORECASE,
)  # fmt: skip


@dataclass
class Opened:
    """A page from disk without network, and all that it complained of or asked for."""

    tab: "Page"
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def asked_elsewhere(self) -> list[str]:
        return [u for u in self.asked if not u.startswith(("file:", "data:"))]

    @property
    def overflow(self) -> int:
        """Pixels that the page is wider than its window."""
        told = self.tab.evaluate(
            "document.documentElement.scrollWidth - window.innerWidth"
        )
        return int(told)

    def pages_on_paper(self) -> int:
        printed = self.tab.pdf(prefer_css_page_size=True)
        return len(re.findall(rb"/Type\s*/Page\b", printed))

    def violations(self) -> list[Any]:
        """What axe-core finds against the rules of accessibility."""
        from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

        found = Axe().run(self.tab).response["violations"]
        return [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found]


@contextmanager
def opened(browser: "Browser", path: Path, width: int) -> Iterator[Opened]:
    context = browser.new_context(
        viewport={"width": width, "height": 844}, offline=True
    )
    page = Opened(context.new_page())
    page.tab.on("console", lambda message: page.said.append(message.text))
    page.tab.on("pageerror", lambda fault: page.said.append(str(fault)))
    page.tab.on("request", lambda request: page.asked.append(request.url))
    page.tab.goto(path.as_uri())
    yield page
    context.close()
