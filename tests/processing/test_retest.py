from dataclasses import dataclass

import pytest

from processing.advice.retest import compare_retest


@dataclass(frozen=True)
class Measured:
    size: float
    random_half: float
    ci_unit: str = "%"
    ci_low: float = 0.0
    ci_high: float = 0.0
    n_pairs: int = 400


def test_a_retest_says_what_changed_by_more_than_chance() -> None:
    before = {
        "contact_time_s": Measured(6.0, 0.6),
        "toe_out_deg": Measured(7, 1, "deg"),
    }
    after = {"contact_time_s": Measured(2.0, 0.8), "toe_out_deg": Measured(8, 1, "deg")}

    contact, toe_out = compare_retest(before, after)

    assert (contact.before, contact.after, contact.change) == (6.0, 2.0, -4.0)
    assert contact.mdc == pytest.approx(1.0)
    assert contact.is_beyond_mdc
    assert contact.text == (
        "Ground contact time (longer): 6.0 % on the right before, 2.0 % on the right "
        "now, closer to even."
    )
    assert not toe_out.is_beyond_mdc
    assert "no change beyond chance" in toe_out.text


def test_what_varies_from_run_to_run_counts_at_a_retest() -> None:
    before = {"contact_time_s": Measured(2.0, 0.6)}
    after = {"contact_time_s": Measured(-6.0, 0.8)}

    (sure,) = compare_retest(before, after, {"contact_time_s": 2.0})
    (unsure,) = compare_retest(before, after, {"contact_time_s": 8.5})

    assert sure.is_beyond_mdc
    assert "further from even" in sure.text
    assert (unsure.is_beyond_mdc, unsure.mdc) == (False, 8.5)


def test_a_retest_compares_only_what_both_runs_have() -> None:
    here = {"contact_time_s": Measured(1.0, 1.0), "impact_g": Measured(1.0, 1.0, "%")}
    there = {"impact_g": Measured(1.0, 1.0, "g"), "toe_out_deg": Measured(1.0, 1.0)}

    assert compare_retest(here, there) == ()
