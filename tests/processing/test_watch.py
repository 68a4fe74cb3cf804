"""A watch's clock is found by cadence, or it is said that it cannot be."""

import numpy as np
import pytest

from contract.errors import QualityError
from contract.model import FloatArray
from contract.track import TrackPoint
from contract.units import NS_PER_S
from processing.watch import (
    Alignment,
    Cadence,
    align,
    cadence_of_points,
    cadence_of_steps,
    starts_together_s,
)

BEGIN_S = 1_763_000_000


def invented_run(seed: int, n: int = 1500, pauses: int = 0) -> FloatArray:
    """Steps per minute of a run: it wanders, tires a little, and stops now and then."""
    rng = np.random.default_rng(seed)
    wander = np.zeros(n)
    for k in range(1, n):  # remembers for some 20 s, with a spread of 1
        wander[k] = 0.95 * wander[k - 1] + rng.normal() * np.sqrt(1 - 0.95**2)
    spm = 168 + 1.8 * wander - np.linspace(0, 4, n)
    spm[:15] = 0
    for _ in range(pauses):
        start = int(rng.integers(60, n - 100))
        spm[start : start + int(rng.integers(10, 40))] = 0
    return np.asarray(spm, dtype=np.float64)


def seen_by_watch(spm: FloatArray, seed: int, noise_spm: float = 1.0) -> FloatArray:
    """The same as a watch shows it: a mean over 5 s, noise, whole strides."""
    rng = np.random.default_rng(seed)
    shown = np.convolve(spm, np.ones(5) / 5, "same") + noise_spm * rng.normal(
        size=len(spm)
    )
    shown = 2 * np.round(shown / 2)
    return np.where(shown < 60, 0.0, shown)


def aligned(
    ours: FloatArray, theirs: FloatArray, shift_s: int, around_s: float = 0.0
) -> Alignment:
    """Align with a watch whose clock is behind by ``shift_s``."""
    return align(Cadence(BEGIN_S, ours), Cadence(BEGIN_S - shift_s, theirs), [around_s])


@pytest.mark.parametrize("shift_s", [-400, -37, 0, 1, 112, 400])
@pytest.mark.parametrize("pauses", [0, 3])
def test_a_known_shift_is_found_within_a_second(shift_s: int, pauses: int) -> None:
    spm = invented_run(abs(shift_s) + pauses, pauses=pauses)
    found = aligned(spm, seen_by_watch(spm, 5), shift_s)
    assert found.shift_s == pytest.approx(shift_s, abs=1)
    assert found.agreement > 0.8
    assert found.second < 0.5
    assert found.overlap_s > 1000


@pytest.mark.parametrize("noise_spm", [2.0, 3.0])
def test_a_noisy_watch_is_still_placed(noise_spm: float) -> None:
    spm = invented_run(1)
    found = aligned(spm, seen_by_watch(spm, 6, noise_spm), 200)
    assert found.shift_s == pytest.approx(200, abs=1)


def test_a_watch_started_late_and_stopped_early_is_placed() -> None:
    spm = invented_run(2)
    found = aligned(spm, seen_by_watch(spm, 7)[300:1200], 90 - 300)
    assert found.shift_s == pytest.approx(90, abs=1)


def test_a_watch_that_pauses_by_itself_is_placed() -> None:
    """What it did not record is unknown, not standing."""
    spm = invented_run(3, pauses=3)
    shown = seen_by_watch(spm, 8)
    points = [
        TrackPoint((BEGIN_S - 50 + k) * NS_PER_S, cadence_spm=float(value))
        for k, value in enumerate(shown)
        if value > 0
    ]
    found = align(Cadence(BEGIN_S, spm), cadence_of_points(points), [0.0])
    assert found.shift_s == pytest.approx(50, abs=1)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("n", [400, 700, 1500])
def test_another_run_is_refused(seed: int, n: int) -> None:
    """Also where both begin with standing."""
    ours = invented_run(seed, n)
    theirs = seen_by_watch(invented_run(seed + 100, n), 9)
    with pytest.raises(QualityError) as fault:
        aligned(ours, theirs, 0)
    assert "--shift SECONDS" in fault.value.next_step
    assert fault.value.exit_code == 4


def test_intervals_that_fit_at_several_shifts_are_refused() -> None:
    """A minute fast, a minute slow, again and again: any multiple fits."""
    rng = np.random.default_rng(4)
    spm = np.where(np.arange(1500) // 60 % 2, 160.0, 184.0) + rng.normal(size=1500)
    with pytest.raises(QualityError) as fault:
        aligned(spm, seen_by_watch(spm, 1), 0)
    assert "another shift fits nearly as well" in fault.value.why


@pytest.mark.parametrize("spm", [np.full(900, 170.0), np.zeros(900), np.empty(0)])
def test_a_cadence_that_never_varies_places_nothing(spm: FloatArray) -> None:
    with pytest.raises(QualityError, match="does not show where it belongs"):
        aligned(spm, invented_run(1), 0)


def test_a_run_of_a_few_minutes_is_too_short() -> None:
    spm = invented_run(1, 200)
    with pytest.raises(QualityError) as fault:
        aligned(spm, seen_by_watch(spm, 1), 0)
    assert "overlap by less than 300 s" in fault.value.why


def test_a_run_without_its_date_is_placed_by_its_start() -> None:
    spm = invented_run(5)
    ours = Cadence(BEGIN_S + 86_400 * 30, spm)
    theirs = Cadence(BEGIN_S, seen_by_watch(spm, 2)[40:])
    found = align(ours, theirs, [0.0, starts_together_s(ours, theirs)])
    assert found.shift_s == pytest.approx(86_400 * 30 + 40, abs=1)


def test_cadence_of_steps_is_zero_where_none_is_near() -> None:
    running_s = np.concatenate([np.arange(0, 20, 0.35), np.arange(40, 60, 0.35)])
    t_ns = [round((BEGIN_S + t) * NS_PER_S) for t in running_s]
    found = cadence_of_steps(t_ns, [171.0] * len(t_ns))
    assert found.begin_s == BEGIN_S
    assert found.spm[[5, 10, 45, 55]] == pytest.approx(171)
    assert (found.spm[23:37] == 0).all()


def test_the_order_of_steps_does_not_matter() -> None:
    t_ns = [round((BEGIN_S + 0.35 * k) * NS_PER_S) for k in range(300)]
    spm = [160 + k / 10 for k in range(300)]
    mixed = np.random.default_rng(1).permutation(300)
    found = cadence_of_steps([t_ns[k] for k in mixed], [spm[k] for k in mixed])
    assert (found.spm == cadence_of_steps(t_ns, spm).spm).all()


def test_short_holes_of_a_watch_are_filled_and_long_ones_are_not() -> None:
    seconds = [0, 1, 2, 8, 9, 40, 41]
    points = [TrackPoint((BEGIN_S + s) * NS_PER_S, cadence_spm=160.0) for s in seconds]
    found = cadence_of_points(points).spm
    assert found[:10] == pytest.approx(160)
    assert np.isnan(found[15:35]).all()
    assert found[40:] == pytest.approx(160)
