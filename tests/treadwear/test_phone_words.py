"""What the runner's page says of past runs, and how it counts steps on the spot."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from collector.first_step import lifts
from collector.virtual.motion import SteppingOnTheSpot, Still
from contract.model import FloatArray
from contract.rows import BalanceRow
from contract.units import NS_PER_S, RAD_PER_DEG, STANDARD_GRAVITY_MPS2
from treadwear.phone.people import plain
from treadwear.phone.run_words import difference_words, when_words

RATE_HZ = 208.0
NOON = datetime(2026, 11, 21, 12, 0).astimezone()


def compared(size: float, low: float, high: float) -> BalanceRow:
    return BalanceRow(
        runner="ana",
        session="s-1",
        side="both",
        time_ns=0,
        window="run",
        metric="contact_time_s",
        left=0.24,
        right=0.25,
        difference=0.01,
        asi_pct=size,
        ci_low=low,
        ci_high=high,
        random_half=1.0,
        systematic_half=1.0,
        ci_unit="%",
        n_pairs=100,
        n_eff=50.0,
        source="shoes",
    )


def test_a_difference_names_the_side_and_how_sure_it_is() -> None:
    words = difference_words(compared(-1.2, -1.8, -0.6))
    assert words == "Left stayed down 1.2 % longer, likely 0.6 to 1.8 %."
    words = difference_words(compared(5.3, 1.4, 9.3))
    assert words == "Right stayed down 5.3 % longer, likely 1.4 to 9.3 %."


def test_a_difference_that_may_be_none_claims_no_side() -> None:
    words = difference_words(compared(0.5, -0.6, 1.6))
    assert words == "Likely between 0.6 % longer left and 1.6 % longer right."


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today, 12:00"),
        (1, "yesterday"),
        (3, "Wednesday"),
        (7, "14 November 2026"),
        (-2, "23 November 2026"),
    ],
)
def test_a_day_is_called_as_one_would(days: int, words: str) -> None:
    then = NOON - timedelta(days=days)
    assert when_words(round(then.timestamp()) * NS_PER_S, NOON) == words


def test_words_that_no_eye_can_see_are_left_out() -> None:
    assert plain(" Ana\x1b[2J\n\u202eeva\x00 ") == "Ana [2J eva"


def felt(motion: SteppingOnTheSpot | Still, seconds: float) -> FloatArray:
    counts = motion.counts(0, round(seconds * RATE_HZ)).astype(float)
    counts[:, :3] *= motion.acc_g_per_count * STANDARD_GRAVITY_MPS2
    counts[:, 3:] *= motion.gyro_dps_per_count * RAD_PER_DEG
    return counts


@pytest.mark.parametrize("stride_hz", [0.6, 0.8, 1.1])
def test_each_step_on_the_spot_counts_once(stride_hz: float) -> None:
    motion = SteppingOnTheSpot(RATE_HZ, stride_hz=stride_hz)
    samples = felt(motion, 9.0)
    t_s = np.arange(len(samples)) / RATE_HZ
    assert lifts(t_s, samples) == pytest.approx(9.0 * stride_hz, abs=1)


def test_standing_is_no_step() -> None:
    samples = felt(Still(RATE_HZ), 9.0)
    assert lifts(np.arange(len(samples)) / RATE_HZ, samples) == 0
    assert lifts(np.zeros(0), np.zeros((0, 6))) == 0
