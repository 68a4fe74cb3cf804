from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.datasets.rbds_hip import compare_hip, hip_steps, summarise_hip
from benchmarks.matching import TrueSteps
from contract.model import Slot
from tests.benchmarks.simple_runs import true_run


def said(
    truth: dict[Slot, TrueSteps],
    *,
    flip: bool = False,
    unknown: int = 0,
    error_ms: float = 0.0,
) -> SimpleNamespace:
    """What a hip would say: the middle of each contact and the side."""
    left, right = truth[Slot.LEFT], truth[Slot.RIGHT]
    mid_s = np.concatenate([(t.t_ic_s + t.t_to_s) / 2 for t in (left, right)])
    contact_s = np.concatenate([t.contact_time_s for t in (left, right)])
    side = np.repeat([1, -1], [len(left.t_ic_s), len(right.t_ic_s)])
    order = np.argsort(mid_s)
    side = (-side if flip else side)[order]
    side[:unknown] = 0
    return SimpleNamespace(
        mid_ns=np.round(mid_s[order] * 1e9).astype(np.int64),
        contact_time_estimate_s=contact_s[order] + error_ms / 1e3,
        side=side,
    )


def test_a_hip_that_knows_everything_has_no_error() -> None:
    truth = true_run()
    figures = summarise_hip([compare_hip("11_run35", said(truth), truth)])
    assert figures["found_pct"] == 100
    assert figures["side_right_pct"] == 100
    assert figures["contact_bias_ms"] == pytest.approx(0, abs=1e-9)
    assert figures["side_unknown_pct"] == 0


def test_sides_the_wrong_way_round_make_a_wrong_trial() -> None:
    truth = true_run()
    trials = [
        compare_hip("11_run35", said(truth, flip=flip), truth) for flip in (False, True)
    ]
    figures = summarise_hip(trials)
    assert figures["side_right_pct"] == 50
    assert figures["side_wrong_trials"] == 1


def test_an_unknown_side_is_neither_right_nor_wrong() -> None:
    truth = true_run()
    figures = summarise_hip([compare_hip("11_run35", said(truth, unknown=20), truth)])
    assert figures["side_right_pct"] == 100
    assert figures["side_unknown_pct"] == 25


def test_the_spread_between_trials_is_not_that_within_them() -> None:
    truth = true_run()
    trials = [
        compare_hip("x", said(truth, error_ms=error), truth) for error in (-10.0, 20.0)
    ]
    figures = summarise_hip(trials)
    assert figures["contact_bias_ms"] == pytest.approx(5.0)
    assert figures["contact_between_sd_ms"] == pytest.approx(15.0)
    assert figures["contact_within_sd_ms"] == pytest.approx(0.0, abs=1e-9)


def test_an_analysis_without_a_hip_says_nothing_of_it() -> None:
    assert hip_steps(SimpleNamespace()) is None
