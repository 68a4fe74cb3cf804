from pathlib import Path

import numpy as np
import pytest

from benchmarks.hour import RATE_HZ, batches_of, stages, tiled_run, time_analysis
from benchmarks.peers.side_by_side import compare_with_gaitmap
from contract.errors import UsageError
from contract.model import Slot


def test_a_minute_for_the_speed_test_is_a_run_with_steps_of_both_feet() -> None:
    run = tiled_run(40.0)
    assert set(run.tracks) == {Slot.LEFT, Slot.RIGHT}
    batches = batches_of(run, 20)
    assert sum(b.n for b in batches) == 2 * 40 * RATE_HZ
    timing = time_analysis(batches, rounds=1)
    assert timing.steps > 60
    shares = stages(batches)
    assert np.isclose(sum(shares.values()), 1.0)
    assert shares["shoe/segment.py cut"] > 0


def test_longer_runs_repeat_the_running_part() -> None:
    run = tiled_run(130.0)
    samples = run.tracks[Slot.LEFT].samples
    assert len(samples) == 130 * RATE_HZ
    first, last = round(8.0 * RATE_HZ), samples[-200:]
    places = [
        k for k in range(first, 6000) if np.array_equal(samples[k : k + 200], last)
    ]
    assert len(places) == 1, "the end is found again near the beginning of the run"


@pytest.mark.data
def test_a_python_without_gaitmap_is_refused_with_the_reason(recordings: Path) -> None:
    with pytest.raises(UsageError, match=r"gaitmap_mad"):
        compare_with_gaitmap("no-such-python", recordings / "gaitmap_walk", 10.0, 20)
