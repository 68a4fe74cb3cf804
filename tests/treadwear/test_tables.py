"""The list of runs in a terminal of the usual width."""

import re
from dataclasses import replace

import pytest
from rich.console import Console

from contract import verdicts
from contract.rows import SessionRow
from treadwear.tables import sessions_table

RUN = SessionRow(
    runner="sim-12",
    session="20261121t1740-ds7m",
    side="both",
    time_ns=0,
    name="Simulated 12",
    shoe="simulated shoe",
    state="running",
    duration_s=7230.0,
    cadence_spm=168.0,
    speed_mps=None,
    distance_m=None,
    steps=20_240,
    rejected=0,
    verdict="",
    source="shoes",
    baseline_runs=0,
    simulated=True,
    method="1",
)
VERDICTS = (
    verdicts.NOT_ENOUGH,
    verdicts.NO_CLEAR_DIFFERENCE,
    verdicts.ONE_FOOT,
    verdicts.SIDES_IN_DOUBT,
    verdicts.FAILED,
    verdicts.NO_RUNNING,
    verdicts.SLIGHTLY,
    verdicts.CLEARLY,
)


def printed(rows: list[SessionRow], width: int) -> str:
    console = Console(width=width)
    with console.capture() as caught:
        console.print(sessions_table(rows, width))
    return caught.get()


@pytest.mark.parametrize("verdict", VERDICTS)
def test_no_word_is_broken_in_eighty_columns(verdict: str) -> None:
    row = replace(RUN, verdict=verdict)
    text = printed([row], 80)
    assert max(len(line) for line in text.splitlines()) <= 80
    told = set(re.split(r"\s+", text))
    words = f"{row.session} {row.name} (sim-12), simulated {row.shoe} running 120.5"
    assert set(f"{words} {verdict} 20240".split()) <= told


def test_a_run_without_any_word_is_listed_too() -> None:
    bare = replace(RUN, runner="a", name="", shoe="", simulated=False)
    assert RUN.session in printed([bare], 80)


@pytest.mark.parametrize("width", [40, 60, 79])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_in_a_narrow_terminal_no_word_is_broken_and_none_is_lost(
    verdict: str, width: int
) -> None:
    row = replace(RUN, verdict=verdict)
    text = printed([row], width)
    assert max(len(line) for line in text.splitlines()) <= width
    told = {word.strip(",") for word in re.split(r"\s+", text)}
    words = f"{row.session} {row.name} (sim-12) simulated {row.shoe} running 120.5 min"
    assert {w.strip(",") for w in f"{words} {verdict} 20240 steps".split()} <= told
