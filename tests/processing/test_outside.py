"""What else lies outside her own band: when the sign comes and goes, and its size."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest

from collector.simulated.traits import draw_runner
from collector.simulated.worn import swapped
from contract.messages import OutsideBand
from contract.model import Slot
from contract.units import NS_PER_S
from contract.verdicts import MAIN_METRIC
from processing.baseline import Baseline, EarlierRun
from processing.light import LightSettings, Reading
from processing.light_watch import LightWatch
from processing.light_window import LightWindow
from processing.outside import KINDS, OutsideSettings, OutsideWatch, Sign, band_of
from processing.pace import cadence_spm
from processing.pipeline import SessionAnalysis
from processing.settings import BalanceSettings
from processing.tile import live_tile
from tests.processing.simulated_run import (
    SimulatedRun,
    clean,
    make_run,
    meta_of,
    remembered_run,
)

SETTINGS = OutsideSettings()
LEAST_DEG, REACH_DEG, HALF_DEG = 1.0, 2.0, 0.4
QUICK = LightSettings(window_s=30.0, every_s=5.0)
SIDES = {1: Slot.RIGHT, -1: Slot.LEFT}


def reading(shift: float, *, mdc: float = 1.5, half: float = HALF_DEG) -> Reading:
    own = Baseline(
        metric="pronation_excursion_deg",
        runs=8,
        usual=-1.0,
        band_low=-1.0 - REACH_DEG,
        band_high=-1.0 + REACH_DEG,
        mdc=mdc,
        shift=shift,
        ci_unit="deg",
        is_new=False,
    )
    return Reading(0, own, half)


def played(shifts: Iterable[float | None], **how: float) -> list[Slot | None]:
    """Side of the sign after each shift, ten seconds apart; None is no reading."""
    sign, sides = Sign(), []
    for shift in shifts:
        one = None if shift is None else reading(shift, **how)
        sign = sign.after(one, LEAST_DEG, SETTINGS)
        sides.append(sign.side)
    return sides


@pytest.mark.parametrize("sign", [1, -1])
def test_it_comes_after_half_a_minute_without_doubt_and_no_earlier(sign: int) -> None:
    assert played([sign * 3.0] * 5) == [None] * 3 + [SIDES[sign]] * 2


def test_it_stays_while_the_middle_is_outside_and_goes_with_the_first_inside() -> None:
    """Sure is 2.4; the band ends at 2.0: between, what is there stays."""
    right = Slot.RIGHT
    assert played([3.0] * 4 + [2.1] * 6)[3:] == [right] * 7
    assert played([3.0] * 4 + [1.9, 3.0, 3.0])[3:] == [right, None, None, None]
    assert played([2.1] * 20) == [None] * 20


def test_a_shift_at_the_edge_does_not_flicker() -> None:
    """Five thousand seconds of readings that do not even share their steps."""
    rng = np.random.default_rng(5)
    sides = played(2.4 + 0.15 * rng.standard_normal(500))
    changes = sum(a is not b for a, b in pairwise(sides))
    assert 1 <= changes <= 4


@pytest.mark.parametrize("gap", [None, 0.0, -3.0])
def test_anything_else_between_begins_the_half_minute_anew(gap: float | None) -> None:
    assert played([3.0, 3.0, 3.0, gap, 3.0, 3.0, 3.0]) == [None] * 7


def test_the_other_foot_needs_its_own_half_minute() -> None:
    assert played([3.0] * 4 + [-3.0] * 4)[4:] == [None] * 3 + [Slot.LEFT]


def test_without_a_reading_there_is_no_sign() -> None:
    assert played([3.0] * 4 + [None])[-1] is None


def test_what_no_one_could_detect_or_mind_gives_no_sign() -> None:
    assert played([3.0] * 9, mdc=3.5) == [None] * 9
    own = replace(reading(0.8).own, band_low=-1.1, band_high=-0.9, mdc=0.1)
    sign = Sign()
    for _ in range(9):
        sign = sign.after(Reading(0, own, 0.05), LEAST_DEG, SETTINGS)
    assert sign.side is None


def test_a_tile_tells_the_size_and_half_of_its_interval() -> None:
    usual_half = REACH_DEG / 3  # of a mean of eight runs whose band reaches that far
    band = band_of("rolls_in", reading(-3.0))
    assert (band.kind, band.side, band.shift_deg) == ("rolls_in", "left", 3.0)
    assert band.half_deg == pytest.approx(np.hypot(HALF_DEG, usual_half))


def analysed(run: SimulatedRun) -> SessionAnalysis:
    analysis = SessionAnalysis(run.meta)
    for slot, batches in run.batches.items():
        analysis.push(slot, batches)
    analysis.flush()
    return analysis


@lru_cache(maxsize=1)
def run() -> SimulatedRun:
    return remembered_run(10, 90.0, 200.0, 0.0, "s1")


@lru_cache(maxsize=1)
def whole() -> SessionAnalysis:
    return analysed(run())


def earlier(n: int = 6, **off: float) -> list[EarlierRun]:
    """Give runs as this one, but for so many degrees less (right minus left)."""
    found, pace = whole().compare(), cadence_spm(whole())
    spread = 0.3 * np.array([1, -1, 0.5, -0.5, 0.8, -0.8])
    day_ns = 86_400 * NS_PER_S
    return [
        EarlierRun(
            session=f"d{day}",
            time_ns=run().meta.origin_ns - (n - day) * day_ns,
            shoe="blue",
            speed_mps=None,
            cadence_spm=pace,
            sizes={m: found[m].size - off.get(m, 0.0) + spread[day] for m in WATCHED},
            random_half=dict.fromkeys(WATCHED, 0.3),
        )
        for day in range(n)
    ]


WATCHED = (MAIN_METRIC, *KINDS)
ROLL, STRIKE = KINDS


def shown(
    runs: list[EarlierRun], analysis: SessionAnalysis | None = None
) -> tuple[OutsideBand, ...]:
    watch = LightWatch(runs, QUICK)
    watch.look(analysis or whole(), is_over=True)
    return watch.outside


def test_a_run_as_usual_shows_nothing() -> None:
    assert shown(earlier()) == ()


def test_a_right_foot_that_rolls_in_more_than_usual_is_shown_with_its_size() -> None:
    (band,) = shown(earlier(**{ROLL: 5.0}))
    assert (band.kind, band.side) == ("rolls_in", "right")
    assert band.shift_deg == pytest.approx(5.0, abs=1.5)
    assert 0 < band.half_deg < band.shift_deg


def test_both_are_shown_roll_first() -> None:
    kinds = [(b.kind, b.side) for b in shown(earlier(**{STRIKE: -6.0, ROLL: -6.0}))]
    assert kinds == [("rolls_in", "left"), ("heel_first", "left")]


def test_four_earlier_runs_say_nothing() -> None:
    assert shown(earlier(4, **{ROLL: 9.0, STRIKE: 9.0})) == ()


def test_runs_before_that_had_no_angles_say_nothing_of_them() -> None:
    runs = [
        replace(r, sizes={MAIN_METRIC: r.sizes[MAIN_METRIC]})
        for r in earlier(**{ROLL: 9.0})
    ]
    assert shown(runs) == ()


def test_doubtful_angles_say_nothing() -> None:
    """A run without standing: its angles count from another zero than usual."""
    late = run().within(8.0)
    analysis = analysed(late)
    assert "standing" in " ".join(analysis.withheld().values())
    assert shown(earlier(**{ROLL: 9.0}), analysis) == ()


def test_angles_that_a_slip_took_back_take_the_sign_away() -> None:
    analysis = analysed(run())
    watch = OutsideWatch(
        earlier(**{ROLL: 5.0}), OutsideSettings(light=QUICK, show_after_s=0.0)
    )
    window = LightWindow.of(analysis, 40 * NS_PER_S, 70 * NS_PER_S)
    watch.look(analysis, window)
    assert [b.kind for b in watch.shown] == ["rolls_in"]
    gone = np.full_like(window.left.pronation_excursion_deg, np.nan)
    left = replace(window.left, pronation_excursion_deg=gone)
    watch.look(analysis, replace(window, left=left))
    assert watch.shown == ()


def test_sensors_on_the_wrong_feet_show_nothing() -> None:
    how = clean(worn=swapped())
    odd = make_run(draw_runner(10), 10, 250.0, how, meta_of("s1"))
    watch = LightWatch(earlier(**{ROLL: 9.0, STRIKE: 9.0}))
    watch.look(analysed(odd), is_over=True)
    assert watch.info(0).text.startswith("sides in doubt")
    assert watch.outside == ()


def test_a_metric_with_too_few_pairs_has_no_comparison() -> None:
    window = LightWindow.of(whole(), 40 * NS_PER_S, 70 * NS_PER_S)
    settings = BalanceSettings()
    found = window.compare(ROLL, settings)
    assert found == whole().compare(40 * NS_PER_S, 70 * NS_PER_S)[ROLL]
    few = LightWindow.of(whole(), 40 * NS_PER_S, 50 * NS_PER_S)
    many = replace(settings, live_pairs=60)
    assert few.compare(ROLL, settings) is not None
    assert few.compare(ROLL, many) is None


def test_the_tile_shows_it_only_while_it_is_of_now() -> None:
    bands = shown(earlier(**{ROLL: 5.0}))
    now = live_tile(whole(), is_over=False, outside=bands)
    over = live_tile(whole(), is_over=True, outside=bands)
    assert now is not None
    assert over is not None
    assert (now.state, now.outside) == ("live", bands)
    assert (over.state, over.outside) == ("ended", ())
