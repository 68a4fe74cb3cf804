"""The mean roll over contact: exact however steps come, and what a slip takes back."""

import csv
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.recording import read_recording
from contract.rows import QualityRow, RollRow, StepRow
from processing.contacts import ROLL_PCT
from processing.offline import all_rows, analyse_frames
from processing.roll import MeanRoll, RollSums
from processing.session import LiveSession
from processing.settings import BalanceSettings, Settings
from processing.shoe.pronation import CELLS, roll_course
from tests.patience import wait_until
from tests.processing.live_loop import LiveLoop
from tests.processing.simulated_run import ORIGIN_NS
from treadwear.recordings import analyse_recording

SETTINGS = BalanceSettings()
PLACES = len(ROLL_PCT)
RNG = np.random.default_rng(3)
COURSES = RNG.normal(0, 5, (1500, PLACES)) - np.linspace(12, 0, PLACES)
TIMES_NS = np.arange(len(COURSES)) * 700_000_000


def summed(sums: RollSums) -> MeanRoll:
    found = sums.mean(SETTINGS)
    assert found is not None
    return found


def of(courses: np.ndarray, times_ns: np.ndarray, cuts: list[int]) -> MeanRoll:
    sums = RollSums()
    for a, b in pairwise([0, *sorted(cuts), len(courses)]):
        sums.add(times_ns[a:b], courses[a:b])
    return summed(sums)


def is_same(one: MeanRoll, other: MeanRoll) -> bool:
    return (
        one.steps == other.steps
        and np.array_equal(one.eversion_deg, other.eversion_deg)
        and np.array_equal(one.sd_deg, other.sd_deg)
    )


def test_the_mean_and_spread_are_those_of_the_steps() -> None:
    found = of(COURSES, TIMES_NS, [])
    assert found.steps == len(COURSES)
    assert found.eversion_deg == pytest.approx(COURSES.mean(axis=0), abs=1e-3)
    assert found.sd_deg == pytest.approx(COURSES.std(axis=0, ddof=1), abs=1e-3)


@given(st.lists(st.integers(0, 1500), max_size=25))
def test_no_portioning_changes_a_bit(cuts: list[int]) -> None:
    assert is_same(of(COURSES, TIMES_NS, cuts), of(COURSES, TIMES_NS, []))


def test_a_step_whose_roll_is_not_wholly_known_does_not_count() -> None:
    courses = COURSES.copy()
    courses[5, 3], courses[9] = np.nan, np.nan
    kept = np.delete(np.arange(len(courses)), [5, 9])
    expected = of(COURSES[kept], TIMES_NS[kept], [])
    assert is_same(of(courses, TIMES_NS, [7]), expected)


def test_what_a_slip_takes_back_was_never_there() -> None:
    sums = RollSums()
    for a, b in pairwise(range(0, 1001, 50)):
        sums.add(TIMES_NS[a:b], COURSES[a:b])
    sums.take_back(int(TIMES_NS[801]), int(TIMES_NS[950]))
    left = np.r_[0:801, 951:1000]
    assert is_same(summed(sums), of(COURSES[left], TIMES_NS[left], []))


def test_a_long_run_holds_the_last_steps_only() -> None:
    sums = RollSums()
    for a in range(0, 1500, 10):
        sums.add(TIMES_NS[a : a + 10], COURSES[a : a + 10])
        assert len(sums._late) <= 410


def test_a_few_steps_have_no_mean() -> None:
    sums = RollSums()
    sums.add(TIMES_NS[:4], COURSES[:4])
    assert sums.mean(SETTINGS) is None
    sums.add(TIMES_NS[4:5], COURSES[4:5])
    assert summed(sums).steps == 5


def test_the_course_is_read_every_twentieth_of_contact() -> None:
    eversion = np.linspace(-10, 0, CELLS + 1) ** 2
    course = roll_course(np.array([eversion]))[0]
    assert course[[0, 10, 20]] == pytest.approx([100, 25, 0])
    assert course[1] == pytest.approx((eversion[2] + eversion[3]) / 2)


@pytest.fixture(scope="module")
def run(simulate: Callable[..., Any]) -> Any:  # noqa: ANN401 - conftest's SimulatedRun
    return simulate(5, 60.0)


