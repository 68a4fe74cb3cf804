"""How tests wait for what another thread or process does."""

import time
from collections.abc import Callable

import pytest

# Far longer than anything takes here: a busy machine must not fail a test.
PATIENCE_S = 60.0


def wait_until(is_true: Callable[[], bool]) -> None:
    """Look every 5 ms; for what tells nobody when it happens."""
    until_s = time.monotonic() + PATIENCE_S
    while not is_true():
        if time.monotonic() > until_s:
            pytest.fail("it never happened")
        time.sleep(0.005)
