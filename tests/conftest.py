"""What all tests share: outside programs, the recordings, the rules of hypothesis."""

import importlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest

# No deadline and no "too slow": a test must not fail because the machine is busy. No
# database: tests leave nothing behind in the working tree.
hypothesis.settings.register_profile(
    "treadwear",
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("treadwear")

SEARCH_PATH = os.pathsep.join(
    [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/usr/local/bin"]
)


@pytest.fixture(scope="session")
def require() -> Callable[..., str]:
    """Path of the first program there is: `require("chromium", "google-chrome")`.

    Without one the test is skipped, or fails if TREADWEAR_REQUIRE_SERVICES=1.
    """

    def find(*names: str) -> str:
        for name in names:
            if path := shutil.which(name, path=SEARCH_PATH):
                return path
        _do_without(f"{' or '.join(names)} is not installed")

    return find


@pytest.fixture(scope="session")
def pango() -> None:
    """Require the system's library that sets the text of a PDF, as `require` does."""
    try:
        importlib.import_module("weasyprint")
    except OSError:  # the package is there, the library that it loads is not
        _do_without("pango is not installed")


def _do_without(why: str) -> NoReturn:
    if os.environ.get("TREADWEAR_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{why}, and TREADWEAR_REQUIRE_SERVICES=1 demands it")
    pytest.skip(why)


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Directory of the recordings, which TREADWEAR_DATA names; else skip."""
    named = os.environ.get("TREADWEAR_DATA", "")
    if not named:
        pytest.skip("TREADWEAR_DATA names no recordings")
    path = Path(named)
    assert path.is_dir(), f"TREADWEAR_DATA={named} is no directory"
    return path