@pytest.fixture(scope="module")
def session(run: Any) -> LiveSession:  # noqa: ANN401
    return analyse_frames(run.meta, run.frames())


@pytest.fixture(scope="module")
def rows(session: LiveSession) -> list[Any]:
    return list(all_rows(session))


def curve(rows: list[Any], side: str) -> dict[int, RollRow]:
    found = [r for r in rows if isinstance(r, RollRow) and r.side == side]
    return {row.contact_pct: row for row in found}


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_run_ends_with_one_curve_per_shoe(rows: list[Any], side: str) -> None:
    """Its rise is the pronation excursion: a maximum of means is a little less."""
    roll = curve(rows, side)
    assert list(roll) == list(range(0, 101, 5))
    steps = [r for r in rows if isinstance(r, StepRow) and r.side == side]
    excursions = [s.pronation_excursion_deg for s in steps if s.pronation_excursion_deg]
    assert {row.steps for row in roll.values()} == {len(excursions)}
    top = max(roll[pct].eversion_deg for pct in range(0, 61, 5))
    assert top - roll[0].eversion_deg == pytest.approx(np.mean(excursions), abs=0.8)
    assert all(0 < row.eversion_sd_deg < 5 for row in roll.values())
    assert {row.time_ns for row in roll.values()} == {ORIGIN_NS}


def test_the_course_of_each_step_is_not_kept(session: LiveSession) -> None:
    assert session.analysis is not None
    for slot in session.analysis.rolls():
        assert session.analysis.contacts(slot).motion.roll_deg.shape[1] == 0


def test_a_shoe_whose_roll_is_withheld_has_no_curve(run: Any) -> None:  # noqa: ANN401
    """A dozen strides are too few to settle the forward axis."""
    short = run.within(0.0, 13.0)
    found = all_rows(analyse_frames(short.meta, short.frames()))
    quality = [r for r in found if isinstance(r, QualityRow)]
    assert all("pronation and toe-out" in row.withheld for row in quality)
    assert any(isinstance(r, StepRow) for r in found)
    assert not any(isinstance(r, RollRow) for r in found)


def test_while_a_run_goes_on_there_is_no_curve_yet(run: Any) -> None:  # noqa: ANN401
    live = LiveSession(Settings())
    live.describe(run.meta)
    live.restore(run.frames(), [])
    live.analyse()
    assert any(isinstance(r, StepRow) for r in live.new_rows())
    assert not any(isinstance(r, RollRow) for r in live.summary())


def test_the_live_loop_stores_the_curves(loop: LiveLoop) -> None:
    with loop.processing():
        loop.tell(loop.run.meta)
        loop.send(loop.frames)
        loop.tell(loop.end())
        wait_until(loop.is_closed)
    stored = [r for r in loop.stored() if isinstance(r, RollRow)]
    again = all_rows(analyse_frames(loop.end(), loop.frames))
    assert len(stored) == 2 * PLACES
    assert set(stored) == {r for r in again if isinstance(r, RollRow)}


def treadmill(recordings: Path) -> Iterator[tuple[MeanRoll, float, float]]:
    """Curve of a foot, its true eversion at contact, and the largest one (RBDS)."""
    for name in ("05_run35", "11_run35", "17_run35"):
        directory = recordings / "rbds_virtual" / name
        analysis = analyse_recording(read_recording(directory)).analysis
        assert analysis is not None
        with (directory / "truth.csv").open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
        for slot, roll in analysis.rolls().items():
            own = [r for r in lines if r["side"] == slot.name[0] and r["inv_ic_deg"]]
            begin, top = (
                -np.median([float(line[column]) for line in own])
                for column in ("inv_ic_deg", "inv_min60_deg")
            )
            yield roll, float(begin), float(top)


@pytest.mark.data
def test_the_curve_begins_and_peaks_where_the_markers_say(recordings: Path) -> None:
    """25 feet at 3.5 m/s: SD 1.3 deg at initial contact, .3 at the maximum."""
    feet = list(treadmill(recordings))
    assert len(feet) == 6
    for roll, begin, top in feet:
        assert roll.eversion_deg[0] == pytest.approx(begin, abs=4.0)
        assert roll.eversion_deg[:13].max() == pytest.approx(top, abs=1.0)
